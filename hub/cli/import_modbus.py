"""`citywatch import modbus-map`: a register list in a spreadsheet becomes a profile for review."""

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.proposals import AsJson, Name, Out, Replace, named, offer, refuse, source, stop_if_wrong, titled
from hub.config.problems import Report, one_of
from hub.importing import registers, sheet
from hub.importing.notation import TABLES

Columns = Annotated[
    list[str],
    typer.Option("--columns", metavar="KEY=HEADER", help="Which header is which, where names do not tell."),
]
Table = Annotated[
    str,
    typer.Option("--table", help="Table of plain numbers; holding/1 where the list counts from 1."),
]


def modbus_map(
    file: Annotated[Path, typer.Argument(help="CSV of a register list; - for standard input.")],
    out: Out = None,
    name: Name = "",
    columns: Columns = [],  # noqa: B006 - typer reads it, nobody changes it
    table: Table = "",
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Make a profile of a list of Modbus registers. / Tạo hồ sơ từ bảng thanh ghi Modbus (CSV).

    The first line names the columns, in English or Vietnamese: name (tên), register (địa chỉ), and where there are such
    type (kiểu), unit (đơn vị), scale (hệ số), offset, bit, table, order, length, min, max, values (0=off; 1=on),
    missing, kind, description. Registers are written 12, 0x0C, 40013, 3x0013 or HR12, a bit as 40013.5.

      citywatch import modbus-map panel.csv --columns name=Signal --table holding -o profiles/fire/my-panel.yaml
    """
    report, profile = Report(), named(name, out, str(file), "modbus")
    text = source(file)
    rows = sheet.rows(text, _chosen(columns), report)
    stop_if_wrong(report)
    found = registers.read(rows, _defaults(table), report)
    stop_if_wrong(report)
    try:
        proposal = registers.propose(found, profile, titled(profile), f"register list {file.name}")
    except ValueError as error:
        refuse(f"{file}: {error}")
    offer(proposal, out, replace, as_json)


def _chosen(columns: list[str]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for pair in columns:
        ours, equals, theirs = pair.partition("=")
        if not equals or ours not in sheet.HEADERS:
            known = one_of([*sheet.HEADERS])
            raise typer.BadParameter(f"'{pair}': write KEY=HEADER, where KEY is {known}", param_hint="--columns")
        chosen[ours] = theirs
    return chosen


def _defaults(table: str) -> registers.Defaults:
    name, _, base = table.partition("/")
    if table and (name not in TABLES or base not in ("", "0", "1")):
        raise typer.BadParameter(f"'{table}' is no table; write {one_of(TABLES)}, or holding/1", param_hint="--table")
    return registers.Defaults(name or None, int(base or 0))
