"""What another configuration would change of a running hub: shown before it is done, journaled when it was."""

from msgspec import Struct

from hub.model.clock import Timestamp
from hub.model.ids import AlarmId, DeviceId


class Difference(Struct, frozen=True):
    """What is new, what is gone, and what is there before and after and differs: id → the names of what differs."""

    added: list[str] = []
    changed: dict[str, list[str]] = {}
    removed: list[str] = []

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.added or self.changed or self.removed)


class Ending(Struct, frozen=True):
    """An alarm that stands and whose rule, device or point is no longer configured."""

    alarm: AlarmId
    state: str
    priority: str
    since: Timestamp
    text: str
    """In the site's language."""


class Plan(Struct, frozen=True):
    """What applying would do."""

    digest: str
    """Names the files that were read: what is applied is what was shown."""
    folder: str
    devices: Difference = Difference()
    rules: Difference = Difference()
    others: list[str] = []
    """Other parts of the site that differ: zones, channels, figures and the like."""
    reconnect: list[DeviceId] = []
    """Devices that stay and whose connection is made anew: it has changed, or it is shared with what has."""
    ends: list[Ending] = []
    waits: list[str] = []
    """Settings that differ and wait for a restart of the hub."""

    @property
    def changes(self) -> bool:
        """Whether applying would change anything."""
        return bool(self.devices or self.rules or self.others)
