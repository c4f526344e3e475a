"""More alarms than a person can deal with are told as a flood, once at its beginning and once at its end."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hub.model import MINUTE, SECOND, SystemNote
from hub.model import Test as Comparison
from rules import Engine
from rules.flood import WINDOW, Flood
from tests.support.rulesite import T0, act, device, reading, rule, site

PANELS = [f"p{n:02}" for n in range(30)]
SITE = site(
    (rule(category="fault", name="smoke"), rule(Comparison("is", "offline"), kind="$health", name="x")),
    *(device(p, {"a": "fire.alarm"}) for p in PANELS),
)


def ring(engine, *panels, second=0):
    now = T0 + second * SECOND
    return engine.step([reading(f"{p}/a", True, at=now) for p in panels], now)


def notes(said):
    return [record for record in said if isinstance(record, SystemNote)]


def test_the_eleventh_alarm_within_ten_minutes_begins_a_flood():
    engine = Engine(SITE)
    assert notes(ring(engine, *PANELS[:10])) == []
    (note,) = notes(ring(engine, PANELS[10], second=590))
    assert (note.what, note.detail, note.at) == ("flood_began", {"alarms": 11, "minutes": 10}, T0 + 590 * SECOND)
    assert notes(ring(engine, PANELS[11], second=595)) == [], "it is told once"


def test_a_flood_ends_by_time_when_fewer_than_five_rang():
    engine = Engine(SITE)
    ring(engine, *PANELS[:12])
    ring(engine, *PANELS[12:16], second=300)
    assert engine.due() == T0 + WINDOW
    (note,) = notes(engine.wake(engine.due()))
    assert (note.what, note.detail) == ("flood_ended", {"alarms": 16, "seconds": 600})
    assert engine.due() is None


def test_a_flood_goes_on_while_five_ring():
    engine = Engine(SITE)
    ring(engine, *PANELS[:12])
    ring(engine, *PANELS[12:17], second=300)
    assert notes(engine.wake(T0 + 899 * SECOND)) == []
    assert [n.what for n in notes(engine.wake(T0 + 900 * SECOND))] == ["flood_ended"]


def test_what_is_hidden_does_not_make_a_flood():
    engine = Engine(SITE)
    engine.act(act("out_of_service", "", 0, scope="zone:tn", note="drill", until=T0 + 60 * SECOND), T0)
    assert notes(ring(engine, *PANELS)) == []


def test_two_operators_can_deal_with_twice_as_much():
    engine = Engine(msgspec.structs.replace(SITE, operators=2))
    assert notes(ring(engine, *PANELS[:20])) == []
    assert [n.what for n in notes(ring(engine, PANELS[20]))] == ["flood_began"]


def test_a_flood_survives_a_kill_and_ends_when_it_was_to_end():
    engine = Engine(SITE)
    journal = ring(engine, *PANELS[:12])
    for dump, after in ((engine.dump(), []), ({}, journal)):
        fresh = Engine(SITE)
        fresh.load(msgspec.json.decode(msgspec.json.encode(dump)), after)
        assert notes(fresh.wake(T0 + SECOND)) == []
        assert notes(ring(fresh, *PANELS[12:14], second=2)) == [], "it has been told"
        assert [n.detail["alarms"] for n in notes(fresh.wake(T0 + 2 * WINDOW))] == [14]


@given(st.lists(st.integers(0, 4 * 60), max_size=60))
def test_the_meter_agrees_with_counting(gaps):
    flood, at, rang, on = Flood(), T0, [], False
    for gap in gaps:
        at += gap * 5 * SECOND
        if flood.wake(at) is not None:
            on = False
            assert sum(at - WINDOW < t for t in rang) < 5
        assert on == (flood.since is not None)
        rang.append(at)
        if flood.take(at) is not None:
            on = True
        within = sum(at - WINDOW < t for t in rang)
        assert on or within <= 10
        assert not on or within >= 5
    due = flood.due()
    assert (due is None) == (not on)
    if due is not None:
        assert flood.wake(due - MINUTE // 60) is None
        assert flood.wake(due) is not None


def test_a_million_alarms_need_no_more_room_than_a_few():
    flood = Flood()
    for n in range(100_000):
        flood.take(T0 + n * SECOND // 100)
    assert len(flood.kept().moments) <= WINDOW // (5 * SECOND)
