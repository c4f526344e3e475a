"""Every shipped feed on the wire, read back by a client that is not ours and by the driver; silence is noticed."""

import asyncio
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from drivers.http.driver import HttpDriver
from drivers.runner import bind
from hub.model import DeviceState, ManualClock, Site, one_by_one
from hub.model.scaling import to_engineering
from hub.wire.persons import person_field
from simulators.fleet import Fleet
from tests.integration.simulators.test_drivers import Road
from tests.unit.simulators.site import START
from tests.unit.simulators.test_profiles import PROFILES, site_of

FEEDS = [p for p in PROFILES if p.startswith("feeds/") and not p.endswith("-csv")]


async def document(fleet: Fleet, path: str) -> Any:
    """Ask the simulator with the standard library's client."""
    where = fleet.where["device"]
    url = f"http://{where.host}:{where.port}{path}"

    def ask() -> bytes:
        with urllib.request.urlopen(url, timeout=5) as answer:
            body: bytes = answer.read()
            return body

    return json.loads(await asyncio.to_thread(ask))


@pytest.mark.parametrize("profile", FEEDS)
async def test_a_feed_is_served_and_read_back_point_by_point(profile: str, tmp_path: Path) -> None:
    site = site_of(profile, tmp_path)
    fleet = Fleet(site, clock=ManualClock(START))
    await fleet.start()
    device = fleet.redirected(site).devices["device"]
    driver = HttpDriver([bind(device)])
    try:
        assert person_field(await document(fleet, device.connection.path)) is None
        await driver.open()
        samples = {s.point: s for s in one_by_one(await driver.read(bind(device).points))}
        points = [p for p in device.points if p.address is not None]
        assert len(points) == len(samples) >= 2
        for point in points:
            seen = samples[point.id]
            assert seen.value is not None, (point.id, seen.reason)
            assert to_engineering(point, seen.value) == fleet.get(point.id), point.id
    finally:
        await driver.close()
        await fleet.stop()


async def test_reports_come_once_open_and_once_closed(tmp_path: Path) -> None:
    site = site_of("feeds/citizen-reports", tmp_path)
    fleet = Fleet(site, clock=ManualClock(START))
    await fleet.start()
    driver = HttpDriver([bind(fleet.redirected(site).devices["device"])], ManualClock(START))
    try:
        await driver.open()
        kept = await driver.kept("device")
        assert kept is not None
        assert kept.intake is not None
        kinds = [event.kind for event in kept.intake.events]
        assert (kinds.count("report.citizen"), kinds.count("report.closed")) == (4, 1)
        assert all(
            set(e.attributes) == {"id", "area", "category", "opened", "due", "closed"} for e in kept.intake.events
        )
        await kept.settle()
        assert await driver.kept("device") is None
    finally:
        await driver.close()
        await fleet.stop()


def quick(site: Site) -> Any:
    device = site.devices["device"]
    points = tuple(replace(p, interval=None) for p in device.points)
    return replace(device, points=points, interval=20_000_000, timeout=200_000_000)


@pytest.mark.parametrize("fault", ["silence", "cut", "exception", "half_frames", "garbage"])
async def test_a_feed_that_falls_silent_or_talks_nonsense_is_noticed(fault: str, tmp_path: Path) -> None:
    road = Road(quick(site_of("feeds/public-services", tmp_path)))
    await road.start()
    try:
        await road.ledger.until(lambda: road.ledger.health.get("device") is DeviceState.ONLINE)
        road.fleet.fault("device", fault)
        unwell = DeviceState.DEGRADED if fault in ("half_frames", "garbage") else DeviceState.OFFLINE
        await road.ledger.until(lambda: road.ledger.health["device"] is unwell)
        road.fleet.heal("device")
        await road.ledger.until(lambda: road.ledger.health["device"] is DeviceState.ONLINE)
    finally:
        await road.stop()
