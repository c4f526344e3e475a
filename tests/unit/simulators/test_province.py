"""The province: what it is made of, that a quiet day raises nothing, and that its tour raises what it promises."""

from collections import Counter

import pytest

from drivers import REGISTRY
from hub.config import inspect, shipped
from hub.model import MINUTE, SECOND, ManualClock, Site
from simulators.fleet import Fleet
from simulators.player import Player
from simulators.scenario import load as load_scenario
from tests.unit.simulators.site import START
from tests.unit.simulators.test_tour import Watch

FOLDER = shipped() / "sites" / "thai-nguyen"


@pytest.fixture(scope="module")
def site() -> Site:
    found, problems = inspect(FOLDER, REGISTRY)
    assert problems == []
    assert found is not None
    return found


def test_the_province_is_what_the_operations_centre_tells_of(site: Site) -> None:
    drivers = Counter(d.driver for d in site.devices.values())
    tags = Counter(tag for d in site.devices.values() for tag in d.tags)
    panels = [d for d in site.devices.values() if d.id.startswith("panel-")]
    feeds = {d.profile for d in site.devices.values() if d.driver == "http"}
    assert (drivers["onvif"], drivers["snmp"], drivers["mqtt"]) == (409, 40, 200)
    assert (tags["security"], tags["plates"]) == (7, 3)
    assert len(panels) == 12
    assert {d.driver for d in panels} == {"modbus", "opcua"}
    assert len({d.profile for d in panels}) >= 3
    assert len(feeds) >= 7


def test_every_camera_hangs_on_a_switch_that_leads_to_the_core(site: Site) -> None:
    def root(device: str) -> str:
        behind = site.devices[device].behind
        return device if behind is None else root(behind)

    assert {root(d.id) for d in site.devices.values() if d.driver == "onvif"} == {"sw-core"}


def test_every_device_and_zone_has_a_place_and_both_names(site: Site) -> None:
    assert [z.id for z in site.zones.values() if not z.at] == []
    assert [d.id for d in site.devices.values() if not (d.at or site.zones[d.zone].at)] == []
    assert [d.id for d in site.devices.values() if not (d.title.vi and d.title.en)] == []


def test_a_quiet_day_of_the_province_raises_no_alarm(site: Site) -> None:
    moving = {d.id for d in site.devices.values() if d.driver != "onvif"}  # what cameras tell stands still by itself
    watch = Watch(Fleet(site), moving)
    for n in range(16):
        watch.look(START + n * 90 * MINUTE)
    assert watch.raised == []


def test_the_tour_of_the_province_raises_exactly_what_it_promises_in_time(site: Site) -> None:
    clock = ManualClock(START)
    fleet = Fleet(site, clock=clock)
    tour = load_scenario(site, "tour")
    named = {m.point.split("/")[0] for s in tour.steps for m in s.moves} | {
        b.device for s in tour.steps for b in s.breaks
    }
    named |= {
        d.id for d in site.devices.values() if d.profile == "fire/en54-modbus"
    }  # they are watched by their heartbeat
    watch, player = Watch(fleet, named), Player(tour, fleet, clock)
    watch.look(clock.now())
    assert tour.loop is not None
    for _ in range(tour.loop // SECOND):
        player.step()
        watch.look(clock.now())
        clock.advance(SECOND)
    when = dict(watch.raised)
    promised = {f"{e.rule}:{e.point}": e.within for e in tour.expect}
    assert set(when) == set(promised)
    assert all(when[alarm] <= promised[alarm] for alarm in promised)
