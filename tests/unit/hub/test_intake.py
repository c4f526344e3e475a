"""The order of the road: normalise, rules, commit, release, publish; and what becomes of everything that comes in."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.model import (
    DAY,
    HOUR,
    SECOND,
    DeviceChange,
    DeviceEvent,
    DeviceState,
    Intake,
    Lane,
    Quality,
    Reading,
    Reason,
    Sample,
    Stray,
    SystemNote,
    Transition,
    point_id,
)
from tests.support.copyrows import split_rows
from tests.unit.hub.house import FIRE, HOT, House, house

ZONE, TEMPERATURE, AVAILABLE = "panel/zone.alarm", "sensor/temperature", "sensor/$available"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as made:
        yield made


def values(heard: list[Any]) -> dict[str, tuple[Any, Reason]]:
    return {r.point: (r.value, r.reason) for r in heard if isinstance(r, Reading)}


def changes(heard: list[Any]) -> list[tuple[str, DeviceState, str]]:
    return [(c.device, c.state, c.reason) for c in heard if isinstance(c, DeviceChange)]


def transitions(heard: list[Any]) -> list[tuple[str, str]]:
    return [(t.alarm, t.input) for t in heard if isinstance(t, Transition)]


class Order:
    """Writes down what happened in which order."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, word: str) -> None:
        self.seen.append(word)


async def test_a_sample_is_spooled_released_and_heard(hub: House):
    done = Order()
    hub.say(TEMPERATURE, 21.5, release=lambda: done("released"))
    assert (done.seen, hub.said()) == ([], []), "nothing before it is durable"
    heard = await hub.told()
    assert done.seen == ["released"]
    assert values(heard) == {TEMPERATURE: (21.5, Reason.NONE)}
    [batch] = hub.spool.read(0)
    assert (batch.target, batch.n, len(split_rows(batch.body))) == ("reading", 1, 1)


async def test_the_source_is_released_when_journal_and_spool_both_have_their_part(hub: House):
    journal, spool = hub.disks
    for first, second in ((journal, spool), (spool, journal)):
        done = Order()
        for disk in (first, second):
            disk.fill()
        hub.say(ZONE, first is journal, release=lambda done=done: done("released"))
        await asyncio.gather(first.refused(), second.refused())
        first.free()
        await first._file.flushed()
        assert done.seen == []
        second.free()
        await hub.settled()
        assert done.seen == ["released"]


async def test_a_batch_that_adds_nothing_is_released_at_once(hub: House):
    hub.say(ZONE, False)
    await hub.settled()
    done = Order()
    hub.say(ZONE, False, release=lambda: done("released"))
    assert done.seen == ["released"]


async def test_each_lane_of_a_batch_is_spooled_apart_and_released_once(hub: House):
    done = Order()
    samples = [Sample(ZONE, True), Sample(TEMPERATURE, 20.0), Sample("sensor/$latency", 1.0)]
    hub.road.take(Intake(samples, release=lambda: done("released")))
    await hub.settled()
    assert {b.lane for b in hub.spool.read(0)} == {Lane.LIFE_SAFETY, Lane.LIVE, Lane.BULK}
    assert done.seen == ["released"]


async def test_an_alarm_is_heard_when_it_is_journaled_and_does_not_wait_for_the_spool(hub: House):
    _, spool = hub.disks
    spool.fill()
    hub.say(ZONE, True)
    await hub.journal.flushed()
    assert transitions(hub.said()) == [(FIRE, "raise")]
    assert hub.state.alarms()[0].last.alarm == FIRE


async def test_a_point_that_the_site_does_not_have_is_counted_and_the_rest_goes_on(hub: House):
    hub.road.take(Intake([Sample("panel/nothing", 1), Sample(TEMPERATURE, 20.0)]))
    assert values(await hub.told()) == {TEMPERATURE: (20.0, Reason.NONE)}
    assert hub.road.counters.unknown == 1


async def test_strays_are_quarantined_with_what_is_known_of_them(hub: House):
    done = Order()
    stray = Stray("sensor", "site/sensor", "not JSON", b"{", hub.clock.now())
    hub.road.take(Intake(strays=[stray], release=lambda: done("released")))
    await hub.settled()
    [batch] = hub.spool.read(0)
    assert (batch.target, batch.lane, batch.n) == ("quarantine", Lane.BULK, 1)
    assert split_rows(batch.body)[0][-1] == b"{"
    assert (hub.road.counters.strays, done.seen) == (1, ["released"])


async def test_what_could_not_be_understood_is_kept_with_its_plates_masked(hub: House):
    hub.road.take(Intake(strays=[Stray("sensor", "t", "not JSON", b'{"plate": "XYZ9876"', hub.clock.now())]))
    await hub.settled()
    [batch] = hub.spool.read(0)
    assert split_rows(batch.body)[0][-1] == b'{"plate": "X***"'


async def test_device_events_are_spooled_by_lane_and_heard(hub: House):
    now = hub.clock.now()
    events = [
        DeviceEvent("sensor", "net.trap", {"a": 1}, now - SECOND, now),
        DeviceEvent("panel", "fire.event", {}, None, now, lane=Lane.ALARM),
    ]
    hub.road.take(Intake(events=events))
    heard = await hub.told()
    assert [e.kind for e in heard] == ["net.trap", "fire.event"]
    assert {(b.target, b.lane) for b in hub.spool.read(0)} == {
        ("device_event", Lane.BULK),
        ("device_event", Lane.ALARM),
    }
    assert hub.road.last_heard("panel") == now
    assert hub.road.counters.events == 2


async def test_an_event_of_the_year_2000_is_filed_under_our_time_and_counted(hub: House):
    now = hub.clock.now()
    hub.road.take(Intake(events=[DeviceEvent("sensor", "net.trap", {}, 946_684_800 * SECOND, now)]))
    [event] = await hub.told()
    assert event.source_time is None
    assert hub.spool.read(0)[0].t_min == now
    assert hub.road.counters.reasons[Reason.CLOCK] == 1


async def test_a_device_is_heard_by_its_samples(hub: House):
    assert hub.road.last_heard("sensor") is None
    hub.say(TEMPERATURE, 20.0)
    assert hub.road.last_heard("sensor") == hub.clock.now()
    assert hub.road.last_heard("panel") is None


async def test_a_last_will_makes_a_device_offline_and_its_return_online(hub: House):
    hub.say(TEMPERATURE, 20.0)
    hub.say(AVAILABLE, False)
    heard = await hub.told()
    assert changes(heard) == [("sensor", DeviceState.OFFLINE, "last_will")]
    known = values(heard)
    assert known[TEMPERATURE] == (20.0, Reason.NO_COMMUNICATION)
    assert known[AVAILABLE] == (False, Reason.NONE), "that it is gone is known"
    assert known["sensor/$health"] == ("offline", Reason.NONE)
    hub.say(AVAILABLE, True)
    assert changes(await hub.told()) == [("sensor", DeviceState.ONLINE, "")]


async def test_whether_a_device_is_available_is_not_known_while_its_broker_is_away(hub: House):
    hub.say(AVAILABLE, False)
    hub.road.report("sensor", DeviceState.OFFLINE, "unreachable")
    assert values(await hub.told())[AVAILABLE] == (False, Reason.NO_COMMUNICATION)
    hub.road.report("sensor", DeviceState.WAITING, "waiting")
    hub.say(AVAILABLE, False)
    assert changes(await hub.told())[-1] == ("sensor", DeviceState.OFFLINE, "last_will"), "the broker says it again"


async def test_offline_marks_every_point_of_the_device_and_no_other(hub: House):
    hub.say(TEMPERATURE, 20.0)
    hub.say("sensor/$latency", 1.0)
    hub.say(ZONE, False)
    await hub.told()
    hub.road.report("sensor", DeviceState.OFFLINE, "unreachable", "no route")
    heard = await hub.told()
    marked = {p for p, (_, reason) in values(heard).items() if reason is Reason.NO_COMMUNICATION}
    assert marked == {TEMPERATURE, AVAILABLE, "sensor/$latency"}
    hub.road.report("sensor", DeviceState.OFFLINE, "unreachable", "still no route")
    assert await hub.told() == [], "news only when it changes"


async def test_rules_know_nothing_of_a_device_that_is_lost(hub: House):
    hub.say(TEMPERATURE, 70.0)
    assert transitions(await hub.told()) == [(HOT, "raise")]
    hub.road.report("sensor", DeviceState.OFFLINE, "unreachable")
    heard = await hub.told()
    assert transitions(heard) == [("lost:sensor/$health", "raise")], "the heat alarm holds: nobody says that it is cool"
    hub.road.report("sensor", DeviceState.ONLINE)
    hub.say(TEMPERATURE, 20.0)
    assert (HOT, "return") in transitions(await hub.told())


async def test_out_of_service_says_so_at_every_point(hub: House):
    hub.say(TEMPERATURE, 20.0)
    await hub.told()
    hub.road.report("sensor", DeviceState.OUT_OF_SERVICE, "disabled")
    assert values(await hub.told())[TEMPERATURE] == (20.0, Reason.OUT_OF_SERVICE)


async def test_the_sweep_makes_what_was_not_refreshed_stale_once(hub: House):
    hub.say(TEMPERATURE, 20.0)
    await hub.told()
    hub.clock.advance(59 * SECOND)
    hub.road.age()
    assert await hub.told() == []
    hub.clock.advance(2 * SECOND)
    hub.road.age()
    hub.road.age()
    heard = await hub.told()
    assert [(r.point, r.value, r.quality, r.reason) for r in heard] == [
        (TEMPERATURE, 20.0, Quality.UNCERTAIN, Reason.STALE)
    ]
    hub.say(TEMPERATURE, 20.0)
    assert values(await hub.told())[TEMPERATURE] == (20.0, Reason.NONE)


async def test_a_clock_that_is_set_is_noted_and_makes_nobody_stale(hub: House):
    hub.say(TEMPERATURE, 20.0)
    await hub.told()
    hub.clock.step(HOUR)
    hub.road.age()
    [note] = await hub.told()
    assert isinstance(note, SystemNote)
    assert (note.what, note.detail) == ("clock_stepped", {"seconds": 3600.0})


async def test_a_change_of_health_is_journaled_before_it_is_heard(hub: House):
    hub.road.report("sensor", DeviceState.ONLINE)
    assert changes(hub.said()) == []
    assert changes(await hub.told()) == [("sensor", DeviceState.ONLINE, "")]
    assert [r.state for _, r in hub.journal.read(0)] == [DeviceState.ONLINE]


async def test_everything_received_is_accounted_for(hub: House):
    """received + own = spooled + unchanged + unknown; spooled = in the file, for nothing was dropped."""
    for second in range(90):
        hub.say(ZONE, second in (3, 4))
        hub.say(TEMPERATURE, 20.0 + second % 7, source_time=0 if second == 5 else None)
        hub.say(TEMPERATURE, "junk" if second % 10 == 0 else 20.0)
        hub.say("nobody/nothing", 1)
        if second == 40:
            hub.road.report("sensor", DeviceState.OFFLINE, "silent")
        hub.clock.advance(SECOND)
    hub.clock.advance(DAY)
    hub.road.age()
    await hub.settled()
    c = hub.road.counters
    assert c.received == 360
    assert c.own > 0
    assert c.received + c.own == c.spooled + c.unchanged + c.unknown
    assert c.spooled == hub.spool.held.records == sum(len(split_rows(b.body)) for b in hub.spool.read(0, 1 << 30))
    assert c.reasons[Reason.UNDECODABLE] == 9
    assert c.reasons[Reason.CLOCK] == 1
    assert c.reasons[Reason.STALE] == 1


async def test_an_unchanging_reading_waits_for_nothing_but_an_unrefreshed_rule_is_told_every_time(tmp_path: Path):
    from tests.support.sites import a_rule

    async with house(tmp_path, a_rule("silent", "fire.alarm", "stale_for", 10 * SECOND)) as hub:
        for _ in range(3):
            hub.say(ZONE, False)
            hub.clock.advance(8 * SECOND)
        assert hub.road.counters.unchanged == 0
        assert transitions(await hub.told()) == []
    assert point_id("panel", "zone.alarm") == ZONE
