"""A month's report on paper: HTML that asks nobody for anything, and CSV for spreadsheets. Pure."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from html import escape

from hub.cli.monthly import Day, Line, Monthly

FORMULA = ("=", "+", "-", "@", "\t", "\r")
WELL = 0.95
"""Coverage from which a day's bar is drawn full."""
WIDE, HIGH, STEP = 372, 60, 12
LANGUAGES = ("vi", "en")
WORDS = {
    "month": ("tháng {m}/{y}", "{name} {y}"),
    "report": ("Báo cáo {month}", "Report of {month}"),
    "ratio": ("bằng {ratio} lần {month} ({previous})", "{ratio} times {month} ({previous})"),
    "not": ("Không so sánh với {month} ({previous})", "Not comparable with {month} ({previous})"),
    "quotient": ("; tỷ số {ratio} lần không có ý nghĩa", "; the ratio of {ratio} means nothing"),
    "coverage": ("Độ phủ số liệu: {now}; {month}: {before}.", "Coverage: {now}; {month}: {before}."),
    "covered": ("Độ phủ số liệu: {now}.", "Coverage: {now}."),
    "unknown": ("chưa có số liệu", "not known"),
    "days": (
        "Từng ngày trong tháng; cột nhạt là ngày số liệu phủ dưới 95 % thời gian.",
        "Each day of the month; a pale bar is a day covered for less than 95 % of its time.",
    ),
    "foot": (
        "Mỗi số liệu có định nghĩa cố định (mã bên phải) và độ phủ: phần thời gian mà thiết bị nguồn hoạt động tốt. "
        "Cùng dữ liệu cho cùng báo cáo; mã kiểm tra: ",
        "Each figure has a definition for ever (its id at the right) and a coverage: the share of time for which its "
        "sources were well. The same data give the same report; checksum: ",
    ),
}
WHY = {
    "coverage_low": ("vì số liệu phủ chưa đủ thời gian", "because too little of the time was covered"),
    "coverage_differs": ("vì độ phủ hai tháng khác nhau", "because the two months were not covered alike"),
    "no_data": ("vì tháng này không có số liệu", "because there are no data of this month"),
    "no_data_before": ("vì tháng trước không có số liệu", "because there are no data of the month before"),
    "zero_before": ("vì tháng trước bằng không", "because there was nothing in the month before"),
}
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "h1{font-size:1.4rem;margin:0}h1+p{margin:0 0 1.5rem;color:#555}section{border-top:1px solid #ccc;padding:1rem 0}"
    "h2{font-size:1rem;margin:0;display:flex;justify-content:space-between;gap:1rem}h2 code{font-weight:400;color:#777}"
    ".value{font-size:2.2rem;font-weight:600;margin:.2rem 0}.flag{color:#8a4b00;font-weight:600}"
    "p{margin:.2rem 0}small,footer{color:#555;font-size:.8rem}svg{display:block;margin:.6rem 0 .2rem}"
    "rect{fill:#1f5f99}rect.pale{fill:#a9c3da}footer code{word-break:break-all}"
    "@media print{body{margin:0;max-width:none}section{break-inside:avoid}}"
)
CELLS = (
    "figure", "title_vi", "title_en", "unit", "month", "value", "previous_month", "previous", "ratio", "coverage",
    "previous_coverage", "comparable", "reason", "hash",
)  # fmt: skip


def html(report: Monthly, language: str) -> bytes:
    """Return the report as a page in one language."""
    said = _Speech(language)
    title = said("report", month=said.month(report.month))
    head = (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)} – {escape(report.site.say(language))}</title>\n"
        f"<style>{STYLE}</style>\n</head>\n<body>\n"
    )
    body = "".join(_section(line, report, said) for line in report.lines)
    top = f"<h1>{escape(title)}</h1>\n<p>{escape(report.site.say(language))}</p>\n"
    foot = f"<footer>{escape(said('foot'))}<code>{report.hash}</code></footer>\n</body>\n</html>\n"
    return (head + top + body + foot).encode()


def table(report: Monthly) -> bytes:
    """Return the report as CSV (RFC 4180) in UTF-8, marked so that spreadsheets know it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(CELLS)
    for line in report.lines:
        f = line.made
        months = f"{report.month:%Y-%m}", f"{report.previous:%Y-%m}"
        writer.writerow(
            [
                _harmless(cell)
                for cell in (
                    f.figure, line.title.vi, line.title.en, f.unit, months[0], _plain(f.value),
                    months[1] if f.previous_start else None, _plain(f.previous), f.ratio, f.coverage,
                    f.previous_coverage, str(f.comparable).lower(), f.reason, f.hash,
                )
            ]
        )  # fmt: skip
    return text.getvalue().encode("utf-8-sig")


def bars(days: Sequence[Day]) -> str:
    """Return a picture of a month: a bar a day, pale where the day was poorly covered."""
    most = max((d.value for d in days if d.value is not None), default=0.0) or 1.0
    drawn = []
    for n, day in enumerate(days):
        if day.value is None or day.value <= 0:
            continue
        high = max(1.0, round(day.value / most * HIGH, 1))
        pale = "" if day.coverage is not None and day.coverage >= WELL else ' class="pale"'
        at = f'x="{n * STEP}" y="{HIGH - high:g}" width="{STEP - 3}" height="{high:g}"'
        drawn.append(f"<rect {at}{pale}><title>{n + 1}</title></rect>")
    size = f'width="{WIDE}" height="{HIGH}" viewBox="0 0 {WIDE} {HIGH}"'
    return f'<svg {size} role="img" aria-hidden="true">{"".join(drawn)}</svg>'


class _Speech:
    """One language."""

    def __init__(self, language: str) -> None:
        self.tongue = LANGUAGES.index(language)

    def __call__(self, word: str, **given: str) -> str:
        return WORDS[word][self.tongue].format(**given)

    def month(self, month: date) -> str:
        return self("month", m=str(month.month), y=str(month.year), name=MONTHS[month.month - 1])

    def why(self, reason: str) -> str:
        return WHY[reason][self.tongue] if reason in WHY else reason

    def number(self, value: float | None) -> str:
        """Write a number as people do: whole numbers whole, others with three figures that count."""
        if value is None:
            return self("unknown")
        text = f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:,.3g}"
        return text if self.tongue else text.translate(str.maketrans(",.", ".,"))

    def ratio(self, value: float) -> str:
        text = f"{value:,.2f}"
        return text if self.tongue else text.translate(str.maketrans(",.", ".,"))

    def share(self, value: float | None) -> str:
        # rounded down: what is not wholly covered is never called 100 %
        if value is None:
            return self("unknown")
        text = f"{int(value * 1000) / 10:g} %"
        return text if self.tongue else text.replace(".", ",")


def _section(line: Line, report: Monthly, said: _Speech) -> str:
    f, language = line.made, LANGUAGES[said.tongue]
    value = None if f.coverage == 0 and not f.value else f.value  # nobody looked: that is not nothing
    before = said.month(report.previous)
    unit = f" {f.unit}" if f.unit and value is not None else ""
    covered = (
        said("coverage", now=said.share(f.coverage), month=before, before=said.share(f.previous_coverage))
        if f.previous_start
        else said("covered", now=said.share(f.coverage))
    )
    return (
        f"<section>\n<h2>{escape(line.title.say(language))}<code>{escape(f.figure)}</code></h2>\n"
        f'<p class="value">{escape(said.number(value) + unit)}</p>\n{_comparison(line, before, said)}'
        f"{bars(line.days)}\n<p><small>{escape(said('days'))}</small></p>\n<p><small>{escape(covered)}</small></p>\n"
        "</section>\n"
    )


def _comparison(line: Line, before: str, said: _Speech) -> str:
    f = line.made
    if not f.previous_start:
        return ""
    previous = said.number(f.previous)
    if f.comparable and f.ratio is not None:
        return f"<p>{escape(said('ratio', ratio=said.ratio(f.ratio), month=before, previous=previous))}</p>\n"
    told = f"{said('not', month=before, previous=previous)} {said.why(f.reason)}"
    if line.quotient is not None:
        told += said("quotient", ratio=said.ratio(line.quotient))
    return f'<p class="flag">{escape(told)}.</p>\n'


def _plain(value: float | None) -> str | None:
    return None if value is None else f"{value:.12g}"


def _harmless(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
