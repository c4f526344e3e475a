"""The starter site and its tour: quiet by themselves, and the tour makes exactly the expected alarms."""

from collections.abc import Collection

import pytest

from drivers import REGISTRY
from hub.config import load, shipped
from hub.model import MINUTE, SECOND, DeviceState, ManualClock, Quality, Reading, Reason, Site, Transition, Value
from rules import Engine
from simulators.fleet import Fleet
from simulators.player import Player
from simulators.scenario import load as load_scenario
from tests.unit.simulators.site import START


@pytest.fixture(scope="module")
def site() -> Site:
    return load(shipped() / "sites" / "starter", REGISTRY)


class Watch:
    """Shows the rules what the devices truly are, and when a silent one would count as offline."""

    def __init__(self, fleet: Fleet, devices: Collection[str] | None = None) -> None:
        self.fleet = fleet
        self._points = [p.id for p in fleet.site.points.values() if devices is None or p.device in devices]
        self.engine = Engine(fleet.site)
        self.raised: list[tuple[str, int]] = []
        self._silent: dict[str, int] = {}

    def look(self, now: int) -> None:
        readings = [self._reading(point, now) for point in self._points]
        changes: list[Transition] = self.engine.step([r for r in readings if r.value is not None], now)
        self.raised += [(t.alarm, now - START) for t in changes if t.input == "raise"]

    def _reading(self, point: str, now: int) -> Reading:
        return Reading(point, self._value(point, now), Quality.GOOD, Reason.NONE, None, now, 0)

    def _value(self, point: str, now: int) -> Value | None:
        known = self.fleet.site.points[point]
        if known.address is not None:
            return self.fleet.process.value(known, now)
        if known.kind != "$health":
            return None
        device = self.fleet.site.devices[known.device]
        if not self.fleet.faults.any_of(device.id, "silence"):
            self._silent.pop(device.id, None)
            return DeviceState.ONLINE.value
        since = self._silent.setdefault(device.id, now)
        return (DeviceState.OFFLINE if now - since >= (device.silent_after or 0) else DeviceState.ONLINE).value


def test_a_quiet_day_raises_no_alarm(site: Site) -> None:
    watch = Watch(Fleet(site))
    for step in range(24 * 12):
        watch.look(START + step * 5 * MINUTE)
    assert watch.raised == []


def test_the_tour_raises_exactly_what_it_promises_in_time(site: Site) -> None:
    clock = ManualClock(START)
    fleet = Fleet(site, clock=clock)
    tour, watch = load_scenario(site, "tour"), Watch(fleet)
    player = Player(tour, fleet, clock)
    assert tour.loop is not None
    for _ in range(tour.loop // SECOND):
        player.step()
        watch.look(clock.now())
        clock.advance(SECOND)
    when = dict(watch.raised)
    promised = {e.alarm: e.until for e in tour.expect}
    assert set(when) == set(promised)
    assert all(when[alarm] <= promised[alarm] for alarm in promised)
    assert promised["fire:panel-market/z07.alarm"] <= 30 * SECOND


async def test_every_device_of_the_starter_site_is_on_the_wire(site: Site) -> None:
    fleet = Fleet(site, clock=ManualClock(START))
    where = await fleet.start()
    redirected = fleet.redirected(site)
    await fleet.stop()
    assert set(where) == set(site.devices)
    assert not fleet.missing
    panel = redirected.devices["panel-market"].connection
    assert (panel.host, panel.port) == where["panel-market"]
    sensor = redirected.devices["smoke-kitchen"].connection
    assert (sensor.port, sensor.version, sensor.topic) == (where["smoke-kitchen"][1], "3.1.1", "zigbee2mqtt/{device}")
    assert sensor.password.get_secret_value()
