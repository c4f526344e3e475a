"""Bad files: each is refused whole, named with its line, counted, and nothing else is disturbed."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.files.form import Form, Judged
from drivers.files.sheet import Refusal, sheet
from tests.unit.files.rig import GOOD, NOW, Desk, device

HEAD = "Mã;Giá trị;Kỳ;Ngày\n"
BAD: dict[str, tuple[str | bytes, str, str]] = {
    "formula": (
        HEAD + "GRDP;6,5;=HYPERLINK(A1);20/09/2026\n",
        "rows",
        "a.csv:2: column 'Kỳ': '=HYPERLINK(A1)' would be",
    ),
    "plus": (HEAD + "GRDP;6,5;+84912;20/09/2026\n", "rows", "a.csv:2: column 'Kỳ'"),
    "at": (HEAD + "GRDP;6,5;@SUM(A1);20/09/2026\n", "rows", "a.csv:2: column 'Kỳ'"),
    "minus": (HEAD + "GRDP;6,5;-1+cmd;20/09/2026\n", "rows", "a.csv:2: column 'Kỳ'"),
    "tab": (HEAD + 'GRDP;6,5;"\t=1";20/09/2026\n', "rows", "a.csv:2: column 'Kỳ'"),
    "return": (HEAD + 'GRDP;6,5;"\r=1";20/09/2026\n', "rows", "a.csv:2: column 'Kỳ'"),
    "wide": (HEAD + "GRDP;6,5;＝1;20/09/2026\n", "rows", "a.csv:2: column 'Kỳ'"),
    "spaced formula": (HEAD + "GRDP;6,5;   =1;20/09/2026\n", "rows", "a.csv:2: column 'Kỳ'"),
    "formula nobody asks for": (
        HEAD[:-1] + ";Ghi chú\nGRDP;6,5;Q3;20/09/2026;=1\n",
        "rows",
        "a.csv:2: column 'Ghi chú'",
    ),
    "thousands": (HEAD + "GRDP;1.234,5;Q3;20/09/2026\n", "rows", "a.csv:2: column 'Giá trị': '1.234,5' is no number"),
    "infinite": (HEAD + "GRDP;inf;Q3;20/09/2026\n", "rows", "a.csv:2: column 'Giá trị'"),
    "no such day": (HEAD + "GRDP;6,5;Q3;31/02/2026\n", "rows", "a.csv:2: column 'Ngày'"),
    "american day": (HEAD + "GRDP;6,5;Q3;2026-09-20\n", "rows", "a.csv:2: column 'Ngày'"),
    "short row": (GOOD + "BUD", "rows", "a.csv:4: the row has 1 cells, the titles are 4; is the file whole?"),
    "long row": (HEAD + "GRDP;6,5;Q3;20/09/2026;x\n", "rows", "a.csv:2: the row has 5 cells"),
    "broken quotes": (HEAD + 'GRDP;"6,5;Q3;20/09/2026\n', "rows", "a.csv:2: this is no CSV"),
    "line numbers after a break in a cell": (
        HEAD + 'IIP;1;"Quý\n3";20/09/2026\nGRDP;x;Q3;20/09/2026\n',
        "rows",
        "a.csv:4: column 'Giá trị'",
    ),
    "missing column": (
        "Mã;Gia tri;Kỳ;Ngày\n",
        "columns",
        "a.csv:1: the column 'Giá trị' is missing; did you mean 'Gia tri'",
    ),
    "column twice": (HEAD[:-1] + ";Kỳ\n", "columns", "a.csv:1: the column 'Kỳ' is there twice"),
    "person column": (HEAD[:-1] + ";Họ và tên\n", "persons", "a.csv:1: the column 'Họ và tên' is about persons"),
    "phone": (HEAD + "GRDP;6,5;0912 345 678;20/09/2026\n", "persons", "a.csv:2: column 'Kỳ' holds a phone number"),
    "empty": ("", "empty", "a.csv:1: the file is empty"),
    "utf-16": (GOOD.encode("utf-16"), "encoding", "a.csv:1: the file is UTF-16"),
    "latin": (HEAD.encode() + b"GRDP;6,5;Qu\xfd;20/09/2026\n", "encoding", "a.csv:2: the file is not UTF-8"),
    "zero bytes": (HEAD + "GRDP;6,5;\0;20/09/2026\n", "encoding", "a.csv:2: the file holds zero bytes"),
    "control": (HEAD + "GRDP;6,5;a\x1b[2J;20/09/2026\n", "rows", "a.csv:2: column 'Kỳ'"),
    "huge cell": (HEAD + f"GRDP;6,5;{'x' * 5000};20/09/2026\n", "rows", "a.csv:2: column 'Kỳ': a cell has at most"),
    "too many rows": (HEAD + "IIP;1;Q3;\n" * 51, "too_long", "a.csv:52: the file has more than 50 rows"),
    "too large": (HEAD + "IIP;1;Q3;20/09/2026\n" * 400, "too_large", "a.csv: the file has more than 8000 bytes"),
    "many columns": (
        ";".join(f"c{n}" for n in range(300)) + ";" + HEAD,
        "columns",
        "a.csv:1: the file has more than 200",
    ),
    "not a table": ("%PDF-1.7 binary\n", "columns", "a.csv:1: the column 'Mã' is missing"),
}


@pytest.mark.parametrize("kind", BAD)
async def test_it_is_refused_whole_with_its_line_and_the_next_file_is_taken(tmp_path: Path, kind: str) -> None:
    body, why, says = BAD[kind]
    desk = Desk(tmp_path, limits={"rows": 50, "largest": 8000})
    desk.lay(body)
    desk.lay(GOOD, "b.csv")
    await desk.rest()
    assert desk.errors()[0].startswith(says), desk.errors()
    assert desk.inbox.refused == {why: 1}
    assert [i.samples[0].value for i in desk.sink.taken] == [6.5], "of the bad one nothing, of the good one all"
    assert desk.lies() == {"failed": ["a.csv", "a.csv.errors.txt"], "processed": ["b.csv"]}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_file_that_may_not_be_read_is_put_aside(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.lay(GOOD).chmod(0)
    desk.lay(GOOD, "b.csv")
    await desk.rest()
    assert desk.inbox.refused == {"unreadable": 1}
    assert len(desk.sink.taken) == 1


def test_twenty_errors_are_told_and_no_more() -> None:
    with pytest.raises(Refusal) as refused:
        sheet((HEAD + "x\n" * 100).encode(), ["Mã"], "auto", 1000)
    assert [line for line, _ in refused.value.errors] == list(range(2, 22))


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_way_that_spreadsheets_write_a_table_is_read(mark: str, encoding: str, end: str) -> None:
    text = mark.join(["Mã", "Giá trị"]) + end + mark.join(["GRDP", '"Quý ""ba""' + f'{mark} x"']) + end
    found = sheet(text.encode(encoding), ["Mã", "Giá trị"], "auto", 10)
    assert found.rows == [(2, {"Mã": "GRDP", "Giá trị": f'Quý "ba"{mark} x'})]


@pytest.mark.parametrize(("cell", "value"), [("-5,2", -5.2), ("-7", -7), ("0", 0)])
def test_a_negative_number_is_no_formula(tmp_path: Path, cell: str, value: float) -> None:
    found = Form(device(tmp_path)).judge((HEAD + f"GRDP;{cell};Q3;\n").encode(), "0" * 64, 10, NOW)
    assert found.pieces[0].samples[0].value == value


def test_a_time_without_a_zone_is_refused_where_none_is_named(tmp_path: Path) -> None:
    form = Form(device(tmp_path, zone=None))
    with pytest.raises(Refusal, match="has no time zone"):
        form.judge((HEAD + "GRDP;6,5;Q3;20/09/2026\n").encode(), "0" * 64, 10, NOW)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(lambda t: (HEAD + t).encode(errors="replace"))))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    form = Form(device(tmp_path_factory.getbasetemp()))
    found: Judged | None = None
    told: list[tuple[int, str]] = []
    try:
        found = form.judge(body, "0" * 64, 100, NOW)
    except Refusal as refusal:
        told = refusal.errors
    assert (found is None) == bool(told)
    assert all(line >= 0 and error for line, error in told)
