"""What the interfaces say and accept, as pydantic models: the one source of OpenAPI, AsyncAPI and the console's types.

Requests are validated by these models. Answers are built as plain dictionaries by `rows` (ten times cheaper), and the
tests hold every answer against its model. Times are ISO 8601 UTC with milliseconds.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from hub.model.masking import masked_text

Scalar = bool | int | float | str
PriorityWord = Literal["critical", "high", "medium", "low"]
QualityWord = Literal["good", "uncertain", "bad"]
HealthWord = Literal["waiting", "online", "degraded", "offline", "out_of_service"]
OutcomeWord = Literal["done", "refused", "unknown", "awaiting"]
RoleWord = Literal["viewer", "operator", "engineer", "admin"]
HoldWord = Literal["out_of_service", "suppressed", "shelved"]
StateWord = Literal[
    "normal", "unacknowledged", "acknowledged", "returned", "latched_unacknowledged", "latched_acknowledged"
]

Written = Annotated[str, Field(max_length=2000), AfterValidator(masked_text)]
"""What somebody writes for others to read: plates in it are masked at the door."""
Reason = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(masked_text)]
"""The same where something must be written."""


class Wire(BaseModel):
    """Root of every wire model: unknown fields are errors."""

    model_config = ConfigDict(extra="forbid")


class Text(Wire):
    """Words for people in both languages."""

    vi: str
    en: str


class HoldRow(Wire):
    """One reason why an alarm does not annunciate."""

    kind: HoldWord
    by: str = Field(description="`zone:…`, `device:…`, `point:…` out of service, `alarm:…` above; empty: shelved.")
    since: str
    until: str | None = Field(description="When it ends by itself; null: when what holds it ends.")
    once: bool = Field(description="Shelved until the condition is normal again.")
    who: str | None
    why: str | None


class AlarmRow(Wire):
    """An alarm as it stands; `alarm` is its key."""

    alarm: str = Field(examples=["fire:panel-market/z07.alarm"])
    occurrence: int = Field(description="One life of the alarm; what an acknowledgement names.")
    rev: int = Field(description="Grows by one with each change of this alarm.")
    rule: str
    device: str
    point: str | None
    zone: str
    category: str
    priority: PriorityWord
    state: StateWord
    active: bool
    acked: bool
    latched: bool
    hold: HoldWord | None = Field(description="Why it does not annunciate; null: it does. The strongest of `holds`.")
    holds: list[HoldRow]
    folded_under: str | None = Field(description="The alarm of which this one is a consequence, while it is folded.")
    group: str | None = Field(description="The group it belongs to.")
    first: bool = Field(description="It was the first of its group (first-out).")
    mark: str | None = Field(description="TEST or DRILL: it came from a test and is told to nobody outside.")
    cameras: list[str] = Field(description="Those that see its place, nearest first.")
    raised: int = Field(description="How often it was raised since it was last normal and acknowledged.")
    since: str = Field(description="When this occurrence became active.")
    text: Text
    cause: dict[str, Any] = Field(description="Values and limits that decided.")
    input: str = Field(description="The last change, a word of alarm-states.md.")
    by: str | None = Field(description="Who made the last change; null when the rules did.")
    at: str = Field(description="When the last change happened.")
    note: str | None
    acked_by: str | None
    acked_at: str | None
    returned_at: str | None
    comments: int
    instructions: str | None


class DeviceRow(Wire):
    """A device and its health; `device` is its key."""

    device: str
    title: Text
    profile: str
    driver: str
    zone: str
    state: HealthWord
    reason: str
    detail: str
    since: str
    last_heard: str | None
    behind: str | None
    tags: list[str]
    at: tuple[float, float] | None = Field(description="Latitude and longitude.")
    points: int = Field(description="How many points it has, the hub's own included.")
    rev: int = Field(description="Stream seq of the last change of health heard in this epoch, 0 before the first.")


class PointRow(Wire):
    """A point's last reading; `point` is its key."""

    point: str = Field(examples=["ups-1/battery_level"])
    value: Scalar | None = Field(description="With quality bad: the last value known, for display only.")
    quality: QualityWord
    reason: str = Field(description="One word of the list in quality.md; `none` when good.")
    unit: str | None
    time: str | None = Field(description="When it is filed: the source time if believed, else the hub time.")
    source_time: str | None
    hub_time: str | None
    rev: int = Field(description="Number of the reading in this run of the hub; 0 before the first.")


class PointDetail(PointRow):
    """A point with what its number means."""

    device: str
    name: str
    title: Text
    kind: str
    type: Literal["bool", "int", "float", "text"]
    zone: str
    writable: bool
    range: tuple[float, float] | None


class CommandRow(Wire):
    """Something that people may ask of a device."""

    device: str
    name: str
    title: Text
    point: str
    value: Scalar = Field(description="What is written, in engineering units.")
    danger: int = Field(description="0 harmless … 5 endangers life.")
    roles: list[RoleWord]
    select: bool = Field(description="Whether it must be selected first.")
    fire: bool = Field(description="Whether it acts on fire protection.")
    confirm: bool = Field(description="Whether a second person must confirm it before it is sent.")
    allowed: bool = Field(description="Whether the site lets it be given to this device.")
    may: bool = Field(description="Whether whoever asks may give it.")
    interlock: bool = Field(description="Whether other points can forbid it.")
    read_back: str | None = Field(description="The point that shows its effect.")


class CommandRecord(Wire):
    """What became of a command."""

    request: str
    outcome: OutcomeWord = Field(
        description="unknown: look at the device, it is not sent again; awaiting: a second person must confirm first."
    )
    ok: bool
    reason: str = Field(description="One word; empty when done.")
    detail: str
    point: str
    name: str | None = Field(description="Null for a point that was written as such.")
    who: str
    after: Scalar | None = Field(description="What the read-back saw last.")
    at: str


class AwaitingRow(Wire):
    """A command that somebody gave and that waits for a second person."""

    id: str
    device: str
    name: str
    title: Text
    danger: int
    who: str = Field(description="Who gave it.")
    note: str = Field(description="Why.")
    at: str
    expires: str = Field(description="After that it is not sent any more.")
    may: bool = Field(description="Whether whoever asks may confirm it.")


class EventRow(Wire):
    """Something that happened at a device; on the stream `id` is `epoch-seq`, in history the store's own."""

    id: str
    device: str
    kind: str
    attributes: dict[str, Scalar | None]
    time: str
    source_time: str | None
    hub_time: str | None


class NoteRow(Wire):
    """Something the hub did or noticed about itself."""

    id: str
    what: str
    detail: dict[str, Any]
    at: str


class ZoneRow(Wire):
    """A place, inside its parent."""

    zone: str
    title: Text
    parent: str | None
    at: tuple[float, float] | None
    instructions: str | None


class BucketRow(Wire):
    """One slice of a point's history."""

    at: str
    low: float | None
    high: float | None
    last: Scalar | None
    quality: QualityWord
    count: int


class GapRow(Wire):
    """A span of time of which something is missing, and why; a null end: it lasts."""

    start: str
    end: str | None
    cause: Literal["device", "link", "hub", "dropped"]
    reason: str


class JournalEntry(Wire):
    """One journaled record: its number, time, kind, and body with the kind's own fields."""

    seq: int
    at: str
    kind: str
    body: dict[str, Any]
