"""The latest value of every point, for `v_latest`: once a second, or less often when very many change."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from adapters.outbound import Load
from adapters.timescale.connections import Connection, away_on_error
from hub.model import PointId, Reading
from hub.wire.copy import HEADER, TRAILER, encode_readings

EVERY_S = 1.0
PER_S = 2_000
"""Points that may be written anew in a second: a view of ten thousand busy points is five seconds old, no more."""
AT_ONCE = 500
"""Readings encoded in one turn of the event loop: ten thousand at once would hold up an alarm for 20 ms."""

INCOMING = "create temp table if not exists incoming (like reading) on commit delete rows"
COPY = "copy incoming (time, value, point_id, lag_ms, quality, text) from stdin (format binary)"
UPSERT = """
insert into point_state (point_id, time, value, lag_ms, quality, text)
select point_id, time, value, lag_ms, quality, text from incoming
on conflict (point_id) do update set
  time = excluded.time, value = excluded.value, lag_ms = excluded.lag_ms, quality = excluded.quality,
  text = excluded.text
"""


class LatestSource:
    """What changed, merged until it has arrived: as many readings as there are points, never more."""

    def __init__(
        self, changed: Callable[[], Sequence[Reading]], sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self.last = 0
        self._changed = changed
        self._sleep = sleep
        self._pending: dict[PointId, Reading] = {}
        self._size = 0
        """How much was handed on last."""

    async def wait_beyond(self, seq: int) -> None:
        """Wait until something has changed; after a large load, a while longer."""
        if self._size > PER_S:
            await self._sleep(self._size / PER_S)
        while True:
            self._pending.update((reading.point, reading) for reading in self._changed())
            if self._pending:
                self.last, self._size = seq + 1, len(self._pending)
                return
            await self._sleep(EVERY_S)

    async def read(self, after: int) -> Load[Reading]:
        """Return everything that changed."""
        return Load(list(self._pending.values()), after + 1, len(self._pending))

    def trim(self, seq: int) -> None:
        """Forget what has arrived."""
        if seq and seq == self.last:
            self._pending.clear()


class LatestWriter:
    """One connection that keeps `point_state`."""

    mark = 0

    def __init__(self, connection: Connection, row_ids: Mapping[PointId, int]) -> None:
        self._connection = connection
        self._row_ids = row_ids

    async def open(self) -> None:
        """Make the table in which new values arrive. Raises Away."""
        with away_on_error():
            await self._connection.execute(INCOMING)

    async def send(self, load: Load[Reading]) -> None:
        """Store the latest readings. Raises Away."""
        known = [reading for reading in load.items if reading.point in self._row_ids]
        with away_on_error():
            async with self._connection.transaction(), self._connection.cursor() as cursor:
                async with cursor.copy(COPY) as copy:
                    await copy.write(HEADER)
                    for first in range(0, len(known), AT_ONCE):
                        part = known[first : first + AT_ONCE]
                        await copy.write(encode_readings(part, [self._row_ids[r.point] for r in part]))
                        await asyncio.sleep(0)
                    await copy.write(TRAILER)
                await cursor.execute(UPSERT)
