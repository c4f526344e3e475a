"""The small parts: scalars, durations, templates, tables, merging, rendering."""

from typing import Any

import pytest

from hub.config.durations import duration, positive, spell
from hub.config.marks import Map, Mark, Source, merge
from hub.config.problems import Problem, Report, did_you_mean, render
from hub.config.rule import TEXT_NAMES
from hub.config.scalars import scalar
from hub.config.secrets import secret_fields
from hub.config.source import split
from hub.config.table import cells
from hub.config.templates import fill_text
from hub.config.tree import parse
from hub.model import DAY, HOUR, MILLISECOND, SECOND
from rules.wording import NAMES
from tests.unit.config.fakes import Connection


def tree(text: str) -> Any:
    report = Report()
    made = parse(Source("t.yaml", split(text)), text, report)
    assert report.problems == []
    return made


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("22:00", "22:00"), ("12:34:56", "12:34:56"), ("NO", "NO"), ("on", "on"), ("yes", "yes"), ("010", 10),
        ("0x1F", 31), ("0o17", 15), ("2026-11-22", "2026-11-22"), ("1_000", "1_000"), ("true", True), ("False", False),
        ("null", None), ("~", None), ("", None), ("-7", -7), ("+3", 3), ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0),
        ("1.", 1.0), ("-", "-"), ("tn/market", "tn/market"), ("10.1.2.3", "10.1.2.3"), ("0b1", "0b1"), ("=", "="),
    ],
)  # fmt: skip
def test_plain_scalars_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    got = scalar(text)
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    "text", [".inf", "-.Inf", ".NaN", "1e999", "99999999999999999999", "0xFFFFFFFFFFFFFFFFF", "9" * 5000]
)
def test_numbers_without_bounds_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        scalar(text)


@pytest.mark.parametrize(
    ("text", "length"),
    [("500ms", 500 * MILLISECOND), ("5s", 5 * SECOND), ("1.5h", 90 * 60 * SECOND), ("5y", 1825 * DAY)],
)
def test_durations_carry_their_unit(text: str, length: int) -> None:
    assert duration(text) == length


@pytest.mark.parametrize("given", [5, "5", "5 s", "s", "-5s", "5w", None, True, "99999999999y"])
def test_a_duration_without_a_known_unit_is_refused(given: object) -> None:
    with pytest.raises(ValueError):
        duration(given)


def test_durations_are_spelled_in_their_largest_unit() -> None:
    assert [spell(d) for d in (90 * DAY, HOUR, 90 * SECOND, MILLISECOND, 0)] == ["90d", "1h", "90s", "1ms", "0ms"]
    with pytest.raises(ValueError):
        positive("0s")


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("z{n:02}", "z07"), ("{99 + n}", 106), ("{1000 + (n - 1) * 256}", 2536), ("{n // 2}.{n % 2}", "3.1"),
        ("{name}", "east"), ("{-n}", -7), ("{topic}/availability", "{topic}/availability"), ("{n:04x}", "0007"),
        ("plain", "plain"), ("{{n}", "{7"),
    ],
)  # fmt: skip
def test_templates_know_arithmetic_and_nothing_else(text: str, filled: object) -> None:
    assert fill_text(text, {"n": 7, "name": "east"}) == filled


@pytest.mark.parametrize(
    "text",
    ["{m}", "{n / 2}", "{n ** 9}", "{n.real}", "{f(n)}", "{n // 0}", "{n:999999999d}", "{name:02}", "{[n]}",
     "{9**9**9}", "{name + 1}", "{n if n else n}", "{'a'}", "{n * 9999999999999999}", "{}", "{import os}"],
)  # fmt: skip
def test_templates_refuse_everything_else(text: str) -> None:
    with pytest.raises(ValueError):
        fill_text(text, {"n": 7, "name": "east"})


def test_maps_merge_lists_replace_and_marks_follow_their_values() -> None:
    base = tree("a: {x: 1, y: 2}\nb: [1, 2]\nc: {secret: old}\n")
    over = tree("\n\na: {y: 3}\nb: [9]\nc: {env: NEW}\n")
    merged = merge(base, over)
    assert merged == {"a": {"x": 1, "y": 3}, "b": [9], "c": {"env": "NEW"}}
    assert merged["a"].value_marks["x"].line == 1
    assert merged["a"].value_marks["y"].line == 3


def test_aliases_are_allowed_a_little() -> None:
    made = tree("a: &broker {host: h}\nb: *broker\n")
    assert made["b"] == {"host": "h"}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_find_their_separator(separator: str) -> None:
    text = separator.join(("id", "name", "ip")) + "\r\n" + separator.join(("a", '"x,;\t""y"""', "1.2.3.4")) + "\r\n"
    _, row = cells(text)
    assert [cell.text for cell in row] == ["a", 'x,;\t"y"', "1.2.3.4"]


def test_cells_know_their_place_also_after_a_quoted_line_end() -> None:
    rows = list(cells('id;note;ip\na;"two\nlines";10.0.0.1\n\nb; spaced ;10.0.0.2\n'))
    assert [(c.text, c.line, c.column) for c in rows[1]] == [("a", 2, 1), ("two\nlines", 2, 3), ("10.0.0.1", 3, 8)]
    assert [(c.text, c.line, c.column) for c in rows[2]] == [("b", 5, 1), ("spaced", 5, 4), ("10.0.0.2", 5, 12)]


def test_a_spreadsheets_own_separator_line_is_obeyed() -> None:
    assert [[c.text for c in row] for row in cells("sep=;\nid;name\na;b,c\n")] == [["id", "name"], ["a", "b,c"]]


def test_a_suggestion_is_made_only_when_it_is_near() -> None:
    assert did_you_mean("prot", ["port", "host"]) == "did you mean 'port'?"
    assert did_you_mean("xyzzy", ["port", "host"], otherwise="sorry") == "sorry"
    assert did_you_mean("Thai", ["thai"]) == "did you mean 'thai'?"


def test_a_long_line_is_cut_around_the_caret_and_made_harmless() -> None:
    line = "a" * 500 + "\x1b[31mX" + "b" * 500
    text = render([Problem("f.yaml", 1, 506, "bad", "", line)])
    shown, caret = text.splitlines()[1:3]
    assert len(shown) < 180
    assert "\x1b" not in text
    assert shown[caret.index("^")] == "X"


def test_the_caret_stands_under_letters_with_combining_marks() -> None:
    line = "name: Tha\u0301i x"
    shown, caret = render([Problem("f.yaml", 1, len(line), "bad", "", line)]).splitlines()[1:3]
    assert caret.index("^") == len(shown) - 2


def test_the_same_problem_is_told_once_and_a_settled_place_is_left_alone() -> None:
    report, mark = Report(), Mark(Source("f.yaml", ["a"]), 1, 1)
    report.error(mark, "first")
    report.error(mark, "first")
    report.error(mark, "second", alone=True)
    report.error(mark, "third")
    assert [p.message for p in report.problems] == ["first", "second"]


def test_secret_fields_are_found_by_their_type() -> None:
    assert secret_fields(Connection) == (("password",),)


def test_texts_may_use_the_names_that_the_rule_engine_fills() -> None:
    assert TEXT_NAMES == NAMES


def test_a_map_knows_a_reference() -> None:
    made = tree("a: {secret: x}\nb: {secret: x, env: y}\n")
    assert isinstance(made["a"], Map)
    assert made["a"].is_reference
    assert not made["b"].is_reference
