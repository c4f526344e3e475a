"""Messages of the WebSocket `citywatch.v1`, one model each; docs/reference/websocket.md says when each is sent."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, TypeAdapter

from adapters.web.wire import (
    AlarmRow,
    DeviceRow,
    EventRow,
    NoteRow,
    PointRow,
    PriorityWord,
    RoleWord,
    StateWord,
    Wire,
    Written,
)

PROTOCOL = "citywatch.v1"
Topic = Literal["alarms", "devices", "points", "events", "system"]
Operation = Literal["ack", "comment", "reset", "shelve", "unshelve", "out_of_service", "in_service"]
Row = AlarmRow | DeviceRow | PointRow | EventRow | NoteRow

GOING_AWAY, SIGN_IN, FORBIDDEN, NOT_READING, OTHER_PROTOCOL, TOO_FAST = 1012, 4401, 4403, 4408, 4409, 4429
"""Close codes: restart; sign in; not allowed; the client does not read; another protocol; too many messages."""


class Position(Wire):
    """A place in the stream."""

    epoch: str
    seq: int = Field(ge=0)


class Filter(Wire):
    """Narrows a topic. `zone` includes everything inside it. Fields that a topic does not know are refused."""

    zone: str | None = Field(default=None, max_length=200)
    priority: list[PriorityWord] | None = Field(default=None, max_length=4)
    category: list[str] | None = Field(default=None, max_length=32)
    points: list[str] | None = Field(default=None, max_length=500)
    kind: str | None = Field(default=None, max_length=100)
    device: str | None = Field(default=None, max_length=100)


class Sub(Wire):
    """Subscribe to a topic under an id of the client's; the same id again replaces the subscription."""

    t: Literal["sub"]
    id: int = Field(ge=1, le=1_000_000)
    topic: Topic
    filter: Filter = Filter()
    start: Position | None = Field(default=None, alias="from")


class Unsub(Wire):
    """End a subscription."""

    t: Literal["unsub"]
    id: int


class Target(Wire):
    """One alarm and the occurrence that was seen; 0 names none (comment, unshelve, service)."""

    alarm: str = Field(max_length=400)
    occurrence: int = Field(ge=0)


class Do(Wire):
    """Act on alarms. `cid` names the request: sending it again after a reconnect has the effect of once."""

    t: Literal["do"]
    cid: str = Field(min_length=1, max_length=64)
    op: Operation
    items: list[Target] = Field(min_length=1, max_length=100)
    note: Written | None = Field(default=None, description="Shelve and out_of_service need one.")
    until: AwareDatetime | None = Field(default=None, description="When the hold ends by itself.")
    once: bool = Field(default=False, description="Shelve only until the condition is normal again.")
    of: Literal["point", "device", "zone"] | None = Field(default=None, description="What goes out of service.")


ClientMessage = Annotated[Sub | Unsub | Do, Field(discriminator="t")]
CLIENT: TypeAdapter[Sub | Unsub | Do] = TypeAdapter(ClientMessage)


class Hello(Wire):
    """The first message: where the stream stands, who the client is, what they may do."""

    t: Literal["hello"]
    v: Literal[1]
    epoch: str
    seq: int
    time: str
    heartbeat_s: float
    user: str
    role: RoleWord
    may: list[str]
    language: str


class SnapBegin(Wire):
    """A snapshot follows: mark every row of this subscription suspect."""

    t: Literal["snap.begin"]
    id: int
    topic: Topic
    seq: int
    count: int


class Snap(Wire):
    """A part of the snapshot, at most 200 rows."""

    t: Literal["snap"]
    id: int
    rows: list[Row]


class SnapEnd(Wire):
    """The snapshot is complete: drop rows still suspect. `digest` is null for points, events and system."""

    t: Literal["snap.end"]
    id: int
    seq: int
    digest: str | None


class Resumed(Wire):
    """The position was known: what was missed follows as `ev`, nothing is to be dropped."""

    t: Literal["resumed"]
    id: int
    topic: Topic
    seq: int = Field(description="The position up to which the missed changes go.")


class Put(Wire):
    """A row is new or changed; it is whole. (topics alarms, devices, events, system)"""

    t: Literal["ev"]
    id: int
    seq: int
    op: Literal["put"]
    row: AlarmRow | DeviceRow | EventRow | NoteRow


class Del(Wire):
    """A row left the list; `row` is its last state (an alarm that is normal and acknowledged)."""

    t: Literal["ev"]
    id: int
    seq: int
    op: Literal["del"]
    key: str
    row: AlarmRow | DeviceRow | None


class Ahead(Wire):
    """A fire, told at once while other changes still wait: show it. Its turn comes as `ev`; `rev` tells which is newer.

    It is no part of the order of `seq`, and its row counts in `sums` only from its `ev` on. (topic alarms)
    """

    t: Literal["ahead"]
    id: int
    row: AlarmRow


class PutMany(Wire):
    """Readings that changed since the last tick, at most four times a second. (topic points)"""

    t: Literal["ev"]
    id: int
    seq: int
    op: Literal["set"]
    rows: list[PointRow]


class Sum(Wire):
    """What a subscription must hold now."""

    count: int
    unacked: int
    digest: str


class Heartbeat(Wire):
    """Every `heartbeat_s`: the position, the time, and what subscriptions to alarms and devices must hold."""

    t: Literal["hb"]
    seq: int
    time: str
    sums: dict[str, Sum]


class Accepted(Wire):
    """An action that is journaled; null: the alarm never was raised."""

    alarm: str
    occurrence: int | None
    rev: int | None
    state: StateWord | None


class Declined(Wire):
    """An action that was not carried out, why, and how the alarm stands."""

    alarm: str
    why: str = Field(
        description="unknown, conflict, already, not_allowed, condition_active, not_acknowledged, not_held, forbidden, "
        "note_missing, until_missing, until_invalid, until_too_late, not_recorded",
    )
    by: str | None = Field(description="Who acknowledged it, when someone did.")
    at: str | None
    occurrence: int | None
    rev: int | None
    state: StateWord | None


class Done(Wire):
    """What became of a `do`."""

    t: Literal["done"]
    cid: str
    ok: list[Accepted]
    no: list[Declined]


class Lost(Wire):
    """Changes `from`…`to` did not fit this client's queue: the subscription has ended, subscribe again."""

    t: Literal["lost"]
    id: int
    start: int = Field(alias="from")
    to: int


class Err(Wire):
    """A message was not understood or not allowed. The connection stays."""

    t: Literal["err"]
    id: int | None
    cid: str | None
    why: str
    detail: str


ServerMessage = (
    Hello | SnapBegin | Snap | SnapEnd | Resumed | Ahead | Put | Del | PutMany | Heartbeat | Done | Lost | Err
)
SERVER: TypeAdapter[
    Hello | SnapBegin | Snap | SnapEnd | Resumed | Ahead | Put | Del | PutMany | Heartbeat | Done | Lost | Err
] = TypeAdapter(ServerMessage)
