"""Readings through normalise → rules → state → spool on one core, no network: readings per second.

The limit measured beside it is the bare spool: the same rows, already encoded, into the same SQLite file.
"""

import asyncio
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from hub.alarming import Alarming
from hub.health import Health
from hub.intake import Road
from hub.journal import Journal
from hub.model import Intake, Sample, SystemClock
from hub.spool import Rows, Spool
from hub.state import State
from hub.stream import Stream
from rules import Engine
from tests.support.sites import a_rule, a_site, many

POINTS = 1_000
BATCH = 100
SECONDS = 8.0


def _samples(round_: int) -> list[list[Sample]]:
    now = time.time_ns()
    points = [f"d{n}/p0" for n in range(POINTS)]
    whole = [Sample(p, 20.0 + (round_ + n) % 17 / 10, now) for n, p in enumerate(points)]
    return [whole[i : i + BATCH] for i in range(0, POINTS, BATCH)]


async def road(folder: Path) -> dict[str, float]:
    """Push batches down the road for SECONDS, waiting for the spool like a source with a window of 2,000."""
    clock = SystemClock()
    site = a_site(many(POINTS), [a_rule("hot", "env.temperature", "above", 60.0, deadband=2.0)])
    stream = Stream("bench")
    journal, spool = Journal(folder / "journal.db"), Spool(folder / "spool.db")
    health = Health(list(site.devices), clock.now())
    state = State(site, stream, health.last_heard)
    alarming = Alarming(Engine(site), journal, lambda _records: None, clock)
    road_ = Road(site, alarming=alarming, journal=journal, spool=spool, state=state, health=health, clock=clock)
    window = asyncio.Semaphore(2_000 // BATCH)
    sent, round_ = 0, 0
    cpu, begun = time.process_time(), time.perf_counter()
    batches = [_samples(r) for r in range(17)]
    cpu, begun = time.process_time(), time.perf_counter()
    while time.perf_counter() - begun < SECONDS:
        for samples in batches[round_ % 17]:
            await window.acquire()
            road_.take(Intake(samples, release=window.release))
            sent += len(samples)
        round_ += 1
        spool.trim(spool.last_seq - 200)
    await spool.flushed()
    took, burnt = time.perf_counter() - begun, time.process_time() - cpu
    spool.close()
    journal.close()
    return {"readings_per_s": sent / took, "cpu_us_per_reading": burnt / sent * 1e6}


async def bare(folder: Path) -> dict[str, float]:
    """Push the same bytes into the spool alone."""
    spool = Spool(folder / "bare.db")
    window = asyncio.Semaphore(2_000 // BATCH)
    body = bytes(70 * BATCH)
    sent, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < SECONDS / 2:
        await window.acquire()
        spool.append(Rows("reading", 2, BATCH, 0, 0, body), window.release)  # type: ignore[arg-type]
        sent += BATCH
        if not sent % 100_000:
            spool.trim(spool.last_seq - 200)
    await spool.flushed()
    took = time.perf_counter() - begun
    spool.close()
    return {"rows_per_s": sent / took}


def main() -> int:
    """Run both and print one JSON line a figure."""
    with tempfile.TemporaryDirectory() as folder:
        limit = uvloop.run(bare(Path(folder)))
        ours = uvloop.run(road(Path(folder)))
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ratio = ours["readings_per_s"] / limit["rows_per_s"]
    figures = {"bench": "road", **ours, "bare_spool_rows_per_s": limit["rows_per_s"], "ratio": ratio, "rss_mib": rss}
    print(json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in figures.items()}))
    return 0 if ours["readings_per_s"] >= 100_000 else 1


if __name__ == "__main__":
    sys.exit(main())
