"""What the interfaces say of notifications: channels, deliveries, messages that wait or were given up."""

from typing import Literal

from pydantic import Field

from adapters.web.wire import PriorityWord, Text, Wire

ChannelWord = Literal["waiting", "online", "failing"]
DeliveryWord = Literal["queued", "sent", "failed", "gave_up", "requeued"]


class ChannelRow(Wire):
    """A notification channel and how it fares."""

    channel: str
    type: str
    state: ChannelWord = Field(description="waiting: nothing was sent yet.")
    detail: str = Field(description="Why it fails.")
    since: str | None = Field(description="From when it fails; otherwise when it last delivered.")
    sent: int
    failed: int = Field(description="Attempts that failed.")
    waiting: int = Field(description="Messages that wait for it.")
    dead: int = Field(description="Messages that were given up.")


class RosterTrouble(Wire):
    """A roster whose calendar does not help, so that its fallback is told."""

    roster: str
    detail: str


class DeliveryRow(Wire):
    """What happened to a message."""

    key: str = Field(description="Names the message for ever; its receiver gets it, too.")
    channel: str
    outcome: DeliveryWord
    event: str
    at: str
    to: list[str] = Field(description="Contacts by their ids.")
    priority: PriorityWord
    alarms: list[str] = Field(description="The first alarms it tells of.")
    count: int = Field(description="Of how many alarms it tells; 0 in reports of an attempt.")
    text: Text | None = Field(description="What the first alarm says.")
    attempt: int
    detail: str
    who: str | None = Field(description="Who asked for another try.")


class UndeliveredRow(Wire):
    """A message that waits for its channel, or was given up."""

    delivery: DeliveryRow
    attempts: int
    error: str
    next: str | None = Field(description="When it is tried next; null when it was given up.")


class NotificationsAnswer(Wire):
    """Channels, messages that wait, and what happened lately, newest first."""

    channels: list[ChannelRow]
    rosters: list[RosterTrouble]
    waiting: list[UndeliveredRow]
    items: list[DeliveryRow]


class DeadLetterPage(Wire):
    """Messages that were given up, by key; `next` is the `after` of the following page."""

    items: list[UndeliveredRow]
    next: str | None


class RetryAnswer(Wire):
    """The message is tried again."""

    key: str
    channel: str
