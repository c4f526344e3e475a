"""What consoles may see: the last committed state, and a subscription that misses nothing of what follows."""

from hub.health import Health
from hub.model import Alarm, DeviceChange, DeviceState, DeviceStatus, Quality, Reading, Reason, SystemNote
from hub.state import State
from hub.stream import Stream
from tests.unit.hub.house import small_site
from tests.unit.hub.transitions import a_transition


def a_state() -> State:
    site = small_site()
    return State(site, Stream("e"), Health(list(site.devices), 0).last_heard)


def reading(value: float, seq: int, point: str = "sensor/temperature") -> Reading:
    return Reading(point, value, Quality.GOOD, Reason.NONE, None, seq, seq)


def test_the_last_reading_of_a_point_is_what_is_known():
    state = a_state()
    state.publish(0, [reading(1.0, 1), reading(2.0, 2)], [])
    assert state.reading("sensor/temperature").value == 2.0  # type: ignore[union-attr]
    assert state.reading("panel/zone") is None
    assert len(state) == 1


def test_a_reading_that_was_overtaken_does_not_come_back():
    state = a_state()
    state.publish(0, [reading(2.0, 9)], [])
    published = state.publish(0, [reading(1.0, 3), reading(5.0, 4, "panel/zone")], [])
    assert state.reading("sensor/temperature").value == 2.0  # type: ignore[union-attr]
    assert [r.point for r in published.readings] == ["panel/zone"]


def test_what_changed_is_drained_once_each_point_with_its_latest():
    state = a_state()
    state.publish(0, [reading(1.0, 1)], [])
    state.publish(0, [reading(2.0, 2), reading(3.0, 3, "panel/zone")], [])
    assert sorted((r.point, r.value) for r in state.drain_changed()) == [
        ("panel/zone", 3.0),
        ("sensor/temperature", 2.0),
    ]
    assert state.drain_changed() == []


def test_an_alarm_is_the_fold_of_its_transitions_and_vanishes_when_it_is_over():
    state = a_state()
    state.publish(0, [], [a_transition(n=1)])
    assert [a.last.state for a in state.alarms()] == ["unacknowledged"]
    state.publish(0, [], [a_transition(n=2, input="ack", acked=True, who="an")])
    assert state.alarms()[0].acked_by == "an"
    state.publish(0, [], [a_transition(n=3, input="return", active=False, acked=True)])
    assert state.alarms() == []
    assert state.alarm("fire:panel/zone.alarm").last.state == "normal"  # type: ignore[union-attr]


def test_a_device_change_is_seen_with_when_the_device_was_last_heard():
    site = small_site()
    health = Health(list(site.devices), 0)
    state = State(site, Stream("e"), health.last_heard)
    health.heard("panel", 42)
    state.publish(0, [], [DeviceChange("panel", DeviceState.OFFLINE, "silent", "", 50)])
    status = state.device("panel")
    assert (status.state, status.since, status.last_heard) == (DeviceState.OFFLINE, 50, 42)


async def test_a_snapshot_and_what_follows_it_fit_together_without_a_gap():
    state = a_state()
    state.publish(0, [], [SystemNote("before", {}, 0)])
    seq, ear = state.snapshot_and_subscribe("ear")
    state.publish(0, [], [SystemNote("after", {}, 0)])
    items, _ = await ear.take()
    assert seq == 1
    assert [(i.seq, i.records[0].what) for i in items] == [(2, "after")]


def test_a_state_begins_with_what_was_known_before_this_run():
    state = a_state()
    alarm = Alarm(a_transition(n=5), 0)
    state.restore([alarm], [DeviceStatus("panel", DeviceState.WAITING, "waiting", "", 0, None)])
    assert state.alarms() == [alarm]
    assert state.device("panel").state is DeviceState.WAITING
