"""A module of snmp_exporter becomes a profile that loads; what cannot be told is said with its line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drivers import REGISTRY
from hub.cli import app
from hub.config.marks import Source
from hub.config.problems import Report
from hub.importing import exporter, mistakes
from hub.model import Text
from tests.unit.importing.walks import shipped

SNMP_YML = """\
# written by snmp_exporter's generator
auths:
  public_v2: {community: none-of-ours, version: 2}
modules:
  if_mib:
    walk: [1.3.6.1.2.1.2, 1.3.6.1.2.1.31.1.1]
    get: [1.3.6.1.2.1.1.3.0]
    metrics:
    - name: sysUpTime
      oid: 1.3.6.1.2.1.1.3
      type: gauge
      help: The time since the network management portion was last re-initialized. - 1.3.6.1.2.1.1.3
    - name: ifIndex
      oid: 1.3.6.1.2.1.2.2.1.1
      type: gauge
      indexes: &by_index
      - {labelname: ifIndex, type: gauge}
    - name: ifOperStatus
      oid: 1.3.6.1.2.1.2.2.1.8
      type: gauge
      help: The current operational state of the interface - 1.3.6.1.2.1.2.2.1.8
      indexes: *by_index
      lookups: &by_name
      - {labels: [ifIndex], labelname: ifName, oid: 1.3.6.1.2.1.31.1.1.1.1, type: DisplayString}
      enum_values: {1: up, 2: down}
    - name: ifHCInOctets
      oid: 1.3.6.1.2.1.31.1.1.1.6
      type: counter
      help: The total number of octets received - 1.3.6.1.2.1.31.1.1.1.6
      indexes: *by_index
      lookups: *by_name
    - name: ifMtu
      oid: 1.3.6.1.2.1.2.2.1.4
      type: gauge
      help: The size of the largest packet {in octets} - 1.3.6.1.2.1.2.2.1.4
      indexes: *by_index
      lookups: *by_name
    - name: vendorMode
      oid: 1.3.6.1.4.1.32473.1.1
      type: EnumAsStateSet
      enum_values: {1: cold, 2: warm}
    - name: vendorTemperature
      oid: 1.3.6.1.4.1.32473.1.2
      type: gauge
      scale: 0.1
    - name: ipRouteAge
      oid: 1.3.6.1.2.1.4.24.4.1.8
      type: gauge
      indexes:
      - {labelname: dest, type: InetAddressIPv4}
      - {labelname: mask, type: InetAddressIPv4}
  broken:
    walk: [1.3.6.1]
    metrics:
    - name: x
      oid: IF-MIB::ifMtu
      type: gauge
    - oid: 1.3.6.1.2.1.1.3
      type: gauge
"""
GENERATOR_YML = """\
modules:
  if_mib:
    walk: [sysUpTime, interfaces, ifXTable, cpqHeMibSomething]
    lookups:
      - source_indexes: [ifIndex]
        lookup: ifName
"""


def read(text: str, name: str):
    report = Report()
    tree = exporter.module(Source("snmp.yml", text.splitlines()), name, report)
    return tree, report


def proposed(text: str, name: str = "if_mib"):
    tree, report = read(text, name)
    found = exporter.metrics(tree, report) if "metrics" in tree else exporter.named_groups(tree, shipped(), report)
    return exporter.propose(found, shipped(), "net/module", Text.same("m"), "snmp.yml"), report


def test_metrics_become_points_and_lookups_the_names_of_rows():
    made, _ = proposed(SNMP_YML)
    (group,) = made.each
    assert (group.count, group.name) == ("if_index_rows", "if_index_{n:02}")
    row = {"column_oid": "1.3.6.1.2.1.31.1.1.1.1", "equals": "{if_index_names}{if_index_first + n - 1}"}
    assert group.points["in"]["kind"] == "link.in_octets"
    assert group.points["in"]["address"]["row"] == row
    assert group.points["ifMtu"]["name"] == "The size of the largest packet (in octets): {n}"
    assert "ifIndex" not in group.points
    assert made.points["uptime"]["scale"] == 0.01, "the shipped profile knows sysUpTime"
    assert made.points["vendorMode"]["map"] == {"1": "cold", "2": "warm"}
    assert {"point": "vendorTemperature", "raw": 10, "value": 1.0} in made.examples
    assert any("ipRouteAge" in sentence for sentence in made.check)
    assert not mistakes(made, REGISTRY)


def test_modules_of_the_old_form_stand_at_the_top():
    old = "\n".join(line.removeprefix("  ") for line in SNMP_YML.partition("modules:\n")[2].splitlines())
    assert proposed(old)[0].points.keys() == proposed(SNMP_YML)[0].points.keys()


def test_of_a_generator_what_shipped_profiles_know_is_told_and_the_rest_named():
    made, report = proposed(GENERATOR_YML)
    assert [p.line for p in report.problems] == [3]
    assert "cpqHeMibSomething" in report.problems[0].message
    assert {"status", "in", "out"} <= made.each[0].points.keys()
    assert not mistakes(made, REGISTRY)


def test_mistakes_name_their_lines():
    tree, report = read(SNMP_YML, "broken")
    exporter.metrics(tree, report)
    assert [(p.line, p.message) for p in report.problems] == [
        (56, "'IF-MIB::ifMtu' is no OID"),
        (58, "this metric has no name, or it is no text"),
    ]
    _, report = read(SNMP_YML, "if_mb")
    assert report.problems[0].hint == "did you mean 'if_mib'?"


@pytest.mark.parametrize(
    "text", ["", "- a", "modules: 3", "modules: {if_mib: 3}", "modules: {if_mib: {metrics: [1, {}]}}", "{"]
)
def test_a_file_of_another_kind_is_refused_with_a_place(text):
    tree, report = read(text, "if_mib")
    if tree is not None:
        exporter.metrics(tree, report)
    assert report.problems[0].line <= 2


def test_the_command_writes_the_profile(tmp_path: Path):
    (tmp_path / "snmp.yml").write_text(SNMP_YML)
    words = ["import", "snmp-exporter", str(tmp_path / "snmp.yml"), "--module", "if_mib", "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["profile"] == "net/if-mib"
    wrong = CliRunner().invoke(app, [*words[:-2], "nothing"])
    assert (wrong.exit_code, "there is no module 'nothing'" in wrong.output) == (1, True)
