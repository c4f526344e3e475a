"""The chain out: from a watermark, in order, again and again, until the destination has it."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from adapters.outbound import Away, Load, Outbound


class Numbers:
    """A source of the numbers 1, 2, 3, …"""

    def __init__(self, last: int, most: int = 10) -> None:
        self.last = last
        self.trimmed = 0
        self._most = most
        self._news = asyncio.Event()

    def grow(self, last: int) -> None:
        self.last = last
        self._news.set()

    async def wait_beyond(self, seq: int) -> None:
        while self.last <= seq:
            self._news.clear()
            await self._news.wait()

    async def read(self, after: int) -> Load[int]:
        items = list(range(after + 1, min(self.last, after + self._most) + 1))
        return Load(items, items[-1], len(items), items[-1] < self.last)

    def trim(self, seq: int) -> None:
        self.trimmed = seq


class Destination:
    """Remembers what it got; fails when told."""

    def __init__(self) -> None:
        self.got: list[int] = []
        self.refusals: list[str] = []
        self.opened = 0

    @property
    def mark(self) -> int:
        return self.got[-1] if self.got else 0

    async def send(self, load: Load[int]) -> None:
        if self.refusals:
            raise Away(self.refusals.pop())
        self.got += load.items

    @asynccontextmanager
    async def connect(self):
        self.opened += 1
        if self.refusals and self.refusals[-1] == "closed":
            raise Away(self.refusals.pop())
        yield self


class Sleeps(list):
    async def __call__(self, seconds: float) -> None:
        self.append(seconds)
        await asyncio.sleep(0)


@asynccontextmanager
async def carrying(source: Numbers, destination: Destination, sleeps: Sleeps | None = None):
    chain = Outbound("test", source, destination.connect, pace=0.5, sleep=Sleeps() if sleeps is None else sleeps)
    task = asyncio.create_task(chain.run())
    try:
        yield chain
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_everything_arrives_in_order_and_the_source_is_trimmed():
    source, destination, sleeps = Numbers(35), Destination(), Sleeps()
    async with carrying(source, destination, sleeps) as chain:
        await chain.drained()
        assert destination.got == list(range(1, 36))
        assert (source.trimmed, chain.lag) == (35, 0)
        assert (chain.statistics.sent, chain.statistics.loads, chain.statistics.connected) == (35, 4, True)
        source.grow(40)
        assert chain.lag == 5
        await chain.drained()
        assert destination.got == list(range(1, 41))
    assert sleeps in ([0.5], [0.5, 0.5])  # only a load that left nothing behind was followed by a pause
    assert chain.statistics.connected is False


async def test_it_goes_on_from_where_the_destination_stands():
    source, destination = Numbers(20), Destination()
    destination.got = list(range(1, 13))
    async with carrying(source, destination) as chain:
        await chain.drained()
    assert destination.got == list(range(1, 21))
    assert chain.statistics.sent == 8


async def test_a_destination_that_is_away_is_tried_again_ever_more_slowly_and_spoken_of_once():
    source, destination, sleeps = Numbers(10), Destination(), Sleeps()
    destination.refusals = ["closed"] * 9
    with capture_logs() as spoken:
        async with carrying(source, destination, sleeps) as chain:
            await chain.drained()
    assert sleeps[:9] == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]
    assert [line["event"] for line in spoken] == [
        "destination is away; nothing is lost meanwhile",
        "destination is back",
    ]
    assert (chain.statistics.failures, chain.statistics.trouble) == (9, None)


async def test_a_load_that_fails_is_sent_again_on_a_new_connection():
    source, destination = Numbers(25), Destination()
    destination.refusals = ["cut", "cut"]
    async with carrying(source, destination) as chain:
        await chain.drained()
    assert destination.got == list(range(1, 26))
    assert destination.opened == 3


async def test_an_error_that_is_a_mistake_of_ours_is_not_swallowed():
    class Broken(Destination):
        async def send(self, load: Load[int]) -> None:
            raise ZeroDivisionError

    chain = Outbound("test", Numbers(1), Broken().connect, sleep=Sleeps())
    with pytest.raises(ZeroDivisionError):
        await chain.run()
