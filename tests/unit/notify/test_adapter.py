"""Nothing is lost and nothing told anew, whatever happens to the far side or to the hub."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.notify.channels import Doubtful
from adapters.notify.orders import Orders
from adapters.outbound import Away
from hub.journal import Journal
from hub.model import DAY, HOUR, SECOND, ManualClock, Refused
from hub.model.notify import EVENTS, Channel, Delivery
from tests.unit.hub.transitions import a_transition
from tests.unit.notify.evening import EVENING
from tests.unit.notify.station import Scripted, a_told_site, station

HOOK = Channel("hook", "webhook", None, tells=frozenset(EVENTS))
SITE = a_told_site(HOOK)


async def test_a_message_is_journaled_before_it_is_sent_and_after(tmp_path: Path):
    there = Scripted()
    seen: list[list[str]] = []
    async with station(tmp_path, SITE, scripted=there) as run:
        send = there.send

        async def watched(message):
            seen.append(run.outcomes())
            return await send(message)

        there.send = watched  # type: ignore[method-assign]
        await run.alarm()
        await run.until(lambda: run.outcomes() == ["queued", "sent"])
    assert seen == [["queued"]]
    assert there.took[0].contacts[0].name == "Nguyễn Văn An"


async def test_an_absence_delays_and_loses_nothing(tmp_path: Path):
    away = Scripted()
    away.answers = [Away("no route")] * 12
    async with station(tmp_path, SITE, scripted=away) as run:
        await run.alarm()
        await run.alarm(2, input="ack", acked=True)
        await run.until(lambda: len(away.took) == 2, step=SECOND)
        assert run.outcomes().count("failed") == 12
        await run.until(lambda: len(run.notes) == 2)
    assert sorted(m.delivery.event for m in away.took) == ["acknowledged", "raised"]
    assert [what for what, _ in run.notes] == ["channel_failing", "channel_works_again"]


async def test_after_a_kill_what_was_decided_goes_out_under_the_same_key(tmp_path: Path):
    clock = ManualClock(EVENING)
    away = Scripted()
    away.answers = [Away("no route")] * 100
    async with station(tmp_path, SITE, clock=clock, scripted=away) as run:
        await run.alarm()
        await run.until(lambda: "failed" in run.outcomes())
        key = next(iter(run.adapter.ledger.outbox))
    clock.advance(HOUR)
    back = Scripted()
    async with station(tmp_path, SITE, clock=clock, scripted=back) as run:
        await run.until(lambda: back.took)
        await run.until(lambda: run.outcomes()[-1] == "sent")
    assert [m.delivery.key for m in back.took] == [key]


async def test_an_alarm_of_which_the_adapter_never_heard_is_told_after_the_start(tmp_path: Path):
    clock = ManualClock(EVENING)
    async with station(tmp_path, SITE, clock=clock, scripted=Scripted()) as run:
        run.adapter.restore()
    there = Scripted()
    async with station(tmp_path, SITE, clock=clock, scripted=there) as run:
        await run.alarm()
        task_before_it_ran = run.outcomes()
    assert task_before_it_ran == []
    async with station(tmp_path, SITE, clock=clock, scripted=there) as run:
        await run.until(lambda: there.took)
    assert len(there.took) == 1


async def test_what_was_sent_is_not_sent_again_by_the_next_run(tmp_path: Path):
    there = Scripted()
    for _ in range(3):
        async with station(tmp_path, SITE, scripted=there) as run:
            if not there.took:
                await run.alarm()
            await run.until(lambda: "sent" in run.outcomes())
    assert len(there.took) == 1


async def test_alarms_from_before_the_first_run_are_told_to_nobody(tmp_path: Path):
    journal = Journal(tmp_path / "journal.db", reserve_bytes=0)
    journal.append([a_transition(1)])
    await journal.flushed()
    journal.close()
    there = Scripted()
    async with station(tmp_path, SITE, scripted=there) as run:
        await run.alarm(2, input="ack", acked=True)
        await run.until(lambda: run.adapter.mark == run.journal.last_seq)
        await run.alarm(1, alarm="fire:panel/other")
        await run.until(lambda: there.took)
    assert [m.first.alarm for m in there.took] == ["fire:panel/other"]


async def test_a_message_that_is_declined_lies_in_the_dead_letters_and_the_next_one_goes_out(tmp_path: Path):
    picky = Scripted()
    picky.answers = [Refused("declined", "answers 422: no")]
    async with station(tmp_path, SITE, scripted=picky) as run:
        await run.alarm()
        await run.until(lambda: run.adapter.ledger.dead)
        await run.alarm(2, input="ack", acked=True)
        await run.until(lambda: picky.took)
        (parcel,) = run.adapter.ledger.dead.values()
        assert parcel.error == "answers 422: no"
        assert await run.adapter.requeue(parcel.delivery.key, "an")
        assert not await run.adapter.requeue("no such key", "an")
        await run.until(lambda: len(picky.took) == 2)


async def test_an_order_of_the_command_line_tries_dead_letters_again(tmp_path: Path):
    picky = Scripted()
    picky.answers = [Refused("declined", "no")]
    async with station(tmp_path, SITE, scripted=picky) as run:
        await run.alarm()
        await run.until(lambda: run.adapter.ledger.dead)
        Orders(tmp_path).give([*run.adapter.ledger.dead, "unknown"], "test")
        run.adapter.wake()
        await run.until(lambda: picky.took)
        await run.until(lambda: run.outcomes()[-1] == "sent")
        assert "requeued" in run.outcomes()
    assert not list((tmp_path / "notify").glob("*.retry"))


async def test_a_receiver_that_answers_without_taking_is_asked_five_times(tmp_path: Path):
    odd = Scripted()
    odd.answers = [Doubtful("the answer's code is not 100")] * 99
    async with station(tmp_path, SITE, scripted=odd) as run:
        await run.alarm()
        await run.until(lambda: run.adapter.ledger.dead, step=SECOND)
    assert odd.tried == 5


async def test_a_message_is_given_up_after_its_time_and_says_why(tmp_path: Path):
    away = Scripted()
    away.answers = [Away("no route")] * 10_000
    async with station(tmp_path, SITE, scripted=away) as run:
        await run.alarm()
        await run.until(lambda: "failed" in run.outcomes())
        run.clock.advance(DAY)
        run.adapter.wake()
        await run.until(lambda: run.adapter.ledger.dead)
        (parcel,) = run.adapter.ledger.dead.values()
        assert parcel.error == "not delivered within 24 h: no route"


async def test_a_poisoned_message_holds_up_no_other(tmp_path: Path):
    """A receiver that fails at one message for ever still takes the others."""
    there = Scripted()
    async with station(tmp_path, SITE, scripted=there) as run:
        send = there.send

        async def poisoned(message):
            if message.delivery.event == "raised":
                raise Away("answers 500")
            return await send(message)

        there.send = poisoned  # type: ignore[method-assign]
        await run.alarm()
        await run.until(lambda: "failed" in run.outcomes())
        await run.alarm(2, input="ack", acked=True)
        await run.until(lambda: there.took, step=SECOND)
        assert len(run.adapter.ledger.outbox) >= 1


async def test_messages_of_a_channel_that_the_site_gave_up_become_dead_letters(tmp_path: Path):
    away = Scripted()
    away.answers = [Away("no route")] * 100
    async with station(tmp_path, SITE, scripted=away) as run:
        await run.alarm()
        await run.until(lambda: "failed" in run.outcomes())
        run.adapter.describe(a_told_site(replace(HOOK, id="other")))
        await run.until(lambda: run.adapter.ledger.dead)
        (parcel,) = run.adapter.ledger.dead.values()
    assert parcel.error == "the site has no such channel any more"


async def test_a_changed_site_goes_on_with_what_waits(tmp_path: Path):
    away = Scripted()
    away.answers = [Away("no route")] * 3
    async with station(tmp_path, SITE, scripted=away) as run:
        await run.alarm()
        await run.until(lambda: "failed" in run.outcomes())
        run.adapter.describe(SITE)
        await run.until(lambda: away.took, step=SECOND)
    assert away.closed >= 1


async def test_the_state_survives_in_a_checkpoint_and_the_journal_may_be_trimmed_up_to_it(tmp_path: Path):
    clock = ManualClock(EVENING)
    picky = Scripted()
    picky.answers = [Refused("declined", "no")]
    async with station(tmp_path, SITE, clock=clock, scripted=picky) as run:
        await run.alarm()
        await run.until(lambda: run.adapter.ledger.dead)
        run.adapter.keep()
        await run.until(lambda: run.adapter.checkpointed == run.adapter.mark)
        run.journal.trim(run.adapter.checkpointed)
        await run.journal.flushed()
        assert run.journal.read(0) == []
    async with station(tmp_path, SITE, clock=clock, scripted=picky) as run:
        assert len(run.adapter.ledger.dead) == 1


@pytest.mark.parametrize("kill_after", ["raise", "queued", "sent"])
async def test_a_kill_at_any_moment_repeats_at_most_one_message_under_the_same_key(tmp_path: Path, kill_after: str):
    clock = ManualClock(EVENING)
    first, second = Scripted(), Scripted()
    async with station(tmp_path, SITE, clock=clock, scripted=first) as run:
        hold = asyncio.Event()
        if kill_after != "sent":
            first.send = lambda _m: hold.wait()  # type: ignore[method-assign,assignment,return-value]
        await run.alarm()
        if kill_after != "raise":
            await run.until(lambda: kill_after in run.outcomes())
    async with station(tmp_path, SITE, clock=clock, scripted=second) as run:
        await run.until(lambda: "sent" in run.outcomes())
        queued = [r for _, r in run.journal.read(0) if isinstance(r, Delivery) and r.outcome == "queued"]
    assert len({d.key for d in queued}) == 1
    assert len(first.took) + len(second.took) == 1


@pytest.mark.parametrize(("notify", "told"), [(None, 1), ("nobody", 0), ("other", 1)])
async def test_a_rule_that_names_nobody_else_tells_the_escalation_of_its_category(
    tmp_path: Path, notify: str | None, told: int
):
    made = a_told_site(HOOK)
    escalations = {"fire": made.notifying.escalations["all"], "other": made.notifying.escalations["all"]}
    site = replace(
        made,
        rules=(replace(made.rules[0], notify=notify),),
        notifying=replace(made.notifying, escalations=escalations),
    )
    there = Scripted()
    async with station(tmp_path, site, scripted=there) as run:
        await run.alarm()
        await run.until(lambda: run.adapter.mark == run.journal.last_seq)
        if told:
            await run.until(lambda: there.took)
        assert len(run.adapter.ledger.alarms) == told
