"""Carries the messages of one channel, one at a time: the most urgent first, and after a failure another one.

While what became of a message is on its way to the journal the next one goes out already, so a flood does not wait for
the disk once a message; what was delivered and is not journaled yet is bounded, for a crash repeats it.
"""

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
BAG, FRESH = 1000, SECOND
"""Messages taken at once, so that a flood is not looked through for each of its messages; and nanoseconds after which
it is looked through again, for something more urgent may have come."""
MOST_UNSETTLED = 50
"""Outcomes that may wait for the journal; then sending waits, too."""
LAST_WORDS = 2.0
"""Seconds that outcomes have to reach the journal when the channel is closed."""
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
        """What was found ready, the last first to go out."""
        self._stale_at = 0
        self._outcomes: list[Delivery] = []
        self._unsettled: set[str] = set()
        """Messages whose outcome is not in the ledger yet."""
        self._clerk: asyncio.Task[None] | None = None

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
            if self._clerk is not None:
                await asyncio.wait({self._clerk}, timeout=LAST_WORDS)
            sender, self._sender = self._sender, None
            if sender is not None:
                await sender.close()

    def _next(self, now: Timestamp) -> tuple[Parcel | None, Timestamp | None]:
        """Return the message to try now, or when to look again."""
        outbox = self._office.ledger.outbox
        while self._bag and self._clock.monotonic() < self._stale_at:
            parcel = self._bag.pop()
            key = parcel.delivery.key
            if key not in self._unsettled and outbox.get(key) is parcel:
                return parcel, None
        return self._fill(now)

    def _fill(self, now: Timestamp) -> tuple[Parcel | None, Timestamp | None]:
        blocked = self._health.not_before
        unsettled, mine = self._unsettled, waiting(self._office.ledger, self._channel.id)
        found = [(max(p.next, blocked), p) for p in mine if p.delivery.key not in unsettled]
        self._bag = heapq.nsmallest(BAG, (p for at, p in found if at <= now), key=_rank)[::-1]
        self._stale_at = self._clock.monotonic() + FRESH
        if self._bag:
            return self._bag.pop(), None
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
        """Hand an outcome to the journal; a failure is waited for, for it says when to try again."""
        self._unsettled.add(outcome.key)
        self._outcomes.append(outcome)
        if self._clerk is not None and self._clerk.done():
            self._clerk.result()  # what went wrong there is not passed over
            self._clerk = None
        if self._clerk is None:
            self._clerk = asyncio.create_task(self._settle(), name=f"notify-{self._channel.id}-outcomes")
        if outcome.outcome == "failed":
            self._bag = []
        if outcome.outcome != "sent" or len(self._unsettled) >= MOST_UNSETTLED:
            await asyncio.shield(self._clerk)

    async def _settle(self) -> None:
        """Journal what is known, all that has come meanwhile at once, until nothing is left."""
        while self._outcomes:
            outcomes, self._outcomes = self._outcomes, []
            before = self._health.in_a_row
            await self._office.journaled(outcomes)
            self._unsettled.difference_update(outcome.key for outcome in outcomes)
            self._tell(before, outcomes[-1].detail)
        self.stirred.set()

    def _tell(self, before: int, detail: str) -> None:
        after = self._health
        if before < KNOWN_FAILING <= after.in_a_row:
            log.warning("a channel fails; its messages wait", channel=self._channel.id, why=detail)
            self._note("channel_failing", {"channel": self._channel.id, "error": detail})
        elif before >= KNOWN_FAILING and after.in_a_row == 0:
            log.info("a channel works again", channel=self._channel.id)
            self._note("channel_works_again", {"channel": self._channel.id})


def _rank(parcel: Parcel) -> tuple[int, int, Timestamp]:
    return parcel.attempts, parcel.delivery.priority, parcel.delivery.at
