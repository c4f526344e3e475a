"""A register list becomes a profile that loads, whatever its columns are called; a mistake names row and column."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from drivers import REGISTRY
from hub.cli import app
from hub.config.marks import Source
from hub.config.problems import Report
from hub.importing import mistakes, notation, registers, sheet
from hub.model import Text

ENGLISH = """\
Signal,Address,Data type,Unit,Scale,Offset,Bit,Byte order,Min,Max,Values
Tank level,40001,INT16,m,0.01,,,,0,8,
Flow,40002,FLOAT32,m3/h,,,,cdab,,,
Energy,400010-400011,,kWh,1/10,,,,,,
Mode,30005,uint16,,,,,,,,0=off; 1=manual; 2=automatic
Fire alarm zone 1,40020.5,,,,,,,,,
Pump runs,00003,,,,,,,,,
Door,10001,,,,,,,,,
Serial,HR100,string[10],,,,,,,,
"""
VIETNAMESE = """\
Tên điểm;Địa chỉ;Hàm;Kiểu;Đơn vị;Hệ số;Ghi chú
Nhiệt độ;12;4;int16;°C;0,1;phòng máy
Điện áp;13;4;uint16;V;0,1;
Áp suất;14;4;số thực;bar;;
Trạng thái;7;1;;;;
Báo động;0x10;2;;;;
"""


def proposed(text: str, chosen: dict[str, str] | None = None, **defaults: object):
    report = Report()
    rows = sheet.rows(Source("map.csv", text.splitlines()), chosen or {}, report)
    found = registers.read(rows, registers.Defaults(**defaults), report)
    assert not report.failed, report.problems
    return registers.propose(found, "test/map", Text.same("map"), "map.csv")


def problems(text: str, chosen: dict[str, str] | None = None):
    report = Report()
    rows = sheet.rows(Source("map.csv", text.splitlines()), chosen or {}, report)
    if not report.failed:
        registers.read(rows, registers.Defaults(), report)
    return report.problems


def test_a_list_with_english_headers():
    made = proposed(ENGLISH)
    assert made.points["Tank_level"] == {
        "kind": "device.value", "unit": "m", "scale": 0.01, "range": [0.0, 8.0], "name": "Tank level",
        "address": {"table": "holding", "register": 0, "type": "int16"},
    }  # fmt: skip
    assert made.points["Flow"]["address"]["order"] == "cdab"
    assert made.points["Energy"]["address"] == {"table": "holding", "register": 9, "type": "uint32"}
    assert made.points["Mode"]["map"] == {"0": "off", "1": "manual", "2": "automatic"}
    assert made.points["Fire_alarm_zone_1"]["address"] == {"table": "holding", "register": 19, "bit": 5}
    assert made.points["Pump_runs"]["address"] == {"table": "coil", "register": 2}
    assert made.points["Door"]["address"] == {"table": "discrete", "register": 0}
    assert made.points["Serial"]["address"] == {"table": "holding", "register": 100, "type": "string", "length": 5}
    assert any("fire.alarm" in sentence for sentence in made.check)
    assert not mistakes(made, REGISTRY)


def test_a_list_with_vietnamese_headers_commas_and_function_codes():
    made = proposed(VIETNAMESE)
    assert made.points["Nhiet_do"]["address"] == {"table": "input", "register": 12, "type": "int16"}
    assert (made.points["Nhiet_do"]["scale"], made.points["Nhiet_do"]["unit"]) == (0.1, "degC")
    assert made.points["Dien_ap"]["kind"] == "power.voltage"
    assert made.points["Ap_suat"]["address"]["type"] == "float32"
    assert any("'bar'" in sentence for sentence in made.check)
    assert made.points["Bao_dong"]["address"] == {"table": "discrete", "register": 16}
    assert not mistakes(made, REGISTRY)


def test_columns_can_be_named_and_lists_may_count_from_one():
    text = "Tag name,No.\n" + "".join(f"p{n},{n}\n" for n in range(1, 7))
    made = proposed(text, {"name": "Tag name", "register": "No."}, table="holding", base=1)
    assert [p["address"]["register"] for p in made.points.values()] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("12", (None, 12, None)),
        ("0x0C", (None, 12, None)),
        ("0Ch", (None, 12, None)),
        ("40001", ("holding", 0, None)),
        ("465536", ("holding", 65535, None)),
        ("3x0013", ("input", 12, None)),
        ("10001", ("discrete", 0, None)),
        ("00001", ("coil", 0, None)),
        ("IR7", ("input", 7, None)),
        ("40013.15", ("holding", 12, 15)),
    ],
)
def test_a_register_is_read_as_manuals_write_it(written, told):
    place = notation.where(written)
    assert (place.table, place.number, place.bit) == told


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("a,x12,,", (2, 3, "Address: 'x12' is no register")),
        ("a,12,,", (2, 3, "Address: '12' does not say of which table it is")),
        ("a,40001.16,,", (2, 3, "Address: '40001.16' names bit 16")),
        ("a,40001,int17,", (2, 9, "Type: 'int17' is no type")),
        ("a,40001,int16,zero", (2, 15, "Scale: 'zero' is no number")),
        ("a,40001,int16,0", (2, 15, "Scale: a scale of 0")),
        (",40001,int16,", (2, 2, "this row has no name")),
        ("a,,int16,", (2, 1, "this row has no register")),
        ("a,40001,bool,", (2, 9, "Type: a bit of a register needs its number")),
    ],
)
def test_a_mistake_names_row_and_column(row, says):
    found = problems(f"Name,Address,Type,Scale\n{row}\n")
    assert (found[0].line, found[0].column) == says[:2]
    assert found[0].message.startswith(says[2])


def test_a_column_that_is_not_there_is_asked_for():
    (found,) = problems("Foo,Address\na,1\n")
    assert found.message == "there is no column for 'name'"
    assert "--columns name=HEADER; the columns are 'Address', 'Foo'" in found.hint


def test_the_same_place_twice_is_noticed():
    (found,) = problems("Name,Address\na,40001\nb,40001\n")
    assert (found.level, found.line) == ("warning", 3)


@given(st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=6), max_size=6))
def test_whatever_a_list_holds_it_is_read_or_reported(cells):
    text = "Name,Address,Type,Unit,Scale,Values\n" + "\n".join(",".join(row) for row in cells)
    problems(text)


@given(
    st.sampled_from(["int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]),
    st.sampled_from(["abcd", "cdab", "badc", "dcba"]),
    st.sampled_from([1.0, 0.1, 0.5, 10.0]),
)
def test_every_type_and_order_gives_examples_that_the_driver_agrees_with(type_, order, scale):
    text = "Name,Address,Type,Order,Scale\n" + "".join(
        f"p{n},{40001 + 4 * n},{type_},{order},{scale}\n" for n in range(5)
    )
    assert not mistakes(proposed(text), REGISTRY)


def test_the_command_writes_the_profile_and_says_what_is_wrong(tmp_path: Path):
    (tmp_path / "map.csv").write_text(ENGLISH)
    out = tmp_path / "profiles" / "water" / "tank.yaml"
    done = CliRunner().invoke(app, ["import", "modbus-map", str(tmp_path / "map.csv"), "-o", str(out), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["profile"] == "water/tank"
    wrong = CliRunner().invoke(app, ["import", "modbus-map", str(tmp_path / "map.csv"), "--columns", "nam=x"])
    assert (wrong.exit_code, "KEY is" in wrong.output) == (2, True)
