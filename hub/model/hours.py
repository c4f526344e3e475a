"""When a rule applies: days and hours on the wall clock of the site, summer time included."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hub.model.clock import SECOND, Timestamp
from hub.model.rule import Hours


def is_open(hours: Hours, zone: ZoneInfo, now: Timestamp) -> bool:
    """Tell whether a rule with these hours applies at an instant."""
    local = datetime.fromtimestamp(now // SECOND, zone)
    return any(start <= now < end for start, end in _spans(hours, zone, local.date()))


def next_turn(hours: Hours, zone: ZoneInfo, now: Timestamp) -> Timestamp:
    """Return the next instant at which the hours begin or end."""
    local = datetime.fromtimestamp(now // SECOND, zone)
    turns = [t for ahead in range(9) for span in _spans(hours, zone, local.date() + timedelta(ahead)) for t in span]
    return min(t for t in turns if t > now)


def _spans(hours: Hours, zone: ZoneInfo, day: date) -> list[tuple[Timestamp, Timestamp]]:
    """Return the spans that begin on a day or the day before it."""
    return [_span(hours, zone, d) for d in (day - timedelta(1), day) if d.weekday() in hours.days]


def _span(hours: Hours, zone: ZoneInfo, day: date) -> tuple[Timestamp, Timestamp]:
    later = day + timedelta(1) if hours.to <= hours.start else day
    return _instant(day, hours.start, zone), _instant(later, hours.to, zone)


def _instant(day: date, minutes: int, zone: ZoneInfo) -> Timestamp:
    """Return the instant of a wall-clock time; one that a change to summer time skips is counted from before it."""
    naive = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)
    return round(naive.replace(tzinfo=zone).astimezone(UTC).timestamp()) * SECOND
