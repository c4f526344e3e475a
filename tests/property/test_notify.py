"""Laws of telling people, whatever happens to alarms and to the hub: nothing twice, nothing lost, silence respected."""

from collections import Counter
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.notify.folding import silent
from hub.model import Hold, HoldKind, Transition
from hub.model.notify import Covered, Delivery
from tests.unit.notify.evening import EVENING, Evening

ALARMS = ("fire:panel/z1", "lost:cam1", "wet:pump")
HELD = (Hold(HoldKind.SHELVED, EVENING),)
CHANGES = st.tuples(
    st.just("change"),
    st.sampled_from(ALARMS),
    st.sampled_from(["raise", "return", "ack", "shelve", "unshelve", "comment", "test"]),
)
TIME = st.tuples(st.just("time"), st.sampled_from([0.5, 5, 29, 61, 400]), st.booleans())
KILL = st.tuples(st.just("kill"), st.booleans(), st.just(None))
EVENINGS = st.lists(st.one_of(CHANGES, CHANGES, TIME, KILL), max_size=30)


def live(steps: list[tuple[Any, Any, Any]], *, kills: bool = True) -> Evening:
    """Live through an evening; a kill forgets everything but the journal and, if there is one, a checkpoint."""
    evening = Evening()
    kept: tuple[bytes, int] | None = None
    for what, first, second in steps:
        if what == "change":
            holds = HELD if second == "shelve" else ()
            mark = "TEST" if second == "test" else None
            evening.change(first, "raise" if second == "test" else second, holds=holds, mark=mark)
        elif what == "time":
            evening.pass_time(first, deliver=second)
        elif kills:
            if first:
                kept = evening.checkpoint(), len(evening.journal)
            evening.restart(*(kept or (None, 0)))
    return evening


def messages(evening: Evening) -> list[Delivery]:
    return [r for r in evening.journal if isinstance(r, Delivery) and r.outcome == "queued"]


def covered(evening: Evening) -> Counter[tuple[str, tuple[str, ...], Covered]]:
    return Counter((d.channel, d.to, c) for d in messages(evening) for c in d.covers)


@given(EVENINGS)
@settings(max_examples=150, deadline=None)
def test_nothing_is_told_twice(steps: list[Any]) -> None:
    evening = live(steps)
    assert all(count == 1 for count in covered(evening).values())
    keys = [d.key for d in messages(evening)]
    assert len(keys) == len(set(keys))


@given(EVENINGS)
@settings(max_examples=150, deadline=None)
def test_a_hub_that_is_killed_again_and_again_tells_the_same(steps: list[Any]) -> None:
    assert messages(live(steps)) == messages(live(steps, kills=False))


@given(EVENINGS, st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_the_state_is_the_fold_of_the_journal_from_any_checkpoint(steps: list[Any], at: int) -> None:
    evening = live(steps)
    whole = evening.checkpoint()
    at = min(at, len(evening.journal))
    later, evening.journal = evening.journal, evening.journal[:at]
    evening.restart()
    begun = evening.checkpoint()
    evening.journal = later
    evening.restart(begun, at)
    assert msgspec.json.decode(evening.checkpoint()) == msgspec.json.decode(whole)


@given(EVENINGS)
@settings(max_examples=150, deadline=None)
def test_whoever_waits_for_help_is_heard_of(steps: list[Any]) -> None:
    """An alarm that asks for somebody was told, in its present occurrence, within ten minutes."""
    evening = live(steps)
    evening.pass_time(700)
    told = {(c.alarm, c.occurrence) for d in messages(evening) for c in d.covers if d.event == "raised"}
    for t in evening.last.values():
        if t.active and not t.acked and not silent(t):
            assert (t.alarm, t.occurrence) in told


@given(EVENINGS)
@settings(max_examples=150, deadline=None)
def test_nobody_hears_of_what_is_rehearsed_or_held(steps: list[Any]) -> None:
    evening = live(steps)
    state: dict[str, Transition] = {}
    for record in evening.journal:
        if isinstance(record, Transition):
            state[record.alarm] = record
        elif record.outcome == "queued" and record.event == "raised":
            assert not any(silent(state[c.alarm]) for c in record.covers)
            assert not any(state[c.alarm].mark for c in record.covers)


@given(EVENINGS)
@settings(max_examples=150, deadline=None)
def test_after_an_acknowledgement_no_step_is_taken_that_it_stops(steps: list[Any]) -> None:
    evening = live(steps)
    acked: dict[str, bool] = {}
    for record in evening.journal:
        if isinstance(record, Transition):
            acked[record.alarm] = record.acked
        elif record.outcome == "queued" and record.channel == "sms" and "fire" in record.group:
            assert not any(acked[c.alarm] for c in record.covers)


@given(EVENINGS)
@settings(max_examples=100, deadline=None)
def test_what_was_decided_is_in_the_outbox_or_was_delivered(steps: list[Any]) -> None:
    evening = live(steps)
    sent = {r.key for r in evening.journal if isinstance(r, Delivery) and r.outcome == "sent"}
    assert {d.key for d in messages(evening)} == sent | evening.ledger.outbox.keys()
