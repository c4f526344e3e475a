import msgspec

from hub.model import SECOND, OperatorAction, Sample, Transition
from hub.normalise import Track, normalise
from rules import Engine
from tests.support.rulesite import T0, device, reading, rule, site

SITE = site((rule(latch=True),), *(device(f"p{i}", {"a": "fire.alarm"}) for i in range(500)))


def every(on: bool, now: int):
    return [reading(f"p{i}/a", on, at=now) for i in range(500)]


def test_five_hundred_alarms_in_mixed_states_come_through_every_restart_unchanged():
    engine = Engine(SITE)
    engine.step(every(True, T0), T0)
    for i in range(0, 500, 3):
        engine.act(OperatorAction("ack", f"fire:p{i}/a", 1, f"person {i}", T0), T0)
    engine.step([reading(f"p{i}/a", False) for i in range(0, 500, 5)], T0 + 1)
    states = {i: engine.alarm(f"fire:p{i}/a") for i in range(500)}
    for n in range(1, 11):
        dump = msgspec.json.encode(engine.dump())
        engine = Engine(SITE)
        engine.load(msgspec.json.decode(dump))
        now = T0 + n * SECOND
        assert engine.orphans(now) == engine.wake(now) == []
        assert engine.step([reading(f"p{i}/a", i % 5 != 0, at=now) for i in range(500)], now) == []
        assert {i: engine.alarm(f"fire:p{i}/a") for i in range(500)} == states


def test_what_changed_while_the_hub_was_down_is_told_by_the_first_reading():
    engine = Engine(SITE)
    engine.step(every(False, T0), T0)
    dump = engine.dump()
    engine = Engine(SITE)
    engine.load(dump)
    out = engine.step(every(True, T0 + SECOND), T0 + SECOND)
    assert [getattr(t, "what", "") for t in out if not isinstance(t, Transition)] == ["flood_began"]
    assert [t.input for t in out if isinstance(t, Transition)] == ["raise"] * 500


def test_a_point_whose_silence_counts_is_told_at_every_refresh():
    point = device("p", {"a": "fire.alarm"}).points[0]
    track = Track("s", msgspec.structs.replace(point, type="bool"))
    track.tell_all()
    told = [normalise(track, Sample(point.id, True), T0 + n * SECOND, n) for n in range(1, 4)]
    assert None not in told
