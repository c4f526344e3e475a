"""ONVIF: 409 cameras at one hub: subscribed, held, heard, and 40 of them cut at once.

`python -m bench.onvif [--cameras N] [--seconds N] [--probes N]`: one JSON line a case. The cameras are simulated in
another process and the hub is whole: `citywatch run` with its database. `subscribed` is from the start of the hub until
every camera is pulled from; `idle` the processor time of the hub while all questions are held; `event` is from a
camera's change to its alarm on a WebSocket; `cut` breaks cameras in three ways and reads the reason of each by REST.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from adapters.timescale.embedded import EmbeddedPostgres
from bench.ingest import HUB, as_url, cpu_seconds, peak_rss_mb
from bench.latency import Console, percentile
from bench.onvif_site import ENVIRONMENT, write_site

PULL = "60s"
CUT = 40
PATIENCE_S = 120.0
Figures = dict[str, float | str]


class Farm:
    """The cameras' process."""

    def __init__(self, many: int) -> None:
        command = [sys.executable, "-m", "bench.onvif_farm", str(many)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports: list[int] = self._line()

    def ask(self, *words: object) -> dict[str, Any]:
        """Give an order and wait for the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        found: dict[str, Any] = self._line()
        return found

    def _line(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()


class Bench:
    """One hub and its cameras, measured case by case."""

    def __init__(self, farm: Farm, hub: "subprocess.Popen[str]", state: Path) -> None:
        self.farm = farm
        self.hub = hub
        self.began = time.perf_counter()
        self.state = state
        self.url = ""
        self.token = ""

    def ready(self) -> None:
        """Wait for the hub, and take a token."""
        assert self.hub.stdout is not None
        line = self.hub.stdout.readline()
        if not line:
            raise SystemExit("the hub did not start; its log is above")
        self.url = json.loads(line)["url"]
        ask = [*HUB, "token", "create", "bench", "--role", "operator", "--state", str(self.state)]
        self.token = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split()[-1]

    async def subscribed(self) -> Figures:
        """Wait until every camera is pulled from and online."""
        many, deadline = len(self.farm.ports), time.perf_counter() + PATIENCE_S
        while (there := self.farm.ask("state")["pulled"]) < many and time.perf_counter() < deadline:
            await asyncio.sleep(0.2)
        took = time.perf_counter() - self.began
        states = await self.health()
        online = sum(state == "online" for state, _ in states.values())
        cpu = cpu_seconds(self.hub.pid)
        return {"cameras": there, "online": online, "seconds": round(took, 1), "cpu_s": round(cpu, 1)}

    async def idle(self, seconds: float) -> Figures:
        """Hold every question for a while."""
        cpu, began = cpu_seconds(self.hub.pid), time.perf_counter()
        await asyncio.sleep(seconds)
        spent, lasted = cpu_seconds(self.hub.pid) - cpu, time.perf_counter() - began
        return {"cpu_percent_of_a_core": round(100 * spent / lasted, 1), "rss_mb": round(peak_rss_mb(self.hub.pid), 1)}

    async def event(self, probes: int) -> Figures:
        """Let cameras report tampering, one after the other, and time each alarm at a console."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        loop = asyncio.get_running_loop()
        socket, console = await loop.create_connection(lambda: Console(f"{host}:{port}", self.token), host, int(port))
        await asyncio.sleep(2.0)
        dice = random.Random(0)
        took = [await self._probe(console, n % len(self.farm.ports), dice) for n in range(probes)]
        socket.close()
        return {
            "probes": len(took), "p50_ms": round(percentile(took, 0.5), 1),
            "p99_ms": round(percentile(took, 0.99), 1), "max_ms": round(1e3 * max(took), 1),
        }  # fmt: skip

    async def _probe(self, console: Console, number: int, dice: random.Random) -> float:
        heard = console.expect(f"c{number:03}")
        at = (await asyncio.to_thread(self.farm.ask, "flag", number, 1))["at"]
        took: float = await asyncio.wait_for(heard, 10) - at
        await asyncio.to_thread(self.farm.ask, "flag", number, 0)
        await asyncio.sleep(0.02 + dice.random() * 0.05)
        return took

    async def cut(self) -> Figures:
        """Break cameras at once; count how many are told by the right reason, and how many others are disturbed."""
        wanted: list[str] = self.farm.ask("cut", min(CUT, len(self.farm.ports)))["broken"]
        began, right = time.perf_counter(), 0
        states: dict[str, tuple[str, str]] = {}
        while right < len(wanted) and time.perf_counter() - began < PATIENCE_S / 2:
            await asyncio.sleep(0.2)
            states = await self.health()
            right = sum(states[f"c{n:03}"] == ("offline", reason) for n, reason in enumerate(wanted))
        took = time.perf_counter() - began
        others = sum(state != "online" for device, (state, _) in states.items() if int(device[1:]) >= len(wanted))
        self.farm.ask("heal")
        return {"cut": len(wanted), "right": right, "others_disturbed": others, "seconds": round(took, 1)}

    async def health(self) -> dict[str, tuple[str, str]]:
        """Return state and reason of every camera."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{self.url}/api/v1/devices?limit=1000") as answer,
        ):
            return {d["device"]: (d["state"], d["reason"]) for d in (await answer.json())["items"]}


@contextmanager
def bench(folder: Path, dsn: str, many: int) -> Iterator[Bench]:
    """Run cameras and a hub."""
    farm = Farm(many)
    site, state = write_site(folder / "site", farm.ports, as_url(dsn), PULL), folder / "state"
    command = [*HUB, "run", str(site), "--state", str(state), "--port", "0", "--json"]
    with (folder / "hub.log").open("w") as errors:
        hub = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, **ENVIRONMENT}
        )
    try:
        yield Bench(farm, hub, state)
    finally:
        hub.send_signal(signal.SIGTERM)
        hub.wait(30)
        farm.close()


async def run(given: argparse.Namespace, folder: Path) -> None:
    """Measure case by case; print each."""
    postgres = EmbeddedPostgres(folder / "database")
    dsn = await postgres.start()
    try:
        with bench(folder, dsn, given.cameras) as measured:
            measured.ready()
            tell("subscribed", await measured.subscribed())
            await asyncio.sleep(5.0)
            tell("idle", await measured.idle(given.seconds))
            tell("event", await measured.event(given.probes))
            tell("cut", await measured.cut())
    finally:
        await postgres.stop()


def tell(name: str, figures: Figures) -> None:
    """Print one line."""
    print(json.dumps({"bench": "onvif", "case": name, **figures}), flush=True)


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cameras", type=int, default=409)
    parser.add_argument("--seconds", type=float, default=70.0)
    parser.add_argument("--probes", type=int, default=300)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        uvloop.run(run(parser.parse_args(), Path(folder)))


if __name__ == "__main__":
    main()
