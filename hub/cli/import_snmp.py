"""`citywatch import snmp-walk` and `snmp-exporter`: what others know of an agent becomes a profile for review."""

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.proposals import (
    AsJson,
    Name,
    Out,
    Replace,
    named,
    offer,
    refuse,
    shipped_profiles,
    source,
    stop_if_wrong,
    titled,
)
from hub.config.problems import Report
from hub.importing import exporter, snmp, walk
from hub.importing.known import library

Under = Annotated[
    list[str], typer.Option("--under", metavar="OID", help="Only objects below this OID; may be given several times.")
]
Rows = Annotated[int, typer.Option("--rows", help="Longest table whose rows become points.", min=1, max=1000)]


def snmp_walk(
    file: Annotated[Path, typer.Argument(help="Output of snmpwalk -On; - for standard input.")],
    out: Out = None,
    name: Name = "",
    under: Under = [],  # noqa: B006 - typer reads it, nobody changes it
    rows: Annotated[
        int, typer.Option("--rows", help="Longest table whose rows become points.", min=1, max=1000)
    ] = snmp.MOST_ROWS,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Make a profile of what an SNMP agent answered. / Tạo hồ sơ từ kết quả snmpwalk.

    Walk the agent first, numeric and with types:

      snmpwalk -v3 -u USER -l authPriv … -On HOST .1 > walk.txt

    Then: citywatch import snmp-walk walk.txt -o profiles/net/my-switch.yaml

    Objects that shipped profiles know get their kind and unit; others get a kind of their own (x.…) to be replaced.
    Rows of tables are found by name where they have one; counters become rates. The walk's own values are the examples.
    """
    text, report = source(file), Report()
    cells = walk.read(text, report)
    stop_if_wrong(report)
    profile = named(name, out, str(file), "net")
    wanted = snmp.Wanted(
        profile, titled(profile), f"snmpwalk of the device ({Path(text.name).name})", _oids(under), rows
    )
    try:
        proposal = snmp.propose(cells, library(shipped_profiles()), wanted)
    except ValueError as error:
        refuse(f"{file}: {error}")
    offer(proposal, out, replace, as_json)


def snmp_exporter(
    file: Annotated[Path, typer.Argument(help="snmp.yml or generator.yml of Prometheus' snmp_exporter.")],
    module: Annotated[str, typer.Option("--module", help="Name of the module, such as if_mib.")],
    out: Out = None,
    name: Name = "",
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Make a profile of a module of Prometheus' snmp_exporter. / Tạo hồ sơ từ mô-đun snmp_exporter.

    Metrics become points, lookups the names by which rows are found, enumerations maps, counters rates. Of a
    generator.yml, which only names what a MIB knows, no more than the standard groups can be told: give the snmp.yml.
    """
    text, report = source(file), Report()
    tree = exporter.module(text, module, report)
    stop_if_wrong(report)
    assert tree is not None
    known = library(shipped_profiles())
    found = exporter.metrics(tree, report) if "metrics" in tree else exporter.named_groups(tree, known, report)
    stop_if_wrong(report)
    profile = named(name, out, module, "net")
    try:
        proposal = exporter.propose(
            found, known, profile, titled(profile), f"snmp_exporter, module {module} ({file.name})"
        )
    except ValueError as error:
        refuse(f"{file}: {error}")
    offer(proposal, out, replace, as_json)


def _oids(given: list[str]) -> tuple[str, ...]:
    for oid in given:
        if not oid.strip(".").replace(".", "").isdecimal():
            raise typer.BadParameter(f"'{oid}' is no OID: write numbers and dots", param_hint="--under")
    return tuple(oid.strip(".") for oid in given)
