"""Boards and feeds: the same rows whichever way they are reached."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.web.boards import Boards
from adapters.web.feed import Feed
from adapters.web.frames import Filter
from hub.model import ManualClock, Priority
from tests.unit.web.fakes import FakeHub, site

ALARMS = ["fire:panel-1/z01.alarm", "fire:panel-2/z01.alarm", "level:panel-3/level"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(ALARMS),
        st.sampled_from(["raise", "return", "ack", "comment"]),
        st.sampled_from(list(Priority)),
    ),
    max_size=40,
)
FILTERS = st.sampled_from(
    [Filter(), Filter(zone="tn"), Filter(priority=["critical", "high"]), Filter(category=["fire"], zone="tn/market")]
)


def play(hub: FakeHub, steps: list[tuple[str, str, Priority]]) -> None:
    for id_, input_, priority in steps:
        before = hub.known.get(id_)
        active, acked = (before.last.active, before.last.acked) if before else (False, True)
        if input_ == "raise" and not active:
            active, acked = True, False
        elif input_ == "return":
            active = False
        elif input_ == "ack":
            acked = True
        zone = "other" if "panel-3" in id_ else "tn/market"
        category = "process" if id_.startswith("level") else "fire"
        real = "comment" if input_ == "raise" and before and before.last.active else input_
        hub.change(id_, real, active=active, acked=acked, priority=priority, zone=zone, category=category)


def heard(rows: dict[str, Any], tails: list[bytes]) -> dict[str, Any]:
    for tail in tails:
        said = json.loads(b"{" + tail[1:])
        if said["op"] == "put":
            rows[said["row"]["alarm"]] = said["row"]
        else:
            rows.pop(said["key"], None)
    return rows


def snapshot(feed: Feed) -> dict[str, Any]:
    return {row.key: json.loads(row.body) for row in feed.snapshot()}


@settings(max_examples=150, deadline=None)
@given(STEPS, STEPS, FILTERS)
def test_snapshot_deltas_and_resume_all_end_at_the_hubs_own_list(before: Any, after: Any, filter_: Filter) -> None:
    hub = FakeHub(ManualClock(), site())
    play(hub, before)
    boards = Boards(hub)
    feed = Feed("alarms", boards.topics["alarms"], filter_, boards.inside)
    start, rows, resumed = hub.seq, snapshot(feed), snapshot(feed)
    play(hub, after)
    tails = []
    for seq, record in hub.stream.since(start) or ():
        found = boards.take(seq, record)
        assert found is not None
        tail = feed.take(found[1])
        tails += [tail] if tail is not None else []
    fresh_boards = Boards(hub)
    fresh = Feed("alarms", fresh_boards.topics["alarms"], filter_, fresh_boards.inside)
    missed = feed.replay(start)
    assert missed is not None
    assert heard(rows, tails) == heard(resumed, missed) == snapshot(feed) == snapshot(fresh)
    assert feed.sums == fresh.sums


def test_a_position_too_far_back_is_not_resumed() -> None:
    hub = FakeHub(ManualClock(), site())
    boards = Boards(hub)
    feed = Feed("system", boards.topics["system"], Filter(), boards.inside)
    from hub.model import SystemNote

    for number in range(501):
        hub.publish(SystemNote(f"note {number}", {}, hub.clock.now()))
    for seq, record in hub.stream.since(0) or ():
        boards.take(seq, record)
    assert feed.replay(0) is None
    assert len(feed.replay(1) or ()) == 500
    assert len(feed.snapshot()) == 200
