"""March and April 2023: the published figures come out exactly, and the seven-fold comparison is flagged."""

import asyncio
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from adapters.base import FigureValue
from adapters.timescale.connections import opened
from adapters.timescale.figures import figure
from adapters.timescale.hours import EventHour, Heard, PointHour, load_hours
from adapters.timescale.migrate import migrate
from adapters.timescale.names import row_ids
from drivers import REGISTRY
from hub.cli.db import sample as sample_command
from hub.cli.report import month as month_command
from hub.cli.sample import Sample
from hub.config import load, shipped
from hub.model import SECOND, DeviceEvent, Site, StorageError
from hub.model.clock import from_iso
from hub.wire.copy import encode_readings
from simulators.months import SERIES, Minute, minutes
from tests.integration.store.harness import NOW, reading, running

pytestmark = pytest.mark.database
PROVINCE = shipped() / "sites" / "thai-nguyen"
MAY = from_iso("2023-05-01T00:00:00+07:00")


Months = tuple[Site, list[EventHour], list[PointHour], list[Heard]]


@pytest.fixture(scope="module")
def months() -> Months:
    """The site with the devices of its figures alone, and its two months; drawn once, for they are 1.8 million."""
    site = load(PROVINCE, REGISTRY)
    wanted = {device for spec in site.figures for device in spec.devices}
    site = replace(site, devices={name: d for name, d in site.devices.items() if name in wanted}, rules=())
    sample = Sample(site)
    return site, list(sample.events()), list(sample.points()), list(sample.heard())


async def loaded(dsn: str, months: Months) -> int:
    async with opened(dsn) as connection:
        return await load_hours(connection, await migrate(connection), *months)


async def published(dsn: str, site: Site) -> dict[str, FigureValue]:
    async with opened(dsn) as connection:
        return {spec.id: await figure(connection, site, spec, MAY) for spec in site.figures}


async def test_the_figures_of_april_2023_come_out_exactly_and_the_seven_fold_one_is_flagged(
    empty: str, months: Months
) -> None:
    site = months[0]
    assert await loaded(empty, months) > 15_000
    made = await published(empty, site)
    values = {name: (f.value, f.previous, f.ratio, f.comparable, f.reason) for name, f in made.items()}
    assert values == {
        "citizen-reports": (2387.0, 2214.0, 1.07813911472, True, ""),
        "violating-vehicles": (19_347.0, 18_726.0, 1.03316244793, True, ""),
        "expressway-vehicles": (1_604_218.0, 229_174.0, None, False, "coverage_low"),
    }
    road = made["expressway-vehicles"]
    assert road.value is not None
    assert road.previous is not None
    assert road.value / road.previous == 7.0, "what was said of it, and what must not be said"
    assert (road.coverage, road.previous_coverage) == (0.993055555556, 0.142473118280)
    assert made["violating-vehicles"].coverage == 0.991666666667
    assert (from_iso(road.start), from_iso(road.end)) == (from_iso("2023-04-01T00:00:00+07:00"), MAY)
    assert await published(empty, site) == made, "twice the same, hashes included"
    with pytest.raises(StorageError, match="already"):
        await loaded(empty, months)


async def test_what_is_loaded_is_what_the_hub_would_have_made_of_the_same_minutes(
    tmp_path: Path, empty: str, counterpart: str, months: Months
) -> None:
    """Half of the first day that a radar counted, and the violations of those hours, through spool and roll-ups.

    The hub takes no readings that it would delete again, so it is told the same hours of last week.
    """
    site = months[0]
    start, end = datetime(2023, 3, 27, 7, tzinfo=UTC), datetime(2023, 3, 27, 19, tzinfo=UTC)
    ids, later = row_ids(site), timedelta(days=(NOW // SECOND - int(start.timestamp())) // 86_400 - 7)
    await loaded(empty, months)
    async with running(tmp_path, counterpart, site) as store:
        road = next(s for s in SERIES if s.figure == "expressway-vehicles")
        lane = [m for m in islice(minutes(road), 4 * 60 * 12) if m.device == 0]
        radar = next(spec for spec in site.figures if spec.id == road.figure).devices[0]
        told = [
            reading(n * 60.0, _ns(m, later) + SECOND, point=f"{radar}/{name}")
            for m in lane
            for name, n in m.counts.items()
        ]
        for first in range(0, len(told), 500):
            part = told[first : first + 500]
            body = encode_readings(part, [ids[r.point] for r in part])
            await store.spool_body("reading", body, len(part), part[0].time, part[-1].time)
        crime = next(s for s in SERIES if s.figure == "violating-vehicles")
        for minute in (m for m in minutes(crime) if start <= m.at < end and any(m.counts.values())):
            await store.spool_events(
                [e for word, n in minute.counts.items() for e in _violations(_ns(minute, later), word, n)]
            )
        await store.stored()
        await store.adapter.roll_up()
        theirs = await _hours(counterpart, site, radar, start, end, later)
    ours = await _hours(empty, site, radar, start, end, timedelta(0))
    assert len(ours[0]) == 12 * 5
    assert ours[0] == theirs[0]
    assert ours[1] == theirs[1]
    assert ours[1]


def _ns(minute: Minute, later: timedelta) -> int:
    return int((minute.at + later).timestamp()) * SECOND


def _violations(at: int, word: str, n: int) -> Sequence[DeviceEvent]:
    return [
        DeviceEvent("cam-plate-1", "traffic.violation", {"class": word}, at + k, at + k, f"{at}/{word}/{k}")
        for k in range(n)
    ]


async def _hours(
    dsn: str, site: Site, radar: str, start: datetime, end: datetime, later: timedelta
) -> tuple[list[Any], list[Any]]:
    points = (
        "select time - %s, point, count, min, max, mean, last, text, good_share, worst_quality from v_reading_1h"
        " where site = %s and device = %s and time >= %s and time < %s order by 1, 2"
    )
    events = (
        "select time - %s, device, kind, class, count from v_event_1h where site = %s and time >= %s and time < %s"
        " and kind = 'traffic.violation' order by 1, 4"
    )
    span = (start + later, end + later)
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        await connection.execute("set timezone = 'UTC'")
        first = await (await connection.execute(points, (later, site.id, radar, *span))).fetchall()
        return first, await (await connection.execute(events, (later, site.id, *span))).fetchall()


async def test_the_commands_load_the_months_and_report_april_twice_in_the_same_bytes(
    tmp_path: Path, empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both commands as people give them, on a database of the site's own."""
    facts = dict(part.split("=", 1) for part in empty.split())
    place = f"postgresql://{facts['user']}@/{facts['dbname']}?host={facts['host']}"
    site = tmp_path / "site"
    shutil.copytree(PROVINCE, site)
    text = (site / "site.yaml").read_text(encoding="utf-8").replace("url: embedded", f"url: '{place}'")
    (site / "site.yaml").write_text(text, encoding="utf-8")
    await asyncio.to_thread(sample_command, site, tmp_path)
    for name in ("one", "two"):
        await asyncio.to_thread(month_command, site, "2023-04", tmp_path, tmp_path / name)
    files = sorted(p.name for p in (tmp_path / "one").iterdir())
    assert files == ["thai-nguyen-2023-04.csv", "thai-nguyen-2023-04.en.html", "thai-nguyen-2023-04.vi.html"]
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    page = (tmp_path / "one" / files[2]).read_text(encoding="utf-8")
    assert all(number in page for number in ("2.387", "19.347", "1.604.218", "229.174", "14,2 %"))
    assert page.count("<svg") == 3
    said = capsys.readouterr().out
    assert said.count("sha256") == 6
