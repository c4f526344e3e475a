"""The report of a month: what leaders read, in both languages, the same bytes for the same data."""

import csv
import io
import re
from datetime import date
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from adapters.base import FigureValue
from hub.cli.monthly import Day, Line, Monthly, month_of
from hub.cli.monthsheet import bars, html, table
from hub.model import Refused, Text
from hub.model.clock import from_iso

ROAD = FigureValue(
    "expressway-vehicles", "sum", None, "2023-04-01T00:00:00+07:00", "2023-05-01T00:00:00+07:00", 1_604_218.0, 864_000,
    0.993055555556, "2023-03-01T00:00:00+07:00", "2023-04-01T00:00:00+07:00", 229_174.0, 127_200, 0.14247311828, None,
    False, "coverage_low", "a" * 64,
)  # fmt: skip
REPORTS = replace(
    ROAD, figure="citizen-reports", value=2387.0, previous=2214.0, coverage=1.0, previous_coverage=1.0,
    ratio=1.07813911472, comparable=True, reason="", hash="b" * 64,
)  # fmt: skip


def line(made: FigureValue, title: str = "Cao tốc", quotient: float | None = 7.0) -> Line:
    days = [Day(1000.0 * n, 0.5 if n == 3 else 1.0) for n in range(30)]
    return Line(Text(title, "Expressway"), made, quotient, days)


def report(*lines: Line) -> Monthly:
    return Monthly(Text("Trung tâm <IOC>", "Centre <IOC>"), date(2023, 4, 1), date(2023, 3, 1), lines)


def plain(page: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.decode()))


def test_the_seven_fold_comparison_is_flagged_with_its_reason_in_both_languages() -> None:
    vi, en = (plain(html(report(line(ROAD)), word)) for word in ("vi", "en"))
    assert "1.604.218" in vi
    assert "Không so sánh với tháng 3/2023 (229.174) vì số liệu phủ chưa đủ thời gian; tỷ số 7,00 lần không có" in vi
    assert "Độ phủ số liệu: 99,3 %; tháng 3/2023: 14,2 %." in vi
    assert "1,604,218" in en
    assert "Not comparable with March 2023 (229,174) because too little of the time was covered" in en
    assert "Coverage: 99.3 %; March 2023: 14.2 %." in en


def test_months_that_may_be_compared_are() -> None:
    vi, en = (plain(html(report(line(REPORTS)), word)) for word in ("vi", "en"))
    assert "bằng 1,08 lần tháng 3/2023 (2.214)" in vi
    assert "1.08 times March 2023 (2,214)" in en
    assert 'class="flag"' not in html(report(line(REPORTS)), "vi").decode()


def test_the_page_asks_nobody_for_anything_and_nothing_in_it_is_code() -> None:
    page = html(report(line(ROAD, "<script>alert(1)</script>")), "vi").decode()
    assert not re.search(r"https?:|src=|href=|@import|url\(|<script", page)
    assert "default-src 'none'" in page
    assert "&lt;script&gt;" in page
    assert "Trung tâm &lt;IOC&gt;" in page


def test_the_same_data_give_the_same_bytes_and_others_another_checksum() -> None:
    one, two = report(line(ROAD)), report(line(ROAD))
    assert (html(one, "vi"), html(one, "en"), table(one)) == (html(two, "vi"), html(two, "en"), table(two))
    assert one.hash in html(one, "vi").decode()
    assert report(line(replace(ROAD, hash="c" * 64))).hash != one.hash


def test_a_bar_a_day_pale_where_the_day_was_poorly_covered() -> None:
    picture = ElementTree.fromstring(bars(line(ROAD).days))
    drawn = list(picture)
    assert len(drawn) == 29, "a day of nothing has no bar"
    assert [r.get("class") for r in drawn].count("pale") == 1
    assert (drawn[-1].get("height"), drawn[-1].get("y")) == ("60", "0")
    assert list(ElementTree.fromstring(bars([Day(None, None)] * 30))) == []


def test_what_nobody_looked_at_is_not_called_nothing() -> None:
    nothing = replace(REPORTS, value=0.0, coverage=0.0, ratio=None, comparable=False, reason="coverage_low")
    assert "chưa có số liệu" in plain(html(report(line(nothing, quotient=None)), "vi"))


def test_the_table_is_for_spreadsheets_and_commands_none() -> None:
    body = table(report(line(ROAD, "=HYPERLINK(1)"), line(REPORTS)))
    assert body.startswith(b"\xef\xbb\xbf"), "spreadsheets know UTF-8 by it"
    road, reports = csv.DictReader(io.StringIO(body.decode("utf-8-sig")))
    assert road["title_vi"] == "'=HYPERLINK(1)"
    assert (road["value"], road["previous"], road["ratio"], road["comparable"]) == ("1604218", "229174", "", "false")
    assert (reports["month"], reports["previous_month"], reports["ratio"]) == ("2023-04", "2023-03", "1.07813911472")


@pytest.mark.parametrize("text", ["2023", "2023-13", "2023-4", "April", "2023-04-01", ""])
def test_a_month_that_is_none_is_told_how_to_be_written(text: str) -> None:
    with pytest.raises(Refused, match="2023-04"):
        month_of(text, from_iso("2026-11-24T00:00:00Z"), "Asia/Ho_Chi_Minh")


def test_a_month_is_over_when_it_is_over_where_the_site_is() -> None:
    assert month_of("2023-12", from_iso("2023-12-31T17:00:00Z"), "Asia/Ho_Chi_Minh") == date(2023, 12, 1)
    with pytest.raises(Refused, match="not over"):
        month_of("2023-12", from_iso("2023-12-31T16:59:59Z"), "Asia/Ho_Chi_Minh")
