"""What adapters are handed and what they offer each other through the hub, never directly."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from hub.kpi import Occurrence
from hub.model import (
    Alarm,
    AlarmId,
    Awaiting,
    CommandResult,
    DeviceId,
    DeviceStatus,
    OperatorAction,
    Outcome,
    PointId,
    Reading,
    Selection,
    ServiceChange,
    Site,
    Timestamp,
    Value,
)
from hub.model.notify import Delivery
from hub.model.playbook import Checklist
from hub.roles import Person


class Bucket(Struct, frozen=True):
    """One slice of a point's history: smallest, largest and last value, worst quality, how many readings."""

    at: Timestamp
    low: float | None
    high: float | None
    last: Value | None
    quality: int
    """The worst quality in the slice (0 good, 1 uncertain, 2 bad)."""
    count: int


class Gap(Struct, frozen=True):
    """A span of time of which something is known to be missing, and why; without an end it lasts."""

    start: Timestamp
    end: Timestamp | None
    cause: str
    """`device`, `link`, `hub`, `dropped`."""
    reason: str


class Coverage(Struct, frozen=True):
    """How complete a span is: the share of it without gaps (None for a span that has not begun), and the gaps."""

    share: float | None
    gaps: list[Gap]


class FigureValue(Struct, frozen=True):
    """A published number over one window, and the one it is compared with; times in ISO 8601."""

    figure: str
    aggregate: str
    unit: str | None
    start: str
    end: str
    value: float | None
    count: int
    """Readings or events of which it is made."""
    coverage: float | None
    previous_start: str | None
    previous_end: str | None
    previous: float | None
    previous_count: int
    previous_coverage: float | None
    ratio: float | None
    """Value to previous; only when the two may be compared."""
    comparable: bool
    reason: str
    """Why not, in one word."""
    hash: str
    """SHA-256 of all this as JSON with an empty `hash`: the same data give the same."""


class JournalRow(Struct, frozen=True):
    """One journaled record as it is searched and shown: its number, its time, its tagged body."""

    seq: int
    at: Timestamp
    kind: str
    body: dict[str, Any]


class Historian(Protocol):
    """The read side of the store. Every method raises StorageError while the database is away."""

    async def history(self, point: PointId, start: Timestamp, end: Timestamp, buckets: int) -> list[Bucket]:
        """Return a point's readings in [start, end) in at most `buckets` slices, oldest first, none empty."""
        ...

    async def coverage(self, point: PointId, start: Timestamp, end: Timestamp) -> Coverage:
        """Return how complete a point's past is in [start, end), as far as that is past."""
        ...

    async def figure(self, figure: str, at: Timestamp) -> FigureValue:
        """Return a figure of the newest window that is over at `at`. Raises KeyError for one that the site has not."""
        ...

    async def journal(self, *, before: int | None, limit: int, match: Mapping[str, str]) -> list[JournalRow]:
        """Return rows newest first, `seq` < `before`; `match` filters by kind, device, zone, category, alarm."""
        ...

    async def events(
        self, *, before: str | None, limit: int, kind: str | None, device: DeviceId | None
    ) -> list[dict[str, Any]]:
        """Return device events newest first, as JSON-ready rows with an `id` to page by."""
        ...

    async def occurrences(self, start: Timestamp, end: Timestamp) -> tuple[list[Occurrence], float]:
        """Return every occurrence that was raised or stood in [start, end), and for which share of it the hub ran."""
        ...

    async def ready(self) -> bool:
        """Tell whether the database answers."""
        ...


class Desk(Protocol):
    """Where operator actions are handed in."""

    async def act(self, action: OperatorAction) -> Outcome:
        """Carry an action out; returns when its effect is journaled, or with the reason why there is none."""
        ...


class Commander(Protocol):
    """Where commands to devices are handed in. Every method raises Refused, with one word and a sentence, and has then
    sent nothing.
    """

    async def write(
        self, person: Person, point: PointId, value: Value, note: str, request: str | None = None
    ) -> CommandResult:
        """Set one point, in engineering units; returns when the result is journaled."""
        ...

    def select(self, person: Person, device: DeviceId, name: str) -> Selection:
        """Choose a command; within ten seconds the same person may give it, once."""
        ...

    async def operate(
        self,
        person: Person,
        device: DeviceId,
        name: str,
        note: str,
        *,
        request: str | None = None,
        token: str | None = None,
    ) -> CommandResult:
        """Give a command; returns when the result is journaled. The same request twice has the effect of once.

        A dangerous one is not sent yet: its outcome is `awaiting`, a second person has to confirm it.
        """
        ...

    def awaiting(self) -> Sequence[Awaiting]:
        """Return the commands that wait for a second person, oldest first."""
        ...

    async def confirm(self, person: Person, id_: str, note: str) -> CommandResult:
        """Confirm a command that somebody else gave; returns when the result is journaled."""
        ...

    def withdraw(self, person: Person, id_: str) -> None:
        """Take back a command that waits."""
        ...


class ChannelStatus(Struct, frozen=True):
    """How a notification channel fares."""

    id: str
    type: str
    state: str
    """waiting (nothing was sent yet), online, failing."""
    detail: str
    since: Timestamp | None
    """From when it fails; otherwise when it last delivered."""
    sent: int
    failed: int
    waiting: int
    dead: int


class Undelivered(Struct, frozen=True):
    """A message that waits for its channel, or was given up (`next` is None)."""

    delivery: Delivery
    attempts: int
    error: str
    next: Timestamp | None


class Inlets(Protocol):
    """Where devices that push are received."""

    def largest(self, device: DeviceId) -> int | None:
        """Return how many bytes a device may push at once; None: it does not push."""
        ...

    async def receive(self, device: DeviceId, key: str, signed_at: str, signature: str, body: bytes) -> bool:
        """Take what a device pushes; True once it is durable, False when it was before. Raises Refused."""
        ...


class Notifier(Protocol):
    """What the hub tells people outside, and how that goes."""

    def channels(self) -> Sequence[ChannelStatus]:
        """Return every channel of the site."""
        ...

    def troubles(self) -> Mapping[str, str]:
        """Return each roster whose calendar does not help now, and why."""
        ...

    def lately(self) -> Sequence[Delivery]:
        """Return what happened to messages lately, newest first."""
        ...

    def undelivered(self, *, dead: bool) -> Sequence[Undelivered]:
        """Return the messages that wait, or those that were given up, oldest first."""
        ...

    async def requeue(self, key: str, who: str) -> bool:
        """Try a message that was given up again; False when there is none of that name."""
        ...

    def feed(self, channel: str) -> bytes | None:
        """Return the Atom feed of a CAP channel, None when there is no such channel."""
        ...

    def document(self, channel: str, name: str) -> bytes | None:
        """Return one CAP document of a channel, None when there is no such document."""
        ...


class Checklists(Protocol):
    """Playbooks of standing alarms."""

    def of(self, alarm: AlarmId) -> Checklist | None:
        """Return the checklist of a standing alarm, None when it has none."""
        ...

    async def act(
        self, alarm: AlarmId, occurrence: int, what: str, who: str, step: str | None = None, note: str | None = None
    ) -> Checklist:
        """Start it (`started`), or mark a step `done` or `undone`; returns once it is journaled. Raises Refused."""
        ...


class View(Protocol):
    """The last known state of everything, read-only: what adapters may see of the hub."""

    @property
    def site(self) -> Site:
        """The running configuration."""
        ...

    @property
    def epoch(self) -> str:
        """Names this numbering of the stream; it changes when the hub starts anew."""
        ...

    @property
    def seq(self) -> int:
        """The number of the last published record."""
        ...

    def alarms(self) -> Sequence[Alarm]:
        """Return every alarm that a console must show."""
        ...

    def alarm(self, alarm: str) -> Alarm | None:
        """Return one alarm, shown or not, if it ever was."""
        ...

    def out_of_service(self) -> Sequence[ServiceChange]:
        """Return what people took out of service, oldest first."""
        ...

    def device(self, device: DeviceId) -> DeviceStatus:
        """Return a device's health. Raises KeyError."""
        ...

    def reading(self, point: PointId) -> Reading | None:
        """Return a point's last reading, or None before the first."""
        ...
