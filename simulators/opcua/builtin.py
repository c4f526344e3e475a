"""Our values as the library's built-in types (OPC 10000-6, 5.1.2): node ids, status codes, times."""

from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

from asyncua import ua

from hub.model import Timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def node_id(name: int | str | UUID, namespace: int = 0) -> ua.NodeId:
    """Return a node id; its type follows from the type of its name."""
    return ua.NodeId(cast(ua.Int32, name), cast(ua.Int16, namespace))


def status(code: int) -> ua.StatusCode:
    """Return a status code by its number."""
    return ua.StatusCode(cast(ua.UInt32, code))


def named(code: str) -> ua.StatusCode:
    """Return a status code by its name in the standard."""
    return status(getattr(ua.StatusCodes, code))


def moment(at: Timestamp) -> ua.DateTime:
    """Return nanoseconds since 1970 as a time."""
    return cast(ua.DateTime, _EPOCH + timedelta(microseconds=at // 1000))
