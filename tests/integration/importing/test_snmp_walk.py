"""Debian's snmpwalk of Debian's snmpd becomes a profile with which the hub reads that snmpd."""

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drivers import REGISTRY
from drivers.runner import bind
from drivers.snmp.driver import SnmpDriver
from hub.cli import app
from hub.config import load
from hub.model import Reason, one_by_one
from tests.integration.snmp import netsnmp
from tests.support import snmpd
from tests.support.snmpd import COMMUNITY, MADE_UP, Snmpd

SUBTREES = (
    ".1.3.6.1.2.1.1",
    ".1.3.6.1.2.1.2",
    ".1.3.6.1.2.1.25.2",
    ".1.3.6.1.2.1.31",
    ".1.3.6.1.4.1.2021.10",
    f".{MADE_UP}",
)
PUMPS = {
    f"{MADE_UP}.5.1.1.1.2.1": ("string", "pump"), f"{MADE_UP}.5.1.1.1.2.2": ("string", "valve"),
    f"{MADE_UP}.5.1.1.1.3.1": ("gauge", 70), f"{MADE_UP}.5.1.1.1.3.2": ("gauge", 90),
    f"{MADE_UP}.5.1.1.1.4.1": ("counter", 7), f"{MADE_UP}.5.1.1.1.4.2": ("counter", 9),
}  # fmt: skip
SITE = """\
version: 1
site: {id: s}
zones: [{id: z}]
devices:
  - id: d
    profile: net/walked
    zone: z
    connection: {host: 127.0.0.1, port: %d, version: 2c, community: {secret: community}}
"""


@pytest.fixture
def agent(tmp_path: Path):
    if reason := snmpd.available():
        pytest.skip(reason)
    netsnmp.need("snmpwalk")
    with snmpd.running(tmp_path / "agent") as running:
        running.make_up(PUMPS)
        yield running


def walked(agent: Snmpd) -> str:
    command = ["snmpwalk", "-v2c", "-c", COMMUNITY, "-On", f"127.0.0.1:{agent.port}"]
    parts = [
        subprocess.run([*command, tree], capture_output=True, text=True, check=True, env=netsnmp.ENVIRONMENT).stdout
        for tree in SUBTREES
    ]
    return "".join(parts)


async def test_the_profile_of_a_walk_reads_the_agent_that_was_walked(agent: Snmpd, tmp_path: Path):
    (tmp_path / "walk.txt").write_text(walked(agent))
    out = tmp_path / "site" / "profiles" / "net" / "walked.yaml"
    done = CliRunner().invoke(app, ["import", "snmp-walk", str(tmp_path / "walk.txt"), "-o", str(out)])
    assert done.exit_code == 0, done.output
    (tmp_path / "site" / "site.yaml").write_text(SITE % agent.port)
    (tmp_path / "site" / "secrets.yaml").write_text(f"community: {COMMUNITY}\n")
    (tmp_path / "site" / "secrets.yaml").chmod(0o600)
    device = load(tmp_path / "site", REGISTRY).devices["d"]
    bound = bind(device, "s", str(tmp_path))
    driver = SnmpDriver([bound])
    await driver.open()
    samples = {s.point.removeprefix("d/"): s for s in one_by_one(await driver.read(bound.points))}
    await driver.close()
    assert samples["name"].value == "exam"
    assert samples["lo.status"].value in (1, 7), "IANAifOperStatus of a loopback"
    assert (samples["pump.c3"].value, samples["valve.c3"].value) == (70, 90)
    assert samples["pump.c4"].reason is Reason.WAITING, "a counter is a rate, which needs two looks"
    wrong = {name for name, s in samples.items() if s.reason not in (Reason.NONE, Reason.WAITING)}
    assert len(samples) > 60
    assert len(wrong) < len(samples) / 20, wrong


def test_a_file_that_is_there_is_not_written_over(agent: Snmpd, tmp_path: Path):
    (tmp_path / "walk.txt").write_text(walked(agent))
    out = tmp_path / "own.yaml"
    out.write_text("mine")
    done = CliRunner().invoke(app, ["import", "snmp-walk", str(tmp_path / "walk.txt"), "-o", str(out)])
    assert done.exit_code == 1
    assert "is there already" in done.output
    assert out.read_text() == "mine"
