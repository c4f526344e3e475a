"""The questions that consoles and reports ask, at size, and how quickly rows get in beside `psql \\copy`.

`python -m bench.queries [--rows N]`: an embedded server is filled with N readings (5 M; 50 M take ten minutes), 1.6 M
passages of a month and 500,000 journal records; one JSON line a question, and one for writing.
"""

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from struct import Struct

import psycopg

from adapters.timescale import EmbeddedPostgres, TimescaleAdapter
from adapters.timescale.binaries import find_binaries
from adapters.timescale.connections import opened
from adapters.timescale.housekeeping import read_tables
from adapters.timescale.migrate import migrate
from adapters.timescale.names import row_ids, write_names
from adapters.timescale.rollups import roll_up
from adapters.timescale.rows import MICROSECOND, instant
from hub.journal import Journal
from hub.model import DAY, HOUR, MINUTE, SECOND, Lane, SystemClock
from hub.spool import Rows, Spool
from hub.wire.copy import EPOCH, HEADER, TRAILER
from tests.support.sites import a_device, a_point, a_site

POINTS = 50_000
FAST = 8
"""Points at 1 Hz for a day; the rest of the rows belong to the others."""
PASSAGES, JOURNALED = 1_600_000, 500_000
CROSSINGS, CLASSES = 12, ("car", "motorcycle", "truck", "bus", "bicycle")
WRITTEN = 300_000
ROUNDS = 40
ROW = Struct(">hiqidiqiihi").pack
COPY = "copy {} (time, value, point_id, lag_ms, quality, text) from stdin (format binary)"

SITE = a_site(
    [a_device(f"d{d}", [a_point(f"d{d}", f"p{p}") for p in range(500)]) for d in range(POINTS // 500)]
    + [a_device(f"c{c}", []) for c in range(CROSSINGS)]
)
LATEST = "select point_id, time, value, quality from point_state"
MONTH = """
select date_bin('1 hour', time, '2000-01-01Z'), class, sum(count) from v_event_1h
where site = 'test' and kind = 'traffic.passage' and time >= %s and time < %s group by 1, 2 order by 1, 2
"""


def rows(points: list[int], start: int, step: int, count: int) -> bytes:
    """Return `count` readings of each point, `step` ns apart, in the order of time, as binary COPY rows."""
    pack, dice = ROW, random.Random(start)
    parts = []
    for n in range(count):
        at = (start + n * step) // MICROSECOND - EPOCH
        parts += [pack(6, 8, at, 8, dice.random(), 8, p, -1, 2, 0, -1) for p in points]
    return b"".join(parts)


async def fill(dsn: str, total: int, now: int) -> None:
    """Fill every table, over two connections."""
    async with opened(dsn) as connection, opened(dsn) as other:
        flavour = await migrate(connection)
        await write_names(connection, SITE)
        tables = await read_tables(connection, {})
        for table in tables.values():
            await flavour.cover(connection, table, [instant(now - n * DAY) for n in range(-1, 33)])
        await asyncio.gather(fill_readings(connection, total, now), fill_others(other, now))
        await due(connection, now)
        await roll_up(connection, flavour, tables, now)
        await asyncio.gather(connection.execute("vacuum analyze reading"), other.execute("vacuum analyze passage"))
        await connection.execute("vacuum analyze")


async def fill_readings(connection: psycopg.AsyncConnection, total: int, now: int) -> None:
    """Fill the readings of a day by COPY."""
    ids, begin = list(row_ids(SITE).values()), now - DAY
    others = ids[FAST:POINTS]
    rounds = max(1, (total - FAST * 86_400) // len(others))
    async with connection.cursor() as cursor, cursor.copy(COPY.format("reading")) as copy:
        await copy.write(HEADER)
        for hour in range(24):
            await copy.write(rows(ids[:FAST], begin + hour * HOUR, SECOND, 3600))
        for n in range(rounds):
            await copy.write(rows(others, begin + n * (DAY // rounds), SECOND, 1))
        await copy.write(TRAILER)


async def due(connection: psycopg.AsyncConnection, now: int) -> None:
    """Let the points that are asked for, and the passages, be rolled up."""
    spans = [(1, now - DAY, now - MINUTE, p) for p in list(row_ids(SITE).values())[:FAST]]
    spans += [(1, now - MINUTE, now, None), (3, now // HOUR * HOUR - 31 * DAY, now // HOUR * HOUR, None)]
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "insert into rollup_due (level, t_from, t_to, point_id) values (%s, %s, %s, %s)",
            [(level, instant(a), instant(b), point) for level, a, b, point in spans],
        )


async def fill_others(connection: psycopg.AsyncConnection, now: int) -> None:
    """Fill the latest values, passages and the journal inside the server."""
    await connection.execute("select setseed(0.5)")
    await connection.execute(
        "insert into point_state (point_id, time, value, quality) select id, now(), random(), 0 from point"
    )
    await connection.execute(
        "insert into passage (time, last, id, device_id, revision, reads, place, lane, plate_kind, class, speed)"
        " select at, at, n, c.ids[1 + n %% %s], 1, 1, 'c', '1', 'civil', (%s::text[])[1 + floor(random() * 5)::int],"
        " 30 + n %% 40"
        " from generate_series(0, %s - 1) n, (select array_agg(id) ids from device where name like 'c%%') c,"
        " lateral (select %s::timestamptz + n * (interval '30 days' / %s) as at) t",
        (CROSSINGS, list(CLASSES), PASSAGES, instant(now - 30 * DAY), PASSAGES),
    )
    await connection.execute(
        "insert into journal (journal_id, seq, site, at, kind, device, category, alarm, body)"
        " select '00000000-0000-0000-0000-000000000001', n, 'test', now() - n * interval '10 s', 'transition',"
        " 'd' || n %% 100, 'fault', 'lost:d' || n %% 100, jsonb_build_object('n', n, 'text', 'a transition')"
        " from generate_series(1, %s) n",
        (JOURNALED,),
    )


async def measured(name: str, ask: Callable[[int], Awaitable[int]]) -> None:
    """Ask again and again; print what 95 of 100 answers needed, in milliseconds."""
    took, found = [], await ask(0)
    for n in range(ROUNDS):
        begun = time.perf_counter()
        await ask(n)
        took.append((time.perf_counter() - begun) * 1000)
    took.sort()
    p95 = took[int(len(took) * 0.95)]
    line = {
        "bench": "queries",
        "case": name,
        "rows": found,
        "p50_ms": round(statistics.median(took), 1),
        "p95_ms": round(p95, 1),
    }
    print(json.dumps(line), flush=True)


async def questions(dsn: str, adapter: TimescaleAdapter, now: int) -> None:
    """Ask what consoles and reports ask."""
    points = list(SITE.points)[:FAST]
    async with opened(dsn) as connection:

        async def latest(_n: int) -> int:
            # Binary rows into the server's own buffers; what is made of 50,000 rows afterwards is the reader's affair.
            async with connection.cursor(binary=True) as cursor:
                await cursor.execute(LATEST, prepare=True)
                return cursor.rowcount

        async def trend(n: int) -> int:
            return len(await adapter.history(points[n % FAST], now - DAY, now, 1000))

        async def month(n: int) -> int:
            end = instant(now // HOUR * HOUR)
            cursor = await connection.execute(MONTH, (end - timedelta(days=30, hours=n % 3), end))
            return len(await cursor.fetchall())

        async def page(n: int) -> int:
            match = {"device": f"d{n % 100}"} if n % 2 else {}
            return len(await adapter.journal(before=JOURNALED - n * 5000, limit=100, match=match))

        await measured("latest value of 50,000 points", latest)
        await measured("one point over 24 h in 1,000 slices", trend)
        await measured("a month of 1.6 M passages by hour and class", month)
        await measured("a page of the journal", page)


async def writing(dsn: str, state: Path, now: int) -> None:
    """Store the same rows from the spool and by `psql \\copy`, one connection each, in turn."""
    ids = list(row_ids(SITE).values())[:5000]
    ratios = []
    for turn in range(3):
        start = now - 20 * MINUTE + turn * MINUTE
        bodies = [rows(ids, start + n * 100_000_000, 1, 1) for n in range(WRITTEN // len(ids))]
        ours = await from_spool(dsn, state / f"w{turn}", bodies, start)
        bare = await asyncio.to_thread(by_psql, dsn, state, bodies)
        ratios.append((bare / ours, WRITTEN / ours, WRITTEN / bare))
    ratio, ours_s, bare_s = sorted(ratios)[1]
    line = {"rows_per_s": round(ours_s), "psql_rows_per_s": round(bare_s), "writer_to_psql": round(ratio, 2)}
    print(json.dumps({"bench": "queries", "case": "writer", **line}), flush=True)


async def from_spool(dsn: str, state: Path, bodies: list[bytes], start: int) -> float:
    """Return the seconds in which the store brought spooled rows into the database."""
    state.mkdir()
    spool, journal = Spool(state / "spool.db"), Journal(state / "journal.db", reserve_bytes=0)
    per = WRITTEN // len(bodies)
    for n, body in enumerate(bodies):
        at = start + n * 100_000_000
        spool.append(Rows("reading", Lane.LIVE, per, at, at, body))
    await spool.flushed()
    adapter = TimescaleAdapter(SITE, spool=spool, journal=journal, changed=list, clock=SystemClock(), dsn=dsn)
    running = asyncio.create_task(adapter.run())
    while not adapter.connected and adapter.rows["reading"] == 0:
        await asyncio.sleep(0.001)
    begun = time.perf_counter()
    assert await adapter.drain(120)
    took = time.perf_counter() - begun
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await adapter.close()
    spool.close()
    journal.close()
    return took


def by_psql(dsn: str, state: Path, bodies: list[bytes]) -> float:
    """Return the seconds of `psql \\copy` of a file of the same rows."""
    file = state / "rows.bin"
    file.write_bytes(HEADER + b"".join(bodies) + TRAILER)
    statement = f"\\copy reading (time, value, point_id, lag_ms, quality, text) from '{file}' with (format binary)"
    begun = time.perf_counter()
    subprocess.run([find_binaries() / "psql", dsn, "-qc", statement], check=True)
    return time.perf_counter() - begun


async def run(total: int) -> None:
    """Fill, ask, write."""
    now = SystemClock().now() // MINUTE * MINUTE
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        server = EmbeddedPostgres(state, settings={"fsync": "off", "max_wal_size": "4GB"})
        try:
            dsn = await server.start()
            begun = time.perf_counter()
            await fill(dsn, total, now)
            print(f"filled in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
            spool, journal = Spool(state / "spool.db"), Journal(state / "journal.db", reserve_bytes=0)
            adapter = TimescaleAdapter(SITE, spool=spool, journal=journal, changed=list, clock=SystemClock(), dsn=dsn)
            await questions(dsn, adapter, now)
            await adapter.close()
            await writing(dsn, state, now)
            spool.close()
            journal.close()
        finally:
            await server.stop()


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    asyncio.run(run(parser.parse_args().rows))


if __name__ == "__main__":
    main()
