"""Many alarms at once: every one is told, in few steps and few commits, and a crash repeats a bounded number."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from adapters.notify.postman import MOST_UNSETTLED
from hub.model import SECOND
from hub.model.notify import Delivery
from tests.unit.hub.transitions import a_transition
from tests.unit.notify.station import Scripted, a_told_site, station
from tests.unit.notify.test_adapter import HOOK


async def test_a_flood_is_decided_in_few_steps_and_every_alarm_of_it_is_told(tmp_path: Path):
    there = Scripted()
    hook = replace(HOOK, gather=10 * SECOND, tells=frozenset({"raised"}))
    async with station(tmp_path, a_told_site(hook), scripted=there) as run:
        for first in range(0, 3000, 100):
            alarms = [a_transition(1, alarm=f"fire:p/z{n}", at=run.clock.now()) for n in range(first, first + 100)]
            run.journal.append(alarms)
        await run.journal.flushed()
        covered: set[str] = set()

        def all_told() -> bool:
            covered.update(c.alarm for m in there.took for c in m.delivery.covers)
            return len(covered) == 3000

        await run.until(all_told, step=SECOND)
    assert len(there.took) <= 10


async def test_ten_thousand_alarms_over_a_channel_that_gathers_nothing_are_told_once_each_in_few_commits(
    tmp_path: Path,
):
    there, count = Scripted(), 10_000
    async with station(tmp_path, a_told_site(replace(HOOK, tells=frozenset({"raised"}))), scripted=there) as run:
        for first in range(0, count, 500):
            alarms = [a_transition(1, alarm=f"fire:p/z{n}", at=run.clock.now()) for n in range(first, first + 500)]
            run.journal.append(alarms)
        await run.journal.flushed()
        await run.until(lambda: len(there.took) == count and not run.adapter.ledger.outbox, step=SECOND // 50)
        assert {m.delivery.covers[0].alarm for m in there.took} == {f"fire:p/z{n}" for n in range(count)}
        assert run.adapter.ledger.health[HOOK.id].sent == count
        assert not run.adapter.ledger.dead
        with closing(sqlite3.connect(tmp_path / "journal.db")) as file:
            (batches,) = file.execute("select count(*) from batch").fetchone()
        assert batches < count / 20, "what became of many messages is journaled at once"


async def test_what_was_delivered_and_is_not_journaled_is_bounded_however_long_the_journal_takes(tmp_path: Path):
    there = Scripted()
    async with station(tmp_path, a_told_site(replace(HOOK, tells=frozenset({"raised"}))), scripted=there) as run:
        journaled = run.adapter.journaled

        async def stuck(records: Sequence[Delivery]) -> None:
            await (asyncio.Event().wait() if records[0].outcome == "sent" else journaled(records))

        run.adapter.journaled = stuck  # type: ignore[method-assign]
        run.journal.append([a_transition(1, alarm=f"fire:p/z{n}", at=run.clock.now()) for n in range(200)])
        await run.journal.flushed()
        await run.until(lambda: len(there.took) >= MOST_UNSETTLED, step=SECOND)
        await run.until(lambda: len(run.adapter.ledger.outbox) == 200, step=SECOND)
        assert len(there.took) == MOST_UNSETTLED, "a crash now would repeat these and no more"
