"""Where the pictures of alarms are asked for."""

from typing import Protocol

from hub.album import Asked, Entry
from hub.model import AlarmId, DeviceId, Timestamp
from hub.roles import Person


class Pictured(Protocol):
    """The pictures of every alarm that has some."""

    async def listed(self, alarm: AlarmId, occurrence: int) -> tuple[Asked | None, list[Entry]]:
        """Return what an occurrence wanted kept and which pictures there are. Raises StorageError."""
        ...

    async def shown(
        self, person: Person, alarm: AlarmId, occurrence: int, camera: DeviceId, at: Timestamp
    ) -> bytes | None:
        """Return a picture of an occurrence once the journal has who looks. Raises Refused, StorageError."""
        ...
