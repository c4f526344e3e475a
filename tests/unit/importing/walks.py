"""Walks as text, and what becomes of them."""

from hub.cli.proposals import shipped_profiles
from hub.config.marks import Source
from hub.config.problems import Report
from hub.importing import Proposal, snmp, walk
from hub.importing.known import Library, library
from hub.importing.walk import Cell
from hub.model import Text

SYSTEM = """\
.1.3.6.1.2.1.1.1.0 = STRING: "Switch of the test"
.1.3.6.1.2.1.1.3.0 = Timeticks: (12345) 0:02:03.45
.1.3.6.1.2.1.1.5.0 = STRING: "sw-1"
"""


def cells(text: str) -> tuple[list[Cell], Report]:
    report = Report()
    return walk.read(Source("walk.txt", text.splitlines()), report), report


def shipped() -> Library:
    return library(shipped_profiles())


def proposed(text: str, **wanted: object) -> Proposal:
    found, report = cells(text)
    assert not report.problems
    return snmp.propose(found, shipped(), snmp.Wanted("net/test", Text.same("test"), "a walk", **wanted))


def table(entry: str, columns: dict[int, tuple[str, list[object]]], first: int = 1) -> str:
    """Return a table as a walk prints it."""
    return "".join(
        f".{entry}.{number}.{index} = {type_}: {value}\n"
        for number, (type_, values) in columns.items()
        for index, value in enumerate(values, first)
    )
