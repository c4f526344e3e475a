"""The spool by itself and under too much: write and read back, start after a crash, memory, alarms, replay.

`python -m bench.spool [CASE…]`: one JSON line a case. Beside `through` stands the limit of the same run, the same bytes
through a bare SQLite file with as many rows a commit.
"""

import asyncio
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import uvloop

from bench.spool_site import BATCH, House
from hub.batches import Rows
from hub.batchfile import Entry
from hub.model import DeviceEvent, Intake, Lane, Quality, Reading, Reason, Sample
from hub.spool import Spool
from hub.wire.copy import encode_readings
from tests.integration.store.harness import IDS, running
from tests.support import postgres

WINDOW = 40
THROUGH_S, OVERLOAD_S = 5.0, 8.0
GIBIBYTE = 1 << 30
REPLAYED, ARRIVING = 500_000, 5_000
ALARM_EVERY_S = 0.05


def _rows(lane: Lane = Lane.LIVE) -> Rows:
    now = time.time_ns()
    readings = [Reading("p", n / 7, Quality.GOOD, Reason.NONE, None, now, n) for n in range(BATCH)]
    return Rows("reading", lane, BATCH, now, now, encode_readings(readings, range(BATCH)))


async def through(folder: Path) -> dict[str, float]:
    """Write batches and read each back, as an outage and the replay after it do, for THROUGH_S."""
    spool, rows = Spool(folder / "spool.db"), _rows()
    window, written, read, at = asyncio.Semaphore(WINDOW), 0, 0, 0
    cpu, begun = time.process_time(), time.perf_counter()
    while time.perf_counter() - begun < THROUGH_S:
        await window.acquire()
        spool.append(rows, window.release)
        written += BATCH
    await spool.flushed()
    while batches := spool.read(at):
        at, read = batches[-1].seq, read + sum(batch.n for batch in batches)
        spool.trim(at)
    await spool.flushed()
    took, burnt = time.perf_counter() - begun, time.process_time() - cpu
    spool.close()
    limit = _bare(folder, rows.body)
    rate = read / took
    return {
        "readings_per_s": rate, "cpu_us_per_reading": burnt / read * 1e6, "lost": written - read,
        "bare_per_s": limit, "ratio": rate / limit,
    }  # fmt: skip


def _bare(folder: Path, body: bytes) -> float:
    """Return rows a second through a bare file: the same pragmas, the window's worth of rows a commit."""
    file = sqlite3.connect(folder / "bare.db", isolation_level=None)
    file.executescript(
        "pragma journal_mode=wal; pragma synchronous=full; create table batch(seq integer primary key, body)"
    )
    begun, n = time.perf_counter(), 0
    while time.perf_counter() - begun < THROUGH_S / 2:
        file.execute("begin immediate")
        file.execute("insert into batch(body) values (?)", (body * (WINDOW // 2),))
        file.execute("commit")
        n += BATCH * WINDOW // 2
    for _ in file.execute("select seq, body from batch order by seq"):
        pass
    return n / (time.perf_counter() - begun)


async def fill(folder: Path, size: int) -> None:
    """Leave a spool of `size` bytes behind and die without a word."""
    spool, held = Spool(folder / "spool.db"), 0
    body = _rows().body * 20
    rows = Rows("reading", Lane.LIVE, BATCH * 20, time.time_ns(), time.time_ns(), body)
    while held < size:
        spool.append(rows)
        held += len(body)
        if spool.file.pending > BATCH * 20 * 50:
            await spool.flushed()
    await spool.flushed()
    os._exit(0)


async def first_alarm(folder: Path) -> dict[str, float]:
    """Start on what `fill` left and raise a fire: seconds from nothing to its alarm, journaled and heard."""
    heard = asyncio.Event()
    begun = time.perf_counter()
    house = House(folder, lambda _transition: heard.set())
    house.fire(True)
    await asyncio.wait_for(heard.wait(), 60)
    took = time.perf_counter() - begun
    held = house.spool.held.bytes
    house.close()
    return {"s_to_first_alarm": took, "spool_mb": held / (1 << 20)}


def start(folder: Path) -> dict[str, float]:
    """Measure a start after a crash with 1 GiB of spool, in a process of its own."""
    _alone("fill", folder)
    return _alone("first_alarm", folder)


def _alone(what: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.spool", f"--{what}", str(folder)]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=120).stdout
    figures: dict[str, float] = json.loads(said.splitlines()[-1]) if said else {}
    return figures


async def overload(folder: Path) -> dict[str, float]:
    """Let a disk carry a third of what arrives while a fire comes and goes: how late its alarms are, what is lost."""
    waiting: list[float] = []
    late: list[float] = []
    house = House(folder, lambda _transition: late.append(time.perf_counter() - waiting.pop(0)))
    blocks = {name: [Sample(f"{name}/p{n}", float(n), None) for n in range(BATCH)] for name in ("bulk", "live")}
    sustained = await _sustained(house, blocks["live"])
    _slow(house.spool, sustained / 6)
    begun, offered, fires, next_fire = time.perf_counter(), 0, 0, 0.0
    while (elapsed := time.perf_counter() - begun) < OVERLOAD_S:
        if elapsed >= next_fire:
            next_fire += ALARM_EVERY_S
            fires += 1
            waiting.append(time.perf_counter())
            house.fire(fires % 2 == 1)
        if offered < elapsed * sustained / 2:
            for samples in blocks.values():
                house.road.take(Intake(samples))
            house.road.take(Intake([], events=_passages()))
            offered += 2 * BATCH + BATCH // 5
        await asyncio.sleep(0)
    await asyncio.wait_for(house.journal.flushed(), 30)
    lost = {lane.name.lower(): house.spool.dropped[lane] for lane in Lane}
    return {
        "alarm_p50_ms": _percentile(late, 50), "alarm_p99_ms": _percentile(late, 99), "alarms_lost": fires - len(late),
        "sustainable_per_s": sustained / 6, "offered_per_s": offered / OVERLOAD_S,
        "media_share_dropped": lost["media"] / (offered / 11), "bulk_share_dropped": lost["bulk"] / (offered / 2.2),
        "live_share_dropped": lost["live"] / (offered / 2.2), "never_dropped": lost["alarm"] + lost["life_safety"],
    }  # fmt: skip


def _passages() -> list[DeviceEvent]:
    now = time.time_ns()
    return [
        DeviceEvent("media", "traffic.passage", {"class": "car"}, None, now, lane=Lane.MEDIA) for _ in range(BATCH // 5)
    ]


def _slow(spool: Spool, rate: float) -> None:
    """Let the disk under a spool take so many records a second."""
    write = spool.file._write

    def slowly(connection: sqlite3.Connection, entries: Sequence[Entry]) -> Callable[[], None] | None:
        time.sleep(sum(entry.count for entry in entries) / rate)
        return write(connection, entries)

    spool.file._write = slowly


async def _sustained(house: House, samples: list[Sample]) -> float:
    """Return the readings a second that the road carries to the disk, with a window like a source that waits."""
    window, sent, begun = asyncio.Semaphore(8), 0, time.perf_counter()
    while time.perf_counter() - begun < 2.0:
        await window.acquire()
        house.road.take(Intake(samples, release=window.release))
        sent += len(samples)
    await house.spool.flushed()
    return sent / (time.perf_counter() - begun)


async def memory(folder: Path) -> dict[str, float]:
    """Let the disk refuse and every lane fill what may wait of it in memory, most of it in batches of one record."""
    house = House(folder, lambda _transition: None)

    def refuse(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:  # noqa: ARG001
        raise sqlite3.OperationalError("database or disk is full")

    house.spool.file._write = refuse
    for n in range(400_000):
        now = time.time_ns()
        body = encode_readings([Reading("p", n / 7, Quality.GOOD, Reason.NONE, None, now, n)], (n % 50_000,))
        house.spool.append(Rows("reading", Lane(n % 5), 1, now, now, body), must=False)
        if not n % 5_000:
            house.fire(n % 10_000 == 0)
            await asyncio.sleep(0)
    for n in range(3_000):
        house.spool.append(_rows(Lane(n % 5)), must=False)
    waiting = house.spool.in_flight
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rss_mb": peak, "waiting": waiting, "merged": house.spool.merged.total()}


async def replay(folder: Path) -> dict[str, float]:
    """Bring what an outage left to a database while 5,000 readings a second go on arriving: rows a second."""
    async with postgres.embedded({}) as server, running(folder, await server.start()) as store:
        await store.stored()
        await store.halt()
        points, now = list(IDS.items()), time.time_ns()
        for n in range(REPLAYED // BATCH):
            at = now + n * BATCH * 1000
            readings = [
                Reading(points[k % 4][0], k / 7, Quality.GOOD, Reason.NONE, None, at + k * 1000, k)
                for k in range(BATCH)
            ]
            body = encode_readings(readings, [points[k % 4][1] for k in range(BATCH)])
            store.spool.append(Rows("reading", Lane.LIVE, BATCH, at, at + BATCH * 1000, body))
        await store.spool.flushed()
        begun = time.perf_counter()
        store.run()
        arriving = asyncio.create_task(_arrive(store.spool))
        while store.adapter.rows["reading"] < REPLAYED:
            await asyncio.sleep(0.01)
        took = time.perf_counter() - begun
        arriving.cancel()
        await asyncio.gather(arriving, return_exceptions=True)
        return {"rows_per_s": REPLAYED / took, "times_the_arrival_rate": REPLAYED / took / ARRIVING}


async def _arrive(spool: Spool) -> None:
    while True:
        spool.append(_rows())
        await asyncio.sleep(BATCH / ARRIVING)


def _percentile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)] * 1000


def main() -> None:
    """Run the cases, each in a process of its own; print one JSON line each."""
    if sys.argv[1:2] and sys.argv[1].startswith("--"):
        _inner(sys.argv[1][2:], Path(sys.argv[2]))
        return
    for name in sys.argv[1:] or ("through", "start", "overload", "memory", "replay"):
        with tempfile.TemporaryDirectory(dir=os.environ.get("CITYWATCH_BENCH_DISK")) as folder:
            figures = start(Path(folder)) if name == "start" else _alone(name, Path(folder))
        print(json.dumps({"bench": "spool", "case": name} | {k: round(v, 3) for k, v in figures.items()}), flush=True)


def _inner(what: str, folder: Path) -> None:
    if what == "fill":
        uvloop.run(fill(folder, GIBIBYTE))
    cases = {"through": through, "first_alarm": first_alarm, "overload": overload, "memory": memory, "replay": replay}
    print(json.dumps(uvloop.run(cases[what](folder))), flush=True)
    os._exit(0)  # a writer whose disk refuses would be waited for


if __name__ == "__main__":
    main()
