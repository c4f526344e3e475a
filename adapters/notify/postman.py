"""Carries the messages of one channel, one at a time: the most urgent first, and after a failure another one."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import tzinfo
from typing import Protocol

import structlog
from msgspec.structs import replace

from adapters.notify.channels import Doubtful, Sender
from adapters.notify.ledger import Health, Ledger, Parcel, waiting
from adapters.notify.message import Message, contacts_of
from adapters.outbound import Away
from hub.model import SECOND, Clock, Misconfigured, Refused, Site, Timestamp
from hub.model.notify import Channel, Delivery

log = structlog.get_logger(__name__)

MOST_DOUBTFUL = 5
"""Attempts after which a message is given up that the receiver answers without taking it."""
KNOWN_FAILING = 2
"""Failures in a row after which a channel is said to fail."""


class Office(Protocol):
    """What a postman needs of the adapter."""

    @property
    def site(self) -> Site:
        """The running configuration."""
        ...

    @property
    def zone(self) -> tzinfo:
        """The site's time zone."""
        ...

    @property
    def ledger(self) -> Ledger:
        """What is known of messages."""
        ...

    async def journaled(self, records: Sequence[Delivery]) -> None:
        """Write records; return when they are durable and in the ledger."""
        ...


class Postman:
    """One channel's carrier; `run` until cancelled. Set `stirred` whenever something may have changed."""

    def __init__(
        self,
        office: Office,
        channel: Channel,
        opener: Callable[[Channel, Site, str], Sender],
        state: str,
        clock: Clock,
        note: Callable[[str, dict[str, object]], None],
    ) -> None:
        self.stirred = asyncio.Event()
        self._office = office
        self._channel = channel
        self._opener = opener
        self._state = state
        self._clock = clock
        self._note = note

    async def run(self) -> None:
        """Carry until cancelled."""
        sender: Sender | None = None
        try:
            while True:
                self.stirred.clear()
                parcel, at = self._next(self._clock.now())
                if parcel is None:
                    await self._wait(at)
                    continue
                sender, outcome = await self._attempt(sender, parcel)
                await self._record(outcome)
        finally:
            if sender is not None:
                await sender.close()

    def _next(self, now: Timestamp) -> tuple[Parcel | None, Timestamp | None]:
        """Return the message to try now, or when to look again."""
        health = self._health
        ready: Parcel | None = None
        soonest: Timestamp | None = None
        for parcel in waiting(self._office.ledger, self._channel.id):
            at = max(parcel.next, health.not_before)
            if at > now:
                soonest = at if soonest is None else min(soonest, at)
            elif ready is None or _rank(parcel) < _rank(ready):
                ready = parcel
        return ready, soonest

    @property
    def _health(self) -> Health:
        return self._office.ledger.health.get(self._channel.id) or Health()

    async def _wait(self, at: Timestamp | None) -> None:
        seconds = None if at is None else max(0.0, (at - self._clock.now()) / SECOND)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stirred.wait()

    async def _attempt(self, sender: Sender | None, parcel: Parcel) -> tuple[Sender | None, Delivery]:
        attempt = parcel.attempts + 1
        word, detail = "sent", ""
        try:
            sender = sender or self._opener(self._channel, self._office.site, self._state)
            detail = await sender.send(self._message(parcel.delivery))
        except Refused as refused:
            word, detail = "gave_up", str(refused)
        except Doubtful as doubt:
            word, detail = "failed" if attempt < MOST_DOUBTFUL else "gave_up", str(doubt)
        except (Away, Misconfigured) as trouble:
            word, detail = "failed", str(trouble)
        d = parcel.delivery
        told = replace(d, outcome=word, at=self._clock.now(), attempt=attempt, detail=detail[:500], covers=(), told=())
        return sender, told

    def _message(self, delivery: Delivery) -> Message:
        site = self._office.site
        contacts = contacts_of(delivery, site.notifying.contacts)
        return Message(delivery, self._channel, site, self._office.zone, contacts, self._clock.now())

    async def _record(self, outcome: Delivery) -> None:
        before = self._health.in_a_row
        await self._office.journaled([outcome])
        after = self._health
        if before < KNOWN_FAILING <= after.in_a_row:
            log.warning("a channel fails; its messages wait", channel=self._channel.id, why=outcome.detail)
            self._note("channel_failing", {"channel": self._channel.id, "error": outcome.detail})
        elif before >= KNOWN_FAILING and after.in_a_row == 0:
            log.info("a channel works again", channel=self._channel.id)
            self._note("channel_works_again", {"channel": self._channel.id})


def _rank(parcel: Parcel) -> tuple[int, int, Timestamp]:
    return parcel.attempts, parcel.delivery.priority, parcel.delivery.at
