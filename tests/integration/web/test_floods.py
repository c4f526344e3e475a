"""Many alarms at once: none is lost, and a fire goes first (reliability C2, at a tenth of its size)."""

import asyncio
from typing import Any

from hub.model import Priority
from tests.integration.web.conftest import Console, Running
from tests.integration.web.test_stream import _deaf, digest_of, told

CONSOLES, BATCHES, OF = 4, 5, 200
FIRES = {n * 49 for n in range(1, 21)}
"""Twenty of a thousand."""


def one(web: Running, n: int) -> Any:
    if n in FIRES:
        return web.hub.transition(f"fire:panel-1/{n}", "raise", active=True, acked=False)
    name = f"fault:panel-2/{n}"
    return web.hub.transition(name, "raise", active=True, acked=False, category="fault", priority=Priority.LOW)


async def listen(console: Console, last: int) -> None:
    await console.until("ev", seq=last)


async def test_a_thousand_alarms_reach_every_console_and_no_fire_waits_behind_another_alarm(web: Running) -> None:
    consoles = [await web.console() for _ in range(CONSOLES)]
    for console in consoles:
        await console.subscribe()
    heard = [asyncio.create_task(listen(console, BATCHES * OF)) for console in consoles]
    for n in range(BATCHES):
        web.hub.publish(*(one(web, m) for m in range(n * OF, n * OF + OF)))
        await asyncio.sleep(0)
    await asyncio.gather(*heard)
    for console in consoles:
        assert [said for said in console.heard if said["t"] == "lost"] == []
        assert console.rows == told(web)
        order = [said["row"]["alarm"] for said in console.heard if said["t"] in ("ahead", "ev")]
        first = {alarm: at for at, alarm in reversed(list(enumerate(order)))}
        for n in FIRES:
            in_its_batch = range(n // OF * OF, n // OF * OF + OF)
            others = [first[f"fault:panel-2/{m}"] for m in in_its_batch if m not in FIRES]
            assert first[f"fire:panel-1/{n}"] < min(others), "shown before anything of its own batch"
    web.beat()
    assert (await consoles[0].until("hb"))["sums"]["1"]["digest"] == digest_of(consoles[0].rows)


async def test_a_fire_overtakes_what_waits_for_a_slow_console(web: Running) -> None:
    deaf = await _deaf(web)
    web.hub.publish(*(one(web, n) for n in range(400) if n not in FIRES))
    while web.adapter._broadcast.boards.position < web.hub.seq:
        await asyncio.sleep(0)
    web.hub.raise_("fire:panel-1/z01.alarm")
    deaf.socket._conn.transport.resume_reading()  # type: ignore[union-attr]
    await deaf.until("ev", seq=web.hub.seq)
    aheads = [said["row"]["alarm"] for said in deaf.heard if said["t"] == "ahead"]
    assert aheads[-1] == "fire:panel-1/z01.alarm"
    kinds = [said["t"] for said in deaf.heard if said["t"] in ("ahead", "ev")]
    assert len(kinds) - 1 - kinds[::-1].index("ahead") < len(kinds) - 1, "the rest came after it"
    assert deaf.rows == told(web)


async def test_repeats_of_an_alarm_that_wait_for_a_slow_console_are_told_as_the_last_with_its_count(
    web: Running,
) -> None:
    deaf = await _deaf(web)
    for n in range(6000):
        for panel in (1, 2):
            active = n % 2 == 0
            web.hub.change(
                f"fault:panel-{panel}/door", "raise" if active else "return", active=active, acked=False,
                category="fault", priority=Priority.LOW,
            )  # fmt: skip
        if n % 100 == 0:
            await asyncio.sleep(0)
    deaf.socket._conn.transport.resume_reading()  # type: ignore[union-attr]
    await deaf.until("ev", seq=web.hub.seq)
    assert [said for said in deaf.heard if said["t"] == "lost"] == []
    assert sum(said["t"] == "ev" for said in deaf.heard) < 12_000
    assert deaf.rows == told(web)
    assert {row["raised"] for row in deaf.rows.values()} == {3000}
