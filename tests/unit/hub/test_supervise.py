"""Parts fail and are started again; stopping ends every one of them."""

import asyncio

import pytest

from hub import supervise
from hub.supervise import Supervisor
from tests.support.virtual_loop import virtual_run


class Part:
    """Runs for so many seconds, then fails or ends."""

    def __init__(self, *seconds: float, fails: bool = True) -> None:
        self.seconds = list(seconds)
        self.fails = fails
        self.starts: list[float] = []
        self.cancelled = False

    async def __call__(self) -> None:
        self.starts.append(asyncio.get_running_loop().time())
        try:
            await asyncio.sleep(self.seconds.pop(0) if self.seconds else 1e9)
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if self.fails:
            raise RuntimeError("broken")


def gaps(part: Part) -> list[float]:
    return [round(b - a, 2) for a, b in zip(part.starts, part.starts[1:], strict=False)]


def run(part: Part, seconds: float) -> Supervisor:
    async def main() -> Supervisor:
        supervisor = Supervisor()
        supervisor.start("part", part)
        await asyncio.sleep(seconds)
        await supervisor.stop()
        return supervisor

    return virtual_run(main())


@pytest.mark.parametrize("fails", [True, False])
def test_a_part_that_fails_or_ends_is_started_again_after_growing_waits(fails: bool):
    part = Part(*[0.0] * 9, fails=fails)
    supervisor = run(part, 200)
    assert gaps(part) == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]
    assert supervisor.restarts["part"] == 9


def test_a_part_that_held_for_a_while_is_started_again_soon():
    part = Part(0, 0, 0, 0, 0, 61, 0)
    run(part, 300)
    assert gaps(part)[-2:] == [61.25, 0.5]


def test_stopping_cancels_every_part_last_started_first():
    order: list[str] = []

    async def main() -> None:
        supervisor = Supervisor()
        for name in ("first", "second"):

            async def part(name: str = name) -> None:
                try:
                    await asyncio.Event().wait()
                finally:
                    order.append(name)

            supervisor.start(name, part)
        await asyncio.sleep(0)
        await supervisor.stop()
        await supervisor.stop()

    asyncio.run(main())
    assert order == ["second", "first"]


def test_a_part_that_swallows_a_cancellation_is_stopped_all_the_same(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(supervise, "AGAIN", 0.01)

    async def stubborn() -> None:
        for _ in range(2):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                pass
        await asyncio.Event().wait()

    async def main() -> None:
        supervisor = Supervisor()
        supervisor.start("stubborn", stubborn)
        await asyncio.sleep(0)
        await asyncio.wait_for(supervisor.stop(), 10)

    asyncio.run(main())
