"""Bodies of REST requests and answers, made of the rows of `wire`."""

from typing import Any

from pydantic import Field

from adapters.web.wire import (
    AlarmRow,
    AwaitingRow,
    BucketRow,
    CommandRecord,
    CommandRow,
    DeviceRow,
    EventRow,
    GapRow,
    JournalEntry,
    PointDetail,
    Reason,
    RoleWord,
    Scalar,
    Text,
    Wire,
    Written,
    ZoneRow,
)


class SiteAnswer(Wire):
    """The site, and where its stream stands."""

    id: str
    title: Text
    timezone: str
    language: str
    version: str
    epoch: str
    seq: int
    time: str
    zones: int
    devices: int
    points: int
    rules: int


class ZonePage(Wire):
    """Zones, parents before children."""

    items: list[ZoneRow]
    next: str | None


class DeviceStatistics(Wire):
    """What became of the requests to a device since the hub started; times of the latest answers."""

    tries: int
    good: int
    timeouts: int
    exceptions: int = Field(description="Values that the device refused to give.")
    reconnects: int
    rtt_p50_ms: float | None
    rtt_p95_ms: float | None
    bytes_sent: int | None = Field(description="Null where the driver does not count them.")
    bytes_received: int | None


class DeviceHeard(Wire):
    """What a device has said by itself since the hub started."""

    messages: int
    undecodable: int = Field(description="Messages not understood, wholly or in part; the quarantine has them.")
    reconnects: int = Field(description="Of its line.")
    bytes_sent: int = Field(description="Payloads of commands.")
    bytes_received: int = Field(description="Payloads of messages.")


class DeviceAnswer(DeviceRow):
    """A device, its health, and what became of the requests to it or what it said by itself."""

    statistics: DeviceStatistics | None = Field(description="Null of a device that reports by itself.")
    heard: DeviceHeard | None = Field(description="Null of a device that is asked.")


class DevicePage(Wire):
    """Devices by id; `next` is the `after` of the following page."""

    items: list[DeviceRow]
    next: str | None


class PointPage(Wire):
    """The points of one device in the order of its profile."""

    items: list[PointDetail]
    next: str | None


class AlarmPage(Wire):
    """Alarms by id; `next` is the `after` of the following page."""

    items: list[AlarmRow]
    next: str | None
    epoch: str
    seq: int = Field(description="Stream seq at which this list is true.")


class HistoryAnswer(Wire):
    """A point's history in slices of equal length; slices without readings are left out."""

    point: str
    unit: str | None
    start: str
    end: str
    items: list[BucketRow]
    coverage: float | None = Field(
        description="Share of the span, as far as it is past, in which the point could be heard; null before it begins."
    )
    gaps: list[GapRow] = Field(description="What is missing in it, oldest first, at most 1000.")


class FigureAnswer(Wire):
    """A published number over one window, what it is compared with, and the coverage of both."""

    figure: str
    aggregate: str
    unit: str | None
    start: str
    end: str
    value: float | None
    count: int = Field(description="Readings or events of which it is made.")
    coverage: float | None
    previous_start: str | None
    previous_end: str | None
    previous: float | None
    previous_count: int
    previous_coverage: float | None
    ratio: float | None = Field(description="Value to previous; only when the two may be compared.")
    comparable: bool
    reason: str = Field(
        description="Why not: coverage_differs, coverage_low, no_data, no_data_before, zero_before, nothing_to_compare."
    )
    hash: str = Field(description="SHA-256 of this JSON, without spaces, with an empty `hash`.")


class FigurePage(Wire):
    """Every figure of the site, by id."""

    items: list[FigureAnswer]


class JournalPage(Wire):
    """Journal entries, newest first; `next` is the `before` of the following page."""

    items: list[JournalEntry]
    next: int | None


class EventPage(Wire):
    """Device events, newest first; `next` is the `before` of the following page."""

    items: list[EventRow]
    next: str | None


class AckRequest(Wire):
    """Acknowledge what was seen: the occurrence is named, so nobody acknowledges what they have not seen."""

    occurrence: int = Field(ge=1)
    note: Written | None = None
    request: str | None = Field(default=None, max_length=64, description="The client's own id: a retry is harmless.")


class ResetRequest(AckRequest):
    """Reset a latched alarm whose condition is normal again."""


class CommentRequest(Wire):
    """Write a comment on an alarm."""

    note: Reason
    occurrence: int = Field(default=0, ge=0)
    request: str | None = Field(default=None, max_length=64)


class ActionAnswer(Wire):
    """The alarm after the action; null when it never was raised (out of service can come before)."""

    alarm: AlarmRow | None


class CommandPage(Wire):
    """The commands of one device in the order of its profile."""

    items: list[CommandRow]
    next: str | None


class WriteRequest(Wire):
    """Set a point, in engineering units; the note says why."""

    value: Scalar
    note: Reason
    request: str | None = Field(default=None, max_length=64, description="The client's own id: a retry is harmless.")


class OperateRequest(Wire):
    """Give a command; the note says why."""

    note: Reason
    token: str | None = Field(default=None, max_length=64, description="Of the selection, where one is needed.")
    request: str | None = Field(default=None, max_length=64, description="The client's own id: a retry is harmless.")


class SelectAnswer(Wire):
    """A selection: whoever made it may give the command once until `expires`."""

    token: str
    expires: str


class CommandAnswer(Wire):
    """What became of a command that was sent."""

    result: CommandRecord


class AwaitingPage(Wire):
    """The commands that wait for a second person, oldest first."""

    items: list[AwaitingRow]
    next: str | None


class ConfirmRequest(Wire):
    """Confirm what somebody else asked for; the note says why."""

    note: Reason


class LoginRequest(Wire):
    """Name and password of a local user."""

    user: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256)


class IngestAnswer(Wire):
    """What became of what was pushed: it is stored."""

    accepted: bool
    repeated: bool = Field(description="Whether it had been taken before, under the same key.")


class MeAnswer(Wire):
    """Who is asking, and what they may do."""

    user: str
    role: RoleWord
    may: list[str] = Field(examples=[["read", "ack", "comment", "reset"]])
    language: str
    expires: str | None


class TicketAnswer(Wire):
    """A ticket that opens one WebSocket within `expires_s` seconds."""

    ticket: str
    expires_s: int


class GeoFeature(Wire):
    """One GeoJSON feature (RFC 7946); `properties.what` is outline, zone or device."""

    type: str
    geometry: dict[str, Any] | None
    properties: dict[str, Any]


class MapAnswer(Wire):
    """A GeoJSON FeatureCollection; `problems` names outline files that could not be used."""

    type: str
    features: list[GeoFeature]
    problems: list[str]


class Problem(Wire):
    """RFC 9457 problem details; `code` is one stable word, `detail` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, str]] | None = Field(default=None, description="Fields that were wrong: {at, message}.")
    by: str | None = Field(default=None, description="Who was first, when the action came too late.")
    at: str | None = None
    alarm: AlarmRow | None = Field(default=None, description="The alarm as it stands.")
