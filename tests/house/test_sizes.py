"""A file has one reason to exist, and a function fits on a screen."""

import statistics
from pathlib import Path

import pytest

from bench.beauty import FunctionShape, Shape, measure
from tests.house.tree import ROOT, WINGS, belonging

LONGEST_FILE, LONG_FILE = 400, 300
LONGEST_FUNCTION, MEDIAN_FUNCTION = 50, 8
MOST_PARAMETERS = 7

LONG: dict[str, str] = {
    "tests/integration/web/test_rest.py": "one rig, every route",
    "tests/integration/web/test_stream.py": "one rig, the whole protocol",
    "tests/unit/rules/test_engine.py": "the sentences of one machine",
}
"""Files beyond 300 lines, and why each is one room. Never one of the program's own without a very good sentence."""

MANY_PARAMETERS = {
    ("adapters/web/server.py", "__init__"): "everything the web needs of the hub, each by name",
    ("hub/cli/drill.py", "drill"): "the options of one command, each by name",
    ("drivers/runner.py", "__init__"): "everything the lines need of the hub, each by name",
    ("adapters/timescale/queries.py", "_event"): "a row of the database, column by column",
}
"""Functions with more than seven parameters, and why."""

SOURCES = {".py", ".ts", ".css", ".c", ".sh", ".sql"}


@pytest.fixture(scope="module")
def program() -> Shape:
    return measure(*(ROOT / wing for wing in WINGS))


@pytest.fixture(scope="module")
def beside() -> Shape:
    return measure(ROOT / "tests", ROOT / "bench")


def lengths() -> dict[str, int]:
    return {
        path.as_posix(): (ROOT / path).read_text(encoding="utf-8").count("\n")
        for path in belonging()
        if path.suffix in SOURCES and ".gen." not in path.name
    }


def place(function: FunctionShape) -> tuple[str, str]:
    return function.file.relative_to(ROOT).as_posix(), function.name


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    assert not {name: n for name, n in lengths().items() if n > LONGEST_FILE}


def test_a_file_beyond_three_hundred_lines_has_a_reason() -> None:
    long = {name for name, n in lengths().items() if n > LONG_FILE}
    assert long - LONG.keys() == set(), "is it one room, or two? If one, say in LONG why"
    assert LONG.keys() - long == set(), "these have become shorter: take them out of LONG"


@pytest.mark.parametrize("shape", ["program", "beside"])
def test_no_function_is_longer_than_a_screen(shape: str, request: pytest.FixtureRequest) -> None:
    functions = request.getfixturevalue(shape).functions
    assert not {place(f): f.lines for f in functions if f.lines > LONGEST_FUNCTION}


def test_half_of_all_functions_are_at_most_eight_lines(program: Shape) -> None:
    assert statistics.median(f.lines for f in program.functions) <= MEDIAN_FUNCTION


def test_a_function_with_many_parameters_has_a_reason(program: Shape) -> None:
    many = {place(f) for f in program.functions if f.parameters > MOST_PARAMETERS}
    assert many - MANY_PARAMETERS.keys() == set()
    assert MANY_PARAMETERS.keys() - many == set(), "these take fewer now: take them out"


def test_every_function_of_the_program_is_typed(program: Shape) -> None:
    assert not [place(f) for f in program.functions if not f.typed]


def test_every_module_says_what_it_is(program: Shape) -> None:
    assert program.documented_files == len(program.files)


def test_nothing_is_left_for_later(program: Shape) -> None:
    assert program.left_over == 0


def test_broad_excepts_stand_only_where_a_part_is_survived(program: Shape) -> None:
    """The supervisor, and a line that reports its driver's failure before it fails itself."""
    where = {path.relative_to(ROOT).as_posix() for path in program.files if measure_one(path).broad}
    assert where <= {"hub/supervise.py", "hub/batchfile.py", "drivers/line.py", "hub/wire/mqtt/link.py"}


def measure_one(path: Path) -> Shape:
    return measure(path)
