"""Calendar windows in a site's time zone: the hour, day, week (from Monday) or month, and those it is compared with."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MOMENT = timedelta(microseconds=1)
Window = tuple[datetime, datetime]


def last_complete(window: str, at: datetime, zone: ZoneInfo) -> Window:
    """Return the newest window that is over at an instant, in UTC."""
    end = _begin(window, at, zone)
    return _begin(window, end - MOMENT, zone), end


def earlier(window: str, compare: str, start: datetime, end: datetime, zone: ZoneInfo) -> Window:
    """Return the window that one is compared with."""
    if compare == "previous":
        return _begin(window, start - MOMENT, zone), start
    return _shifted(start, compare, zone), _shifted(end, compare, zone)


def _begin(window: str, at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    if window == "hour":
        return at - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if window == "week":
        day = day - timedelta(days=day.weekday())
    elif window == "month":
        day = day.replace(day=1)
    return day.astimezone(UTC)


def _shifted(at: datetime, compare: str, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    if compare != "year":
        return (local - timedelta(days={"day": 1, "week": 7}[compare])).astimezone(UTC)
    # The last day of February has no counterpart in three years of four.
    day = 28 if (local.month, local.day) == (2, 29) else local.day
    return local.replace(year=local.year - 1, day=day).astimezone(UTC)
