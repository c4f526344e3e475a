"""The two processes of `bench.snmp`: the agents, and the hub that asks them."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.ingest import HUB, as_url
from bench.scan import Farm
from bench.snmp_site import write_site

AGENTS = 200


class Agents(Farm):
    """The agents' process."""

    def __init__(self, count: int = AGENTS) -> None:
        command = [sys.executable, "-m", "bench.snmp_farm", str(count)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = self._line()["ports"]


def start_hub(
    folder: Path, ports: Sequence[int], dsn: str, interval: str, traps: int = 0, talkers: int = 0
) -> "subprocess.Popen[str]":
    """Return a hub that asks these agents."""
    site = write_site(folder / "site", ports, as_url(dsn), interval, traps, talkers)
    command = [*HUB, "run", str(site), "--state", str(folder / "state"), "--port", "0", "--json"]
    environment = {"BENCH_COMMUNITY": "bench", "PATH": "/usr/bin:/bin"}
    with (folder / "hub.log").open("w") as errors:
        hub = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
    assert hub.stdout is not None
    if not hub.stdout.readline():
        raise SystemExit(f"the hub did not start:\n{(folder / 'hub.log').read_text()}")
    return hub
