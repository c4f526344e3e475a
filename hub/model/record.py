"""Records: everything on the stream that is not a reading, and the batches in which all of it travels."""

from collections.abc import Callable, Sequence

from msgspec import Struct, field

from hub.model.alarm import ServiceChange, Transition
from hub.model.clock import Timestamp
from hub.model.command import Command, CommandResult, OperatorAction, SystemNote
from hub.model.device import DeviceChange, DeviceEvent, Stray
from hub.model.looking import PlateLook
from hub.model.notify import Delivery
from hub.model.playbook import StepRecord
from hub.model.reading import Block, Reading, Sample, Sheet

Record = Transition | OperatorAction | Command | CommandResult | DeviceChange | DeviceEvent | SystemNote | ServiceChange
"""Anything on the stream that has a stream seq of its own."""

JournalRecord = (
    Transition
    | OperatorAction
    | Command
    | CommandResult
    | DeviceChange
    | SystemNote
    | Delivery
    | ServiceChange
    | StepRecord
    | PlateLook
)
"""What the journal keeps: durable before anyone hears of it."""

Release = Callable[[], None]
"""Called once the batch is durable: MQTT ack, inform reply, HTTP 202."""


class Receipt(Struct, frozen=True):
    """Which messages an intake came from, for a source that sends again what it was not acknowledged."""

    source: str
    """A name that the source keeps for ever."""
    keys: bytes
    """One number of eight bytes a message, in the machine's own order, that tells it from others under way."""
    window: int
    """How many messages the source may have under way."""

    @property
    def n(self) -> int:
        """How many messages."""
        return len(self.keys) // 8


class Kept(Struct, frozen=True):
    """What a restart needs to go on where passages were merged and counted: kept with the rows that came of it."""

    at: Timestamp
    body: bytes


class Intake(Struct):
    """All that one read of a socket or one poll gave: the unit that travels from a driver."""

    samples: list[Sample] = field(default_factory=list)
    events: list[DeviceEvent] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    release: Release | None = None
    blocks: list[Block] = field(default_factory=list)
    receipt: Receipt | None = None
    kept: Kept | None = None


class Published(Struct, frozen=True):
    """What subscribers hear: committed readings and records, the latter numbered `seq`, `seq`+1, …"""

    seq: int
    at: Timestamp
    readings: Sequence[Reading] = ()
    records: Sequence[Record] = ()
    sheets: Sequence[Sheet] = ()
    """More readings, which came together."""
