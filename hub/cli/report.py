"""`citywatch report`: how heavy the alarms weighed on people, and what a month comes to; from the database."""

import asyncio
import hashlib
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from adapters.timescale.connections import away_on_error, opened
from adapters.timescale.load import occurrences
from drivers import REGISTRY
from hub.cli.language import language
from hub.cli.looks import looks
from hub.cli.monthly import Monthly, month_of, monthly
from hub.cli.monthsheet import LANGUAGES, html, table
from hub.cli.probe import default_state
from hub.cli.store import database
from hub.config import load
from hub.config.durations import duration
from hub.kpi import Bad, Kpis, kpis
from hub.model import Refused, Site, SystemClock, Timestamp
from hub.model.clock import from_iso, iso

app = typer.Typer(help="Reports. / Báo cáo.", no_args_is_help=True)

WORDS = {
    "alarms": ("Báo động đã kêu", "Alarms that rang"),
    "held": ("Bị gác khi phát sinh", "Raised under a hold"),
    "per_operator_10_min": ("Mỗi trực ban, 10 phút", "Per operator and 10 min"),
    "per_operator_day": ("Mỗi trực ban, mỗi ngày", "Per operator and day"),
    "peak_10_min": ("Cao nhất trong 10 phút", "Peak in 10 min"),
    "intervals_over_10": ("Khoảng 10 phút có trên 10", "10-min intervals with more than 10"),
    "in_flood": ("Thời gian bị ngập báo động", "Time in flood"),
    "floods": ("Số lần ngập", "Floods"),
    "top_share": ("Mười báo động nhiều nhất", "The ten most frequent"),
    "fleeting": ("Thoáng qua (dưới 10 giây)", "Fleeting (under 10 s)"),
    "ack_p50": ("Chờ xác nhận, trung vị (giây)", "Time to acknowledge, median (s)"),
    "ack_p95": ("Chờ xác nhận, 95 % (giây)", "Time to acknowledge, 95 % (s)"),
    "never": ("Không ai xác nhận", "Never acknowledged"),
    "coverage": ("Độ phủ dữ liệu", "Coverage"),
    "top": ("Nhiều nhất", "Most frequent"),
    "chattering": ("Lặp liên tục trong một phút", "Chattering within a minute"),
    "standing_long": ("Kéo dài quá một ngày (giờ)", "Standing for more than a day (h)"),
    "priorities": ("Mức ưu tiên", "Priorities"),
}
TARGETS = {
    "per_operator_10_min": "≤ 1", "per_operator_day": "≤ 144", "peak_10_min": "≤ 10", "intervals_over_10": "< 1 %",
    "in_flood": "< 1 %", "top_share": "≤ 5 %", "fleeting": "0", "chattering": "0", "standing_long": "< 5",
}  # fmt: skip
"""What EEMUA 191 and ISA-18.2 call acceptable."""
SHARES = {"intervals_over_10", "in_flood", "top_share", "coverage"}


@app.callback()
def _root() -> None:
    """Reports. / Báo cáo."""


app.command("looks")(looks)


@app.command()
def alarms(
    site: Annotated[Path, typer.Argument(metavar="SITE", help="Folder with site.yaml.", file_okay=False)],
    state: Annotated[Path, typer.Option("--state", help="The hub's state folder, where an embedded database lies.")],
    since: Annotated[str, typer.Option(help="How far back: 24h, 7d; or a time, ISO 8601.")] = "7d",
    until: Annotated[str | None, typer.Option(help="To when, ISO 8601; absent: now.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how heavy the alarms weighed on people. / Tải báo động trên trực ban."""
    loaded = load(site, REGISTRY)
    end = SystemClock().now() if until is None else _time(until)
    start = _start(since, end)
    if start >= end:
        raise Refused("bad_period", "--since lies after --until")
    found = asyncio.run(_found(site, state, loaded, start, end))
    if as_json:
        sys.stdout.write(msgspec.json.encode(_plain(found)).decode() + "\n")
    else:
        _show(found, ("vi", "en").index(language(loaded.language)))


@app.command()
def month(
    site: Annotated[Path, typer.Option("--site", metavar="SITE", help="Folder with site.yaml.", file_okay=False)],
    month: Annotated[str, typer.Option("--month", help="Which month that is over: 2023-04.")],
    state: Annotated[
        Path | None, typer.Option("--state", help="The hub's state folder; absent: as `run` has it.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the files.", file_okay=False)] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON, and write no files.")] = False,
) -> None:
    """Write the figures of a month, each with its coverage, as HTML and CSV. / Báo cáo số liệu tháng."""
    loaded = load(site, REGISTRY)
    wanted = month_of(month, SystemClock().now(), loaded.timezone)
    found = asyncio.run(_month(site, state or Path(default_state(loaded)), loaded, wanted))
    if as_json:
        sys.stdout.write(msgspec.json.encode([line.made for line in found.lines]).decode() + "\n")
        return
    name = f"{loaded.id}-{wanted:%Y-%m}"
    files = {f"{name}.{word}.html": html(found, word) for word in LANGUAGES} | {f"{name}.csv": table(found)}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for file, body in files.items():
            (out / file).write_bytes(body)
            typer.echo(f"{out / file}  sha256 {hashlib.sha256(body).hexdigest()}")
    except OSError as error:
        raise Refused("not_written", f"cannot write into {out}: {error.strerror}; choose another --out") from None


async def _month(site: Path, state: Path, loaded: Site, wanted: date) -> Monthly:
    async with database(site, state) as dsn:
        with away_on_error():
            async with opened(dsn) as connection:
                return await monthly(connection, loaded, wanted)


async def _found(site: Path, state: Path, loaded: Site, start: Timestamp, end: Timestamp) -> Kpis:
    async with database(site, state) as dsn:
        with away_on_error():
            async with opened(dsn) as connection:
                lives, coverage = await occurrences(connection, loaded.id, start, end)
    return kpis(lives, start, end, operators=loaded.operators, coverage=coverage)


def _start(since: str, end: Timestamp) -> Timestamp:
    try:
        return end - duration(since)
    except ValueError:
        return _time(since)


def _time(text: str) -> Timestamp:
    try:
        return from_iso(text)
    except ValueError:
        raise Refused("bad_time", f"{text!r} is neither a duration such as 24h or 7d nor a time in ISO 8601") from None


def _plain(found: Kpis) -> dict[str, object]:
    """Return the figures with times as ISO 8601."""
    spans = [{"start": iso(f.start), "end": iso(f.end), "alarms": f.alarms} for f in found.floods]
    peak = None if found.peak_at is None else iso(found.peak_at)
    plain: dict[str, object] = msgspec.to_builtins(found)
    return plain | {"start": iso(found.start), "end": iso(found.end), "peak_at": peak, "floods": spans}


def _show(found: Kpis, tongue: int) -> None:
    console = Console()
    table = Table(title=f"{iso(found.start)} – {iso(found.end)}", title_justify="left")
    for name, side in (("", "left"), ("", "right"), ("EEMUA 191 / ISA-18.2", "right")):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    values = {name: getattr(found, name) for name in WORDS if hasattr(found, name)}
    values |= {"floods": len(found.floods), "chattering": len(found.chattering)}
    values |= {"standing_long": len(found.standing_long), "never": found.ack.never}
    values |= {"ack_p50": found.ack.p50, "ack_p95": found.ack.p95}
    for name, words in WORDS.items():
        if name not in ("top", "priorities"):
            table.add_row(words[tongue], _number(name, values[name]), TARGETS.get(name, ""))
    console.print(table)
    mix = ", ".join(f"{word} {share.alarms} ({share.share:.0%})" for word, share in found.priorities.items())
    console.print(f"{WORDS['priorities'][tongue]}: {mix}")
    for name in ("top", "chattering", "standing_long"):
        _list(console, WORDS[name][tongue], getattr(found, name))


def _number(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1%}" if name in SHARES else f"{value:.4g}"


def _list(console: Console, title: str, bad: list[Bad]) -> None:
    if bad:
        console.print(f"{title}:")
    for one in bad:
        console.print(f"  {one.number:>6g}  {one.alarm}", highlight=False)
