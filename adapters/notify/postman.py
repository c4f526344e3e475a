"""Carries the messages of one channel, one at a time: the most urgent first, and after a failure another one."""

import asyncio
import heapq
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
BAG = 50
"""Messages taken at once, so that a flood is not looked through for each of its messages."""
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
        self._sender: Sender | None = None
        self._bag: list[Parcel] = []
        """What was found ready, in the order in which it goes out."""

    async def run(self) -> None:
        """Carry until cancelled."""
        try:
            while True:
                self.stirred.clear()
                parcel, at = self._next(self._clock.now())
                if parcel is None:
                    await self._wait(at)
                    continue
                await self._record(await self._attempt(parcel))
        finally:
            sender, self._sender = self._sender, None
            if sender is not None:
                await sender.close()

    def _next(self, now: Timestamp) -> tuple[Parcel | None, Timestamp | None]:
        """Return the message to try now, or when to look again."""
        outbox = self._office.ledger.outbox
        while self._bag:
            parcel = self._bag.pop(0)
            if outbox.get(parcel.delivery.key) is parcel:
                return parcel, None
        return self._fill(now)

    def _fill(self, now: Timestamp) -> tuple[Parcel | None, Timestamp | None]:
        blocked = self._health.not_before
        found = [(max(p.next, blocked), p) for p in waiting(self._office.ledger, self._channel.id)]
        ready = heapq.nsmallest(BAG, (p for at, p in found if at <= now), key=_rank)
        if ready:
            self._bag = ready[1:]
            return ready[0], None
        return None, min((at for at, _ in found), default=None)

    @property
    def _health(self) -> Health:
        return self._office.ledger.health.get(self._channel.id) or Health()

    async def _wait(self, at: Timestamp | None) -> None:
        seconds = None if at is None else max(0.0, (at - self._clock.now()) / SECOND)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stirred.wait()

    async def _attempt(self, parcel: Parcel) -> Delivery:
        attempt = parcel.attempts + 1
        word, detail = "sent", ""
        try:
            if self._sender is None:
                self._sender = self._opener(self._channel, self._office.site, self._state)
            detail = await self._sender.send(self._message(parcel.delivery))
        except Refused as refused:
            word, detail = "gave_up", str(refused)
        except Doubtful as doubt:
            word, detail = "failed" if attempt < MOST_DOUBTFUL else "gave_up", str(doubt)
        except (Away, Misconfigured) as trouble:
            word, detail = "failed", str(trouble)
        d = parcel.delivery
        return replace(d, outcome=word, at=self._clock.now(), attempt=attempt, detail=detail[:500], covers=(), told=())

    def _message(self, delivery: Delivery) -> Message:
        site = self._office.site
        contacts = contacts_of(delivery, site.notifying.contacts)
        return Message(delivery, self._channel, site, self._office.zone, contacts, self._clock.now())

    async def _record(self, outcome: Delivery) -> None:
        before = self._health.in_a_row
        if outcome.outcome == "failed":
            self._bag = []
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
