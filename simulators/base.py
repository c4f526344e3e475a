"""What the simulator of a line is, and what it is handed."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from msgspec import Struct

from hub.model import Device, DeviceId, EventMap, PointId, Timestamp
from simulators.faults import Faults
from simulators.process import Process

LOOPBACK = "127.0.0.1"
"""Simulators are reachable from this machine alone."""


class Override(Struct, frozen=True):
    """Where a line answers now: host and port, and the other fields of its connection that differ."""

    host: str
    port: int
    extra: Mapping[str, Any] = {}


class Receiver(Struct, frozen=True):
    """Where devices of the site send what they tell by themselves, and what that is called there."""

    host: str
    port: int
    connection: Any
    """The receiving driver's own connection model."""
    events: tuple[EventMap, ...]


class Hub(Struct, frozen=True):
    """Where a hub takes what is pushed to it."""

    url: str
    """Scheme, host and port."""
    certificate: str = ""
    """PEM file of its own certificate, when it speaks TLS."""


class Told(Struct, frozen=True):
    """Something that a device tells by itself."""

    device: DeviceId
    name: str
    """What the receiver's profile calls it."""
    about: PointId | None = None
    """The point that it is about, where a table has several."""
    confirmed: bool = False
    """Whether it is told again until it is answered."""


class Line(ABC):
    """One simulated line: one listening address with every device that is reached through it."""

    faults_known: ClassVar[frozenset[str]] = frozenset()
    """Kinds of faults that this protocol can show."""

    def __init__(self, devices: Sequence[Device], process: Process, faults: Faults) -> None:
        self.devices = tuple(devices)
        self.process = process
        self.faults = faults

    @abstractmethod
    async def start(self) -> Override:
        """Listen on a free loopback port and say where. Raises OSError."""

    @abstractmethod
    async def stop(self) -> None:
        """Close everything; safe to call twice and after a failed `start`."""

    @abstractmethod
    def tick(self, now: Timestamp) -> None:
        """Let time pass: show on the wire what the process says at `now`."""

    @abstractmethod
    def changed(self, point: PointId, now: Timestamp) -> None:
        """Show at once that somebody set this point."""

    @abstractmethod
    def disturbed(self, device: DeviceId, now: Timestamp) -> None:
        """Show at once that a fault of this device began or ended."""

    def aim(self, hub: Hub) -> None:  # noqa: B027 - most devices are asked, and need not know who asks
        """Say where the hub takes what devices push to it."""

    def receiver(self) -> Receiver | None:
        """Return where notifications go, when that is what this line stands for."""
        return None

    def tell(self, told: Told, receiver: Receiver) -> None:
        """Let a device tell something by itself.

        Raises KeyError when the receiver has no event of that name, ValueError when such devices tell nothing.
        """
        raise ValueError(f"{told.device} tells nothing by itself")

    def happen(self, device: DeviceId, name: str, data: Mapping[str, str], now: Timestamp) -> None:
        """Let a device report an event of its profile once.

        Raises KeyError when its profile has none of that name, ValueError when such devices report none.
        """
        del name, data, now
        raise ValueError(f"{device} reports no events by itself")
