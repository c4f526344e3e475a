"""Which cells of a row are which points and events of a device; made from its profile, pure."""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from drivers.base import BoundDevice
from drivers.files.address import Address, Connection, Event
from drivers.files.cell import flag, moment, number
from drivers.files.sheet import LONGEST_LIST, Refusal, Row, sheet
from hub.model import DeviceEvent, EventMap, PointId, Reason, Sample, Timestamp, Value

PIECE = 1000
"""Rows that are handed over together."""


class Piece(Struct, frozen=True):
    """Some rows of a file, as what they say."""

    first: int
    """Number of its first row, from 1."""
    samples: list[Sample]
    events: list[DeviceEvent]


class Judged(Struct, frozen=True):
    """A whole file that may be taken."""

    pieces: list[Piece]
    rows: int
    unmatched: int
    """Rows that are of no point and no event."""


class Form:
    """What a device's files look like."""

    def __init__(self, device: BoundDevice) -> None:
        connection: Connection = device.connection
        self._device = device
        self._delimiter = connection.delimiter
        self._zone = None if connection.zone is None else ZoneInfo(connection.zone)
        self._points: list[tuple[PointId, Address]] = [
            (p.id, p.address) for p in device.points if p.address is not None
        ]
        self.columns = tuple(dict.fromkeys(self._named()))

    def _named(self) -> Iterable[str]:
        for _, address in self._points:
            yield from (*address.where, address.column, *((address.time,) if address.time else ()))
        for event in self._device.events:
            a: Event = event.address
            yield from (*a.where, *a.key, *a.present, *((a.time,) if a.time else ()), *event.attributes.values())

    def judge(self, body: bytes, digest: str, most: int, now: Timestamp) -> Judged:
        """Return what a file says. Raises Refusal."""
        found = sheet(body, self.columns, self._delimiter, most)
        pieces, errors, unmatched = list[Piece](), list[tuple[int, str]](), 0
        for n, (line, row) in enumerate(found.rows):
            if n % PIECE == 0:
                pieces.append(Piece(n + 1, [], []))
            try:
                samples, events = self.read(row, f"{digest[:32]}/{n + 1}", now)
            except ValueError as error:
                errors.append((line, str(error)))
                if len(errors) >= LONGEST_LIST:
                    break
                continue
            unmatched += not samples and not events
            pieces[-1].samples.extend(samples)
            pieces[-1].events.extend(events)
        if errors:
            raise Refusal("rows", errors)
        return Judged(pieces, len(found.rows), unmatched)

    def read(self, row: Row, number_of: str, now: Timestamp) -> tuple[list[Sample], list[DeviceEvent]]:
        """Return what a row says; `number_of` tells it from every other row of every file. Raises ValueError."""
        samples = [s for point, a in self._points if (s := self._sample(point, a, row)) is not None]
        events = [e for m in self._device.events if (e := self._event(m, row, number_of, now)) is not None]
        return samples, events

    def _sample(self, point: PointId, a: Address, row: Row) -> Sample | None:
        if not row[a.column] or not meant(row, a.where):
            return None
        at = self._time(a, row)
        return Sample(point, value(a, row[a.column]), at)

    def _event(self, event: EventMap, row: Row, number_of: str, now: Timestamp) -> DeviceEvent | None:
        a: Event = event.address
        if not meant(row, a.where) or not all(row[c] for c in a.present):
            return None
        keys = [row[c] for c in a.key]
        if a.key and not any(keys):
            return None
        if not all(keys):
            raise ValueError(f"the key is not whole: {', '.join(c for c in a.key if not row[c])} is empty")
        attributes: dict[str, Value | None] = {
            name: _attribute(column, row[column], column in a.numbers) for name, column in event.attributes.items()
        }
        name = f"{event.name}/{'/'.join(keys) if keys else number_of}"
        return DeviceEvent(self._device.id, event.kind, attributes, self._time(a, row), now, name, event.lane)

    def _time(self, a: Address | Event, row: Row) -> Timestamp | None:
        if a.time is None or not row[a.time]:
            return None
        try:
            return moment(row[a.time], a.time_format, self._zone)
        except ValueError as error:
            raise ValueError(f"column {a.time!r}: {error}") from None


def meant(row: Row, where: dict[str, str]) -> bool:
    """Tell whether a row is the one that is asked for."""
    return all(row.get(column) == wanted for column, wanted in where.items())


def value(a: Address, cell: str) -> Value:
    """Return what a cell says of a point. Raises ValueError naming the column."""
    try:
        return number(cell, a.decimal) if a.type == "number" else flag(cell) if a.type == "flag" else cell
    except ValueError as error:
        raise ValueError(f"column {a.column!r}: {error}") from None


def _attribute(column: str, cell: str, numeric: bool) -> Value | None:
    if not cell or not numeric:
        return cell or None
    try:
        return number(cell, "comma" if "," in cell else "point")
    except ValueError as error:
        raise ValueError(f"column {column!r}: {error}") from None


def example(address: Address, given: object) -> Value | Reason:
    """Return what a sample would carry for the table of a profile's example; waiting: nothing is said."""
    columns: Sequence[str] = (*address.where, address.column)
    try:
        found = sheet(str(given).encode(), columns, "auto", PIECE)
        cells = [row[address.column] for _, row in found.rows if meant(row, address.where)]
        said = [value(address, cell) for cell in cells if cell]
    except Refusal:
        return Reason.REFUSED
    except ValueError:
        return Reason.UNDECODABLE
    return said[-1] if said else Reason.WAITING
