"""The chain on which everything leaves the hub: from a watermark → batch → send → advance the watermark; for ever.

The source is durable (spool, journal) or always current (latest values), the destination remembers how far it got and
says so when it is opened. So a restart, an outage and normal running are the same code, and nothing is kept in memory
that would be lost.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Generic, Protocol, TypeVar

import structlog
from msgspec import Struct

from hub.model import StorageError

log = structlog.get_logger(__name__)

FIRST_DELAY_S, LONGEST_DELAY_S = 0.25, 15.0
LONGEST_SEND_S = 60.0
"""A destination that is silent for longer is away, though its connection stands (half-open, stopped, swallowed)."""


class Away(StorageError):
    """The destination cannot take anything now, so the caller may try again later."""


@asynccontextmanager
async def answering(seconds: float | None = None) -> AsyncIterator[None]:
    """Give what is inside so much time for its answer, LONGEST_SEND_S unless told otherwise. Raises Away."""
    longest = LONGEST_SEND_S if seconds is None else seconds
    try:
        async with asyncio.timeout(longest):
            yield
    except TimeoutError:
        raise Away(f"no answer within {longest:g} s, though the connection stands; opening another") from None


T = TypeVar("T")


class Load(Struct, Generic[T], frozen=True):
    """What is carried at once: `items` up to and including number `last`; empty when there is nothing to carry."""

    items: list[T]
    last: int
    records: int
    full: bool = False
    """More is waiting: go on at once."""


class Source(Protocol[T]):
    """What is carried, numbered, from a place that survives us."""

    @property
    def last(self) -> int:
        """The number of the newest item."""
        ...

    async def wait_beyond(self, seq: int) -> None:
        """Wait for an item after `seq`."""
        ...

    async def read(self, after: int) -> Load[T]:
        """Return the next load after number `after`."""
        ...

    def trim(self, seq: int) -> None:
        """Take note that everything up to `seq` has arrived."""
        ...


class Session(Protocol[T]):
    """An open way to a destination."""

    @property
    def mark(self) -> int:
        """The last number that the destination has."""
        ...

    async def send(self, load: Load[T]) -> None:
        """Deliver a load and its number as one: all of it or, raising Away, nothing."""
        ...


class Statistics(Struct):
    """What a chain has done, for the metrics."""

    connected: bool = False
    mark: int = 0
    sent: int = 0
    loads: int = 0
    failures: int = 0
    trouble: str | None = None
    """Why nothing can be sent at present."""


class Outbound(Generic[T]):
    """Carries one source to one destination. `pace` seconds lie between two loads unless the source is behind."""

    def __init__(
        self,
        name: str,
        source: Source[T],
        connect: Callable[[], AbstractAsyncContextManager[Session[T]]],
        *,
        pace: float = 0.0,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self.statistics = Statistics()
        self._source = source
        self._connect = connect
        self._pace = pace
        self._sleep = sleep
        self._delay = FIRST_DELAY_S
        self._arrived = asyncio.Event()

    @property
    def lag(self) -> int:
        """How many numbers the destination is behind."""
        return max(0, self._source.last - self.statistics.mark)

    async def run(self) -> None:
        """Carry until cancelled; when the destination is away try again after 0.25 s, doubling up to 15 s."""
        while True:
            try:
                async with self._session() as session:
                    await self._carry(session)
            except Away as trouble:
                self._note(trouble)
            await self._sleep(self._delay)
            self._delay = min(self._delay * 2, LONGEST_DELAY_S)

    async def drained(self) -> None:
        """Wait until the destination has everything that the source holds at this moment."""
        target = self._source.last
        while self.statistics.mark < target:
            self._arrived.clear()
            await self._arrived.wait()

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Session[T]]:
        async with self._connect() as session:
            self._advance(session.mark)
            if self.statistics.trouble is not None:
                log.info("destination is back", part=self.name, behind=self.lag)
            self.statistics.connected, self.statistics.trouble = True, None
            try:
                yield session
            finally:
                self.statistics.connected = False

    async def _carry(self, session: Session[T]) -> None:
        while True:
            await self._source.wait_beyond(self.statistics.mark)
            load = await self._source.read(self.statistics.mark)
            if load.items:
                async with answering():
                    await session.send(load)
                self.statistics.sent += load.records
                self.statistics.loads += 1
                self._delay = FIRST_DELAY_S
            self._advance(load.last)
            if not load.full:
                await self._sleep(self._pace)

    def _advance(self, seq: int) -> None:
        self.statistics.mark = seq
        self._source.trim(seq)
        self._arrived.set()

    def _note(self, trouble: Away) -> None:
        self.statistics.failures += 1
        if self.statistics.trouble is None:
            log.warning("destination is away; nothing is lost meanwhile", part=self.name, reason=str(trouble))
        self.statistics.trouble = str(trouble)
