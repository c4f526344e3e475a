"""What a driver is: five methods that know a protocol and nothing else.

No loop, sleep, retry, backoff, health, scaling or logging of failures lives in a driver; `drivers.runner` has all of
that. A driver serves one *line*: one connection, with every device that is reached through it (several unit ids behind
one Modbus gateway, every sensor of one MQTT broker).
"""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct
from pydantic import BaseModel

from hub.model import (
    Block,
    DeviceId,
    DeviceState,
    EventMap,
    FoundGroup,
    FoundRow,
    Intake,
    PointId,
    Reason,
    Sample,
    Timestamp,
    Value,
)

FoundRows = Callable[[DeviceId, str, Sequence[FoundRow]], None]
"""Told of the rows that a group of a device has now."""


def nobody(device: DeviceId, group: str, rows: Sequence[FoundRow]) -> None:
    """Let rows be found that nobody asked about."""


class BoundPoint(Struct, frozen=True):
    """A point as its driver needs it: whose it is, what to call it, where it lives."""

    id: PointId
    device: DeviceId
    address: Any
    """The driver's own address model, validated."""
    writable: bool = False
    urgent: bool = False
    """Whether somebody may have to act at once: lane `life_safety` or `alarm`."""


class Neighbour(Struct, frozen=True):
    """Another device of the site, for a driver that listens on behalf of others."""

    driver: str
    host: str
    """Where it is reached; empty for a driver that has no endpoint."""


class BoundDevice(Struct, frozen=True):
    """A device as its driver needs it."""

    id: DeviceId
    connection: Any
    """The driver's own connection model, validated, secrets resolved."""
    points: tuple[BoundPoint, ...]
    events: tuple[EventMap, ...] = ()
    timeout: float = 3.0
    """Seconds a request may take."""
    limits: dict[str, Any] = {}
    """From the profile: largest read, forbidden ranges and the like, in the driver's own words."""
    site: str = ""
    """The site's id, for names that two hubs at one server must not share."""
    state: str = ""
    """The hub's state folder, for what must outlive a run (certificates, trust); empty: there is none."""
    found: tuple[FoundGroup, ...] = ()
    """Tables that are looked at for rows which nobody listed."""
    neighbours: Mapping[DeviceId, Neighbour] = {}
    """Every enabled device of the site, for drivers whose spec says `hears`."""


class Sink(Protocol):
    """Where a driver or the runner hands over what it got. Never waits; never raises for bad input."""

    def take(self, intake: Intake) -> None:
        """Take one batch; `intake.release` is called, in the event loop, once the batch is durable."""
        ...

    def report(self, device: DeviceId, state: DeviceState, reason: str = "", detail: str = "") -> None:
        """Take the health of a device as it is seen now; only a change makes news."""
        ...

    def last_heard(self, device: DeviceId) -> int | None:
        """Return the hub time (ns) of the device's last sample or event, or None."""
        ...

    async def receipts(self, source: str) -> bytes:
        """Return the keys of the messages of a source that are durable (see `Receipt`), whoever took them when."""
        ...


class Driver(Protocol):
    """One line of one protocol. Every method may raise Unreachable or Misconfigured; each says what else."""

    async def open(self) -> None:
        """Connect, sign in. Callable again after `close`."""
        ...

    async def read(self, points: Sequence[BoundPoint]) -> Sequence[Sample | Block]:
        """Return each point asked, all of one device, once: a raw value, or the reason there is none.

        Good numbers that come together may be handed over as one block: fifty registers cost hardly more than one.

        Raises NoAnswer when this device is silent though the line works.
        """
        ...

    async def subscribe(self, sink: Sink) -> None:
        """Hand over whatever the line's devices say until it is lost (Unreachable). For lines that are told."""
        ...

    async def write(self, point: BoundPoint, value: Value) -> None:
        """Set one point to a raw value. Raises NoAnswer, Refused."""
        ...

    async def close(self) -> None:
        """Disconnect; safe to call twice and after a failed `open`."""
        ...


class Acknowledger(Protocol):
    """A driver that can tell its devices that a person has acknowledged an alarm."""

    async def acknowledge(self, point: PointId, comment: str, seen: Timestamp) -> int:
        """Acknowledge what stood behind a point's alarm at hub time `seen` (ns); return how much waited for it.

        Twice is as good as once. Raises Refused (the device will not), NoAnswer, Unreachable.
        """
        ...


class Kept(Struct, frozen=True):
    """Something that a device keeps until it is told that it is safe here."""

    intake: Intake | None
    """What it says; None: it was handed over before, and only telling the device had failed."""
    settle: Callable[[], Awaitable[None]]
    """Tell the device that it may forget it; called once `intake` is durable. Raises as `Driver.write`."""
    more: int = 0
    """How many the device keeps behind it."""
    stuck: bool = False
    """Whether the device was told already, took it, and shows it still."""


class Keeper(Protocol):
    """A driver whose devices keep events until these are safe here: the fifth thing a polled line may do."""

    def keeps(self, device: DeviceId) -> bool:
        """Tell whether a device keeps anything."""
        ...

    async def kept(self, device: DeviceId) -> Kept | None:
        """Return the oldest that a device keeps, or None. Raises Refused, NoAnswer, Unreachable, Misconfigured."""
        ...


@runtime_checkable
class Recalling(Keeper, Protocol):
    """A keeper whose devices cannot forget: what was taken is known by receipts, which outlive the hub's run."""

    def source(self, device: DeviceId) -> str:
        """Return the source of a device's receipts (see `Receipt`) until they were recalled, then nothing."""
        ...

    def recall(self, device: DeviceId, keys: bytes) -> None:
        """Take for known what an earlier run has made durable."""
        ...


@runtime_checkable
class Receiving(Protocol):
    """A driver whose devices push to the hub's own web server."""

    def largest(self, device: DeviceId) -> int:
        """Return how many bytes a body of the device may have."""
        ...

    async def receive(self, device: DeviceId, key: str, signed_at: str, signature: str, body: bytes) -> bool:
        """Take one request; True once it is durable, False when it was before. Raises Refused."""
        ...


class Picture(Struct, frozen=True):
    """What a camera saw."""

    device: DeviceId
    at: Timestamp
    """Hub time (ns) when it was there in full; a camera's own clock is in the picture, if anywhere."""
    kind: str
    """Media type: `image/jpeg`."""
    body: bytes
    """At most 2 MiB, looked at no further than that it begins and ends as its kind does."""


@runtime_checkable
class Photographer(Protocol):
    """A driver whose devices can be asked for a picture, while its line is open and beside all else it does."""

    async def picture(self, device: DeviceId) -> Picture:
        """Return what the device sees now, in bounded time. Raises Refused (it gives none), DriverError.

        A failure here is no failure of the line.
        """
        ...


@runtime_checkable
class Finder(Protocol):
    """A driver that can tell which rows the tables of its devices have."""

    async def found(self, device: DeviceId, group: FoundGroup) -> Sequence[FoundRow] | None:
        """Return the rows of a group's table, or None when they are what they were at the last call.

        Raises Refused (it is too large, it has no end), NoAnswer, Unreachable, Misconfigured.
        """
        ...


class Seen(Struct, frozen=True):
    """One thing that passed on the wire while a device was traced."""

    way: str
    """`sent`, `received`, `value`, `fault`."""
    says: str
    """What it means."""
    raw: bytes = b""
    """The bytes themselves; empty for a value or a fault."""


class Tracer(Protocol):
    """Speaks with one device, read-only and on a connection of its own, until cancelled. Raises DriverError."""

    async def __call__(self, device: BoundDevice, tell: Callable[[Seen], None]) -> None:
        """Tell everything that passes."""
        ...


class Knock(Protocol):
    """Tries the hub itself on behalf of a device that pushes to it; what is sent is refused, so nothing is stored."""

    async def __call__(self, device: BoundDevice, url: str, certificate: str) -> None:
        """Raise Unreachable (no hub there), NoAnswer, Misconfigured (another site), Refused (another secret)."""
        ...


class DriverSpec(Struct, frozen=True):
    """What the rest of the house knows of a driver before its library is imported."""

    name: str
    connection: type[BaseModel]
    """Model of `connection:` of a device."""
    address: type[BaseModel]
    """Model of `address:` of a point."""
    event: type[BaseModel] | None
    """Model of `address:` of an event map; None: this driver has no events."""
    line: Callable[[Any], Hashable]
    """Connection model → key; devices with equal keys share one driver."""
    load: Callable[[], Callable[[Sequence[BoundDevice]], Driver]]
    """Import the library and return the driver's constructor. Raises ImportError naming the missing extra."""
    pushes: bool = False
    """Whether devices report by themselves (`subscribe`) instead of being asked (`read`)."""
    endpoint: Callable[[Any], tuple[str, int]] | None = None
    """Connection model → host and port, for `check --connect` and for pointing a device at its simulator; port 0: the
    place is none of the network (a serial port)."""
    opens: int | None = None
    """How many of its lines may be opened in a second, where opening takes many questions; None: as of all others."""
    datagrams: bool = False
    """Whether that is a UDP port: nobody can tell whether it is open before the protocol has spoken."""
    exclusive: bool = False
    """Whether a second session ends the first (MQTT's client id): whoever looks beside a running hub uses `trace`."""
    redirect: Callable[[Any, str, int], Any] | None = None
    """(connection model, host, port) → the same connection at another address (a simulator's)."""
    example: Callable[[Any, Any], Value | Reason] | None = None
    """(address model, raw as an example writes it) → the raw value a sample would carry, or why there is none."""
    happening: Callable[[Any, Any], Mapping[str, Value | None] | None] | None = None
    """(event map, raw as an example writes it) → attributes of the event, or None when it is not that event."""
    found: type[BaseModel] | None = None
    """Model of `address:` of a found group; None: this driver cannot find rows by itself, and is no `Finder`."""
    cell: Callable[[Any, FoundRow], Mapping[str, Any]] | None = None
    """(address of a found group, row) → the fields of a point's address that its row decides."""
    limits: type[BaseModel] | None = None
    """Model of `limits:` of a profile or device; None: this driver has none."""
    hears: bool = False
    """Whether its devices speak for others (a receiver of traps) and have to know where these are."""
    acknowledges: Callable[[Any, Any], bool] | None = None
    """(connection model, address model) → whether an alarm of the point, acknowledged here, is acknowledged there too:
    the driver then is an `Acknowledger`; None: never."""
    pictures: bool = False
    """Whether its drivers are `Photographer`s."""
    trace: Callable[[], Tracer] | None = None
    """Import the library and return what `citywatch trace` uses; None: this driver cannot be traced."""
    knock: Callable[[], Knock] | None = None
    """For devices that push to the hub's own web server: return what `citywatch doctor` tries it with."""
