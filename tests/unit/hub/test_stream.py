"""The stream never waits; who is too slow is told what was lost."""

import asyncio

from hub.model import Quality, Reading, Reason, SystemNote
from hub.stream import Gap, Stream


def note(word: str) -> SystemNote:
    return SystemNote(word, {}, 0)


def reading(point: str = "d/p") -> Reading:
    return Reading(point, 1.0, Quality.GOOD, Reason.NONE, None, 0, 1)


async def test_records_are_numbered_without_gaps_and_heard_in_order():
    stream = Stream("e")
    ear = stream.subscribe("ear")
    stream.publish(0, [], [note("a"), note("b")])
    stream.publish(0, [], [note("c")])
    items, lost = await ear.take()
    assert [(i.seq, [r.what for r in i.records]) for i in items] == [(1, ["a", "b"]), (3, ["c"])]
    assert lost is None
    assert stream.seq == 3


async def test_readings_have_no_number_and_are_heard_by_those_who_asked():
    stream = Stream("e")
    deaf, ear = stream.subscribe("deaf"), stream.subscribe("ear", readings=True)
    stream.publish(0, [reading()], [])
    assert stream.seq == 0
    items, _ = await ear.take()
    assert len(items[0].readings) == 1
    assert not deaf._woken.is_set()


async def test_a_slow_subscriber_loses_its_queue_and_hears_which_records():
    stream = Stream("e")
    ear = stream.subscribe("ear", size=3)
    for word in "abcde":
        stream.publish(0, [], [note(word)])
    items, lost = await ear.take()
    assert lost == Gap(1, 4)
    assert [r.what for i in items for r in i.records] == ["e"]
    assert ear.dropped == 4


async def test_a_gap_grows_until_it_is_taken_and_is_told_once():
    stream = Stream("e")
    ear = stream.subscribe("ear", size=1)
    for word in "abc":
        stream.publish(0, [], [note(word), note(word)])
    _, lost = await ear.take()
    assert lost == Gap(1, 6)
    stream.publish(0, [], [note("d")])
    items, lost = await ear.take()
    assert (len(items), lost) == (1, None)


async def test_lost_readings_are_counted_for_those_who_hear_readings():
    stream = Stream("e")
    ear = stream.subscribe("ear", size=2, readings=True)
    stream.publish(0, [reading()] * 2, [])
    stream.publish(0, [reading()] * 3, [])
    assert ear.dropped == 5


async def test_who_left_hears_nothing_and_may_leave_twice():
    stream = Stream("e")
    ear = stream.subscribe("ear")
    stream.unsubscribe(ear)
    stream.unsubscribe(ear)
    stream.publish(0, [], [note("a")])
    assert stream.subscriptions == ()
    assert not ear._queue


async def test_taking_waits_for_news():
    stream = Stream("e")
    ear = stream.subscribe("ear")
    taking = asyncio.create_task(ear.take())
    await asyncio.sleep(0)
    assert not taking.done()
    stream.publish(0, [], [note("a")])
    items, _ = await taking
    assert len(items) == 1


def test_what_was_said_since_a_number_can_be_had_again_while_it_is_remembered():
    stream = Stream("e", remember=3)
    assert stream.since(0) == []
    for word in "abcde":
        stream.publish(0, [], [note(word)])
    assert [(n, r.what) for n, r in stream.since(3)] == [(4, "d"), (5, "e")]  # type: ignore[union-attr]
    assert [n for n, _ in stream.since(2)] == [3, 4, 5]  # type: ignore[union-attr]
    assert stream.since(5) == []
    assert stream.since(1) is None, "no longer remembered"
    assert stream.since(6) is None, "of another run"
