"""What a month's report holds, asked of the store: each figure of a month, and what it was each day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from adapters.base import FigureValue
from adapters.timescale.connections import Connection
from adapters.timescale.figures import figure
from hub.model import Refused, Site, Text, Timestamp
from hub.model.figure import FigureSpec


class Day(Struct, frozen=True):
    """A figure of one day."""

    value: float | None
    coverage: float | None


class Line(Struct, frozen=True):
    """One figure of the report."""

    title: Text
    made: FigureValue
    quotient: float | None
    """Value to previous, whether or not the two may be compared."""
    days: Sequence[Day]


class Monthly(Struct, frozen=True):
    """A whole report; the same data give the same."""

    site: Text
    month: date
    previous: date
    lines: Sequence[Line]

    @property
    def hash(self) -> str:
        """SHA-256 over the hashes of the figures, hexadecimal."""
        return sha256("".join(line.made.hash for line in self.lines).encode()).hexdigest()


def month_of(text: str, now: Timestamp, timezone: str) -> date:
    """Return the first day of a month written as 2023-04. Raises Refused."""
    try:
        if len(text) != 7:
            raise ValueError(text)
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Refused("bad_month", f"'{text}' is no month; write it as 2023-04") from None
    if _midnight(_after(month), timezone) > datetime.fromtimestamp(now / 1e9, UTC):
        raise Refused("bad_month", f"{text} is not over; a month is reported when it is")
    return month


async def monthly(connection: Connection, site: Site, month: date) -> Monthly:
    """Return the report of a month. Raises Refused, StorageError while it is rolled up, psycopg.Error."""
    specs = [spec for spec in site.figures if spec.window == "month"]
    if not specs:
        raise Refused("no_figures", f"{site.id} has no figure with `window: month`; see docs/how-to/report-a-month.md")
    lines = [await _line(connection, site, spec, month) for spec in specs]
    return Monthly(site.title, month, (month - timedelta(days=1)).replace(day=1), lines)


async def _line(connection: Connection, site: Site, spec: FigureSpec, month: date) -> Line:
    made = await figure(connection, site, spec, _at(_after(month), site.timezone))
    daily = replace(spec, window="day", compare="none")
    days: list[Day] = []
    day = month
    while day.month == month.month:
        day += timedelta(days=1)
        one = await figure(connection, site, daily, _at(day, site.timezone))
        days.append(Day(one.value, one.coverage))
    quotient = made.value / made.previous if made.value is not None and made.previous else None
    return Line(spec.title, made, quotient, days)


def _after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _midnight(day: date, timezone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone))


def _at(day: date, timezone: str) -> Timestamp:
    return int(_midnight(day, timezone).timestamp()) * 1_000_000_000
