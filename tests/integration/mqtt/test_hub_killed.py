"""A hub killed while messages are on their way: what the broker was told is stored, the rest comes again."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from adapters.timescale import running_dsn
from bench.ingest import subscribed
from bench.ingest_site import write_site
from tests.support.mosquitto import Mosquitto

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.timeout(150)]

MESSAGES = 20_000
PATIENCE = 60.0


class RunningHub:
    def __init__(self, site: Path, state: Path) -> None:
        command = [sys.executable, "-m", "hub", "run", str(site), "--state", str(state), "--port", "0", "--json"]
        self._log = (site.parent / "hub.log").open("a")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert json.loads(line)["ready"], (site.parent / "hub.log").read_text()

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.wait(30)
        self.process.stdout.close()
        self._log.close()


def stored(state: Path) -> int:
    """Return how many different messages are in the store; none while it is away."""
    try:
        with psycopg.connect(running_dsn(state), autocommit=True, connect_timeout=2) as connection:
            query = "select count(*) from (select distinct point_id, value from reading where value is not null) d"
            row = connection.execute(query).fetchone()
            return row[0] if row else 0
    except (psycopg.Error, TypeError):
        return 0


def until(state: Path, enough: int) -> int:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and (count := stored(state)) < enough:
        time.sleep(0.1)
    return count


def test_nothing_that_a_broker_was_told_is_lost_when_the_hub_is_killed(broker: Mosquitto, tmp_path: Path):
    os.chmod(tmp_path, 0o755)
    site, state = write_site(tmp_path / "site", broker.port, "embedded"), tmp_path / "state"
    hub = RunningHub(site, state)
    load = [sys.executable, "-m", "bench.mqtt_load", str(broker.port), str(MESSAGES), "5000"]
    try:
        subscribed(broker)
        sending = subprocess.Popen(load, stdout=subprocess.PIPE, text=True)
        assert until(state, MESSAGES // 4) >= MESSAGES // 4
        hub.end(signal.SIGKILL)
        said, _ = sending.communicate(timeout=60)
        hub = RunningHub(site, state)
        assert until(state, MESSAGES) == json.loads(said)["acked"] == MESSAGES
    finally:
        hub.end(signal.SIGTERM)
