"""Nobody outside hears of a drill, whatever becomes of its alarms."""

from pathlib import Path

from hub.model.notify import EVENTS, Channel
from tests.unit.notify.station import Scripted, a_told_site, station

SITE = a_told_site(Channel("hook", "webhook", None, tells=frozenset(EVENTS)))


async def test_nothing_of_a_drill_is_ever_sent(tmp_path: Path) -> None:
    there = Scripted()
    async with station(tmp_path, SITE, scripted=there) as run:
        for n, happened in enumerate(("raise", "return", "raise", "ack", "reset"), 1):
            await run.alarm(n, input=happened, acked=happened == "ack", mark="DRILL")
        await run.until(lambda: run.adapter.mark == run.journal.last_seq)
    assert (there.tried, run.outcomes()) == (0, [])
