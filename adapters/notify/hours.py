"""Quiet hours: when a message of some priority may go out."""

from datetime import datetime, timedelta, tzinfo

from hub.model import SECOND, Priority, Timestamp
from hub.model.notify import Quiet

_DAY = 24 * 60


def quiet_until(quiet: Quiet | None, priority: Priority, at: Timestamp, zone: tzinfo) -> Timestamp:
    """Return when a message of `priority` may go out that is ready `at`: at once, or when the quiet hours end."""
    if quiet is None or priority not in quiet.priorities:
        return at
    local = datetime.fromtimestamp(at // SECOND, zone)
    minute = local.hour * 60 + local.minute
    if (minute - quiet.start) % _DAY >= (quiet.end - quiet.start) % _DAY:
        return at
    day = local.date() + timedelta(days=minute >= quiet.end)
    end = datetime(day.year, day.month, day.day, quiet.end // 60, quiet.end % 60, tzinfo=zone)
    return max(at, round(end.timestamp()) * SECOND)
