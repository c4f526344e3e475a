"""The stored past of a site in order of time, a span at a time: what rules are tried on."""

from collections.abc import AsyncIterator, Iterable
from itertools import groupby

from msgspec import Struct

from adapters.timescale.connections import Connection
from adapters.timescale.history import typed
from adapters.timescale.rows import instant, timestamp
from hub.model import (
    MINUTE,
    DeviceEvent,
    DeviceId,
    PointId,
    Quality,
    Reading,
    Reason,
    Site,
    Timestamp,
    row_id,
    split_point,
)

SLICE = 10 * MINUTE
"""Nanoseconds that are held in memory at a time."""
READINGS = """
select time, point_id, value, text, quality from reading
where time >= %(start)s and time < %(end)s and point_id = any(%(ids)s) order by time
"""
EVENTS = """
select time, device_id, kind, attributes from happening
where time >= %(start)s and time < %(end)s and device_id = any(%(ids)s) and kind = any(%(kinds)s) order by time, id
"""


class Heard(Struct):
    """What was heard at one instant."""

    at: Timestamp
    readings: list[Reading]
    events: list[DeviceEvent]


class Past:
    """The points and events of a site that somebody asks about."""

    def __init__(
        self, connection: Connection, site: Site, points: Iterable[PointId], told_of: Iterable[tuple[DeviceId, str]]
    ) -> None:
        self._connection = connection
        self._site = site
        self._points = {row_id(site.id, *split_point(point)): point for point in points}
        told = list(told_of)
        self._devices = {row_id(site.id, device): device for device, _ in told}
        self._kinds = sorted({kind for _, kind in told})
        self._seq = 0

    async def heard(self, start: Timestamp, end: Timestamp) -> AsyncIterator[tuple[Timestamp, list[Heard]]]:
        """Give (how far it is read, what was heard in a slice), slice by slice. Raises psycopg.Error."""
        while start < end:
            until = min(start + SLICE, end)
            yield until, await self._slice(start, until)
            start = until

    async def _slice(self, start: Timestamp, end: Timestamp) -> list[Heard]:
        span = {"start": instant(start), "end": instant(end)}
        rows = await self._connection.execute(READINGS, {**span, "ids": list(self._points)})
        seen: list[tuple[Timestamp, Reading | DeviceEvent]] = []
        async for time, point, value, text, quality in rows:
            at = timestamp(time)
            seen.append((at, self._reading(self._points[point], at, value, text, quality)))
        if self._kinds:
            events = await self._connection.execute(EVENTS, {**span, "ids": list(self._devices), "kinds": self._kinds})
            async for time, device, kind, attributes in events:
                at = timestamp(time)
                seen.append((at, DeviceEvent(self._devices[device], kind, attributes, at, at)))
        seen.sort(key=lambda item: item[0])
        return [_at(at, [what for _, what in group]) for at, group in groupby(seen, key=lambda item: item[0])]

    def _reading(self, point: PointId, at: Timestamp, value: float | None, text: str | None, quality: int) -> Reading:
        self._seq += 1
        known = self._site.points[point]
        return Reading(
            point,
            typed(known.type, value, text),
            Quality(quality // 256),
            Reason(quality % 256),
            at,
            at,
            self._seq,
        )


def _at(at: Timestamp, seen: list[Reading | DeviceEvent]) -> Heard:
    return Heard(at, [r for r in seen if isinstance(r, Reading)], [e for e in seen if isinstance(e, DeviceEvent)])
