"""Passages of 40 lanes through the signed road into committed rows: read, misread and told again, merged, none lost.

`python -m bench.passages [--rate N] [--seconds S]`: one JSON line a case. `steady`: N passages a second (1,000) for S
seconds, each request signed and answered 202 once it is on disk; a third of the vehicles are read a second time with
one character wrong, and every tenth request is sent again. `ceiling`: the same as fast as it goes. Counted in the
database.
"""

import argparse
import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import psycopg

from adapters.timescale.embedded import EmbeddedPostgres
from bench.ingest import HUB, as_url, cpu_seconds, peak_rss_mb

DEVICES, LANES = 10, 4
MISREAD, AGAIN = 3, 10
LETTERS = "ABCDEFGHKLMNPSTUVXYZ"
SECRET = "a secret of a benchmark, 24 and more"
LONGEST_S = 60.0
SITE = """
version: 1
site: {{id: bench, name: Bench, timezone: UTC, language: en}}
store: {{url: "{dsn}"}}
zones: [{{id: here, name: Here}}]
devices:
  - table: gates.csv
    profile: traffic/anpr
    set: {{connection: {{secret: {{secret: gates}}}}, with: {{lanes: "1 2 3 4"}}}}
"""

Read = dict[str, object]


def plate(n: int) -> str:
    """Return the n-th plate; any two of a lane's first 200,000 differ in at least two characters."""
    letter, number = divmod(n * 7919 % 200_000, 10_000)
    check = (letter + sum(map(int, f"{number:04}"))) % 10
    return f"20{LETTERS[letter]}{number:04}{check}"


def reads(second: int, count: int, at: int) -> list[Read]:
    """Return what the lanes of one device saw in a second, misread repetitions among them."""
    found: list[Read] = []
    for n in range(count):
        number = second * count + n
        text, lane = plate(number // LANES), str(1 + number % LANES)
        time_ms = at + n * 1000 // count
        read: Read = {"id": f"{number}", "time": _iso(time_ms), "plate": text, "lane": lane, "class": "car"}
        found.append(read | {"confidence": 0.9, "speed": 30 + n % 40})
        if n % MISREAD == 0:
            wrong = "2O" + text[2:]
            found.append(read | {"id": f"{number}/2", "time": _iso(time_ms + 400), "plate": wrong, "confidence": 0.6})
    return found


def _iso(ms: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03}Z"


def write_site(folder: Path, dsn: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "site.yaml").write_text(SITE.format(dsn=dsn))
    (folder / "gates.csv").write_text("id,zone\n" + "".join(f"g{n},here\n" for n in range(DEVICES)))
    (folder / "secrets.yaml").write_text(f"gates: {SECRET}\n")
    (folder / "secrets.yaml").chmod(0o600)
    return folder


def start(dsn: str, folder: Path) -> tuple["subprocess.Popen[str]", str]:
    site = write_site(folder / "site", as_url(dsn))
    command = [*HUB, "run", str(site), "--state", str(folder / "state"), "--port", "0", "--json"]
    with (folder / "hub.log").open("w") as errors:
        hub = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert hub.stdout is not None
    line = hub.stdout.readline()
    if not line:
        raise SystemExit(f"the hub did not start:\n{(folder / 'hub.log').read_text()}")
    return hub, json.loads(line)["url"]


class Gate:
    """One device that signs and pushes."""

    def __init__(self, session: aiohttp.ClientSession, url: str, number: int) -> None:
        self.number = number
        self.took: list[float] = []
        self._session = session
        self._url = f"{url}/api/v1/ingest/g{number}"

    async def push(self, key: str, found: Sequence[Read]) -> None:
        """Send until it is taken."""
        body, signed_at = json.dumps({"reads": found}).encode(), str(int(time.time()))
        signed = b".".join((key.encode(), signed_at.encode(), body))
        mark = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
        headers = {
            "Idempotency-Key": key, "Webhook-Timestamp": signed_at, "Webhook-Signature": f"v1,{mark}",
            "Content-Type": "application/json",
        }  # fmt: skip
        while True:
            begun = time.perf_counter()
            async with self._session.post(self._url, data=body, headers=headers) as answer:
                if answer.status == 202:
                    self.took.append((time.perf_counter() - begun) * 1000)
                    return
                if answer.status not in (409, 429, 503):
                    raise SystemExit(f"refused: {answer.status} {await answer.text()}")
            await asyncio.sleep(0.2)

    async def run(self, first: int, seconds: int, count: int, *, paced: bool) -> None:
        """Push what `seconds` seconds saw, each in its time or as fast as it goes."""
        begun = time.monotonic()
        base = int(time.time()) * 1000
        for second in range(first, first + seconds):
            if paced:
                await asyncio.sleep(max(0.0, begun + (second - first) - time.monotonic()))
            found = reads(second, count, base + (second - first) * (1000 if paced else 20))
            await self.push(f"{second}", found)
            if second % AGAIN == 0:
                await self.push(f"{second}/again", found)


async def case(name: str, dsn: str, folder: Path, rate: int, seconds: int, *, paced: bool) -> dict[str, float | str]:
    hub, url = await asyncio.to_thread(start, dsn, folder)
    per, total = rate // DEVICES, rate // DEVICES * DEVICES * seconds
    try:
        async with aiohttp.ClientSession() as session:
            gates = [Gate(session, url, n) for n in range(DEVICES)]
            cpu, begun = cpu_seconds(hub.pid), time.perf_counter()
            await asyncio.gather(*(gate.run(0, seconds, per, paced=paced) for gate in gates))
            elapsed = await asyncio.to_thread(wait_for, dsn, total, begun)
            cpu, rss = cpu_seconds(hub.pid) - cpu, peak_rss_mb(hub.pid)
        took = sorted(ms for gate in gates for ms in gate.took)
        rows, distinct, merged = count(dsn)
    finally:
        hub.send_signal(signal.SIGTERM)
        await asyncio.to_thread(hub.wait, 25)
    read = len(reads(0, per, 0)) * DEVICES * seconds
    return {
        "bench": "passages", "case": name, "passages": total, "passages_per_s": round(total / elapsed),
        "reads_per_s": round(read / elapsed), "answer_p50_ms": round(took[len(took) // 2], 1),
        "answer_p99_ms": round(took[int(len(took) * 0.99)], 1), "cpu_ms_per_passage": round(cpu / total * 1000, 3),
        "cpu_percent_of_a_core": round(100 * cpu / elapsed, 1), "rss_mb": round(rss, 1), "lost": total - distinct,
        "doubled": rows - distinct, "reads_missed": read - merged,
    }  # fmt: skip


def wait_for(dsn: str, total: int, begun: float) -> float:
    """Return the seconds until the database has that many passages, or until it is given up."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        while (now := time.perf_counter()) - begun < LONGEST_S + 60:
            with contextlib.suppress(psycopg.errors.UndefinedTable):  # the hub is still making its tables
                row = connection.execute("select count(*) from v_passage").fetchone()
                if row is not None and row[0] >= total:
                    break
            time.sleep(0.05)
    return now - begun


def count(dsn: str) -> tuple[int, int, int]:
    """Return rows, different vehicles, and the reads that were merged into them."""
    query = (
        "select count(*), count(distinct (device_id, lane, substr(plate, 3), date_bin('40 s', time, '1970-01-01Z'))),"
        " coalesce(sum(reads), 0) from passage"
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0], row[1], int(row[2])


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.chmod(place, 0o755)
        for name, paced in (("steady", True), ("ceiling", False)):
            postgres = EmbeddedPostgres(place / name / "database")
            dsn = await postgres.start()
            try:
                home = place / name / "home"
                home.mkdir()
                made = await case(name, dsn, home, options.rate, options.seconds, paced=paced)
                print(json.dumps(made), flush=True)
            finally:
                await postgres.stop()


if __name__ == "__main__":
    asyncio.run(main())
