"""Times as the driver of the database wants them, and back: pure."""

from datetime import UTC, datetime, timedelta

from hub.model import Timestamp
from hub.wire.rows import MICROSECOND

UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(at: Timestamp) -> datetime:
    """Return a timestamp as the driver of the database wants it."""
    return UNIX_EPOCH + timedelta(microseconds=at // MICROSECOND)


def timestamp(at: datetime) -> Timestamp:
    """Return an instant from the database as a timestamp."""
    delta = at - UNIX_EPOCH
    return ((delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds) * MICROSECOND
