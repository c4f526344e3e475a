"""What people hide survives a kill with the real journal, and ends when it was to end (reliability C8)."""

from pathlib import Path
from typing import Any

import pytest

from hub.model import HOUR, MINUTE, SECOND, ManualClock, OperatorAction, ServiceChange, SystemNote, Transition
from tests.unit.hub.house import FIRE, HOT, House, house
from tests.unit.hub.test_alarming import TEMPERATURE, ZONE, alive, restored


def asked(kind: str, alarm: str, clock: ManualClock, *, span: int = HOUR, **more: Any) -> OperatorAction:
    return OperatorAction(
        kind, alarm, more.pop("occurrence", 1), "an", clock.now(), "w", until=clock.now() + span, **more
    )


def holds(hub: House, alarm: str) -> list[str]:
    known = hub.engine.alarm(alarm)
    assert known is not None
    return [hold.kind.value for hold in known.last.holds]


@pytest.mark.parametrize("checkpoint", [True, False])
async def test_shelving_and_absence_survive_a_kill_and_end_on_time(tmp_path: Path, checkpoint: bool):
    clock = ManualClock()
    async with house(tmp_path, clock=clock) as hub:
        hub.say(TEMPERATURE, 99.0)
        hub.say(ZONE, True)
        shelved = await hub.alarming.act(asked("shelve", HOT, clock))
        out = await hub.alarming.act(asked("out_of_service", FIRE, clock, span=2 * HOUR, scope="device"))
        assert (shelved.refused, out.refused) == (None, None)
        if checkpoint:
            async with alive(hub):
                await hub.settled()
    async with restored(tmp_path, clock=clock) as again:
        assert (holds(again, HOT), holds(again, FIRE)) == (["shelved"], ["out_of_service"])
        assert [change.scope for change in again.engine.out_of_service()] == ["device:panel"]
        clock.advance(HOUR)
        async with alive(again):
            await again.settled()
        assert (holds(again, HOT), holds(again, FIRE)) == ([], ["out_of_service"])
    clock.advance(HOUR)
    async with restored(tmp_path, clock=clock) as last:
        async with alive(last):
            await last.settled()
        assert holds(last, FIRE) == []
        assert last.engine.out_of_service() == []
        assert last.engine.alarm(FIRE).last.state == "unacknowledged"  # type: ignore[union-attr]


async def test_out_of_service_is_answered_when_it_is_journaled_and_twice_with_the_effect_of_once(tmp_path: Path):
    async with house(tmp_path) as hub:
        action = asked("out_of_service", "", hub.clock, scope="device:panel", request="r", occurrence=0)
        first, second = await hub.alarming.act(action), await hub.alarming.act(action)
        assert first == second
        found = [r for _, r in hub.journal.read(0) if isinstance(r, ServiceChange)]
        assert found == [first.change]
        assert hub.state.out_of_service() == found


async def test_the_journal_alone_gives_the_same_alarms_bit_for_bit(tmp_path: Path):
    clock = ManualClock()
    async with house(tmp_path, clock=clock) as hub:
        for n in range(12):
            hub.say(TEMPERATURE, 99.0 if n % 2 == 0 else 10.0)
            clock.advance(SECOND)
        hub.say(TEMPERATURE, 99.0)
        await hub.alarming.act(asked("shelve", HOT, clock, occurrence=7, span=MINUTE, once=True))
        hub.say(TEMPERATURE, 10.0)
        await hub.settled()
        before = {a.last.alarm: a for a in hub.engine.alarms()}, hub.engine.alarm(HOT)
        journal = [record for _, record in hub.journal.read(0)]
    async with restored(tmp_path, clock=clock) as again:
        assert ({a.last.alarm: a for a in again.engine.alarms()}, again.engine.alarm(HOT)) == before
    said = [r.input for r in journal if isinstance(r, Transition)]
    assert said[-3:] == ["shelve", "return", "unshelve"]
    assert not [r for r in journal if isinstance(r, SystemNote) and r.what == "flood_began"], (
        "seven do not make a flood"
    )
