"""What the engine must not forget, as JSON-ready values. Only what is not default is written.

`at` is when the engine last knew the time. The silence of a point (`stale_for`) does not go on while the hub itself is
down: what was left of the wait at `at` is left of it when the engine wakes.
"""

from typing import Any

import msgspec
from msgspec import Struct

from hub.model import Alarm, AlarmId, ServiceChange, Timestamp, Transition
from rules.flood import Kept


class Memory(Struct, frozen=True, omit_defaults=True):
    """The state of an engine between two runs."""

    at: Timestamp | None = None
    alarms: list[Alarm] = []
    pending: dict[AlarmId, Timestamp] = {}
    """Alarm → end of the delay that is running."""
    bands: dict[AlarmId, list[str]] = {}
    """Alarm → tests with a deadband whose last truth was true."""
    silences: dict[AlarmId, dict[str, Timestamp]] = {}
    """Alarm → `stale_for` test → when it will be true."""
    windows: dict[AlarmId, dict[str, dict[str, Any]]] = {}
    """Alarm → test that looks through a window → what is in it."""
    service: list[ServiceChange] = []
    """What is out of service."""
    mutes: dict[AlarmId, Timestamp] = {}
    """Alarm → since when its rule's hours or state mute it."""
    flood: Kept | None = None
    """What rang within the last minutes."""
    answers: list[Transition | ServiceChange] = []
    """What recent requests led to, oldest first."""
    version: int = 1


def to_json(memory: Memory) -> dict[str, Any]:
    """Return plain values that any JSON encoder takes."""
    built: dict[str, Any] = msgspec.to_builtins(memory)
    return built


def from_json(dump: dict[str, Any]) -> Memory:
    """Read back what `to_json` wrote; an empty dictionary is an engine that knows nothing. Raises ValueError."""
    return msgspec.convert(dump, Memory)
