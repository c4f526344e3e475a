"""Tells people and programs of alarms: the journal from our own watermark → decisions → channels, all of it journaled.

One loop reads and decides; each channel has a task of its own, so one that is away holds up no other. What is decided
is in the journal before it is sent, what became of it afterwards, and the state of both is nothing but the fold of the
journal: a crash at any moment delays, repeats what was delivered and not yet journaled (each under the same key; one
message a channel, in a flood at most fifty), and loses nothing.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import structlog

from adapters.notify.channels import Sender, sender
from adapters.notify.deciding import decide, prune
from adapters.notify.duty import Duty
from adapters.notify.folding import Folding
from adapters.notify.hopeless import hopeless
from adapters.notify.ledger import Ledger
from adapters.notify.orders import Orders
from adapters.notify.postman import Postman
from hub.journal import Journal
from hub.model import SECOND, Clock, Site, Timestamp
from hub.model.notify import Channel, Delivery

log = structlog.get_logger(__name__)

CHECKPOINT = "notify"
KEEP_NS = SECOND
PAGE = 300
"""Records read before others have their turn."""
LOOK_S = 2.0
"""Seconds between two looks for orders that the command line left."""
Note = Callable[[str, dict[str, object]], None]
Opener = Callable[[Channel, Site, str], Sender]


class NotifyAdapter:
    """Notifications of one site; `run` is a supervised part."""

    def __init__(
        self, site: Site, *, journal: Journal, clock: Clock, state: Path, note: Note, opener: Opener = sender
    ) -> None:
        self.checkpointed = 0
        """Every record up to this number is in a checkpoint: a restart does not need it."""
        self.ledger = Ledger()
        self.recent: deque[Delivery] = deque(maxlen=1000)
        """What happened to messages lately, oldest first."""
        self.mark = 0
        """The last journaled record that was read."""
        self._journal = journal
        self._clock = clock
        self._state = state
        self._note = note
        self._opener = opener
        self._orders = Orders(state)
        self._news = asyncio.Event()
        self._changed = asyncio.Event()
        self._keeping = False
        self._next_keep = 0
        self._postmen: dict[str, Postman] = {}
        self._unsettled = True
        """Whether something was folded that may change what is due."""
        self._due: Timestamp | None = None
        self._rest_until = 0
        self._take(site)

    def _take(self, site: Site) -> None:
        self.site = site
        self.zone = ZoneInfo(site.timezone)
        self.duty = Duty(site.notifying, self.zone)

    def _fold_by(self) -> Folding:
        rules = {rule.id: rule.notify or rule.category for rule in self.site.rules}
        return Folding(self.ledger, rules, self.site.notifying.escalations, self.site.notifying.channels)

    def describe(self, site: Site) -> None:
        """Take a changed site; what waits goes out by its channels. Channels that are unchanged go on undisturbed."""
        before, self._unsettled = self.site.notifying, True
        self._take(site)
        self._folding = self._fold_by()
        (self._news if site.notifying == before else self._changed).set()

    def restore(self) -> None:
        """Take up where the last run ended. The first run ever begins here: what stands already is told to nobody."""
        kept = self._journal.restore(CHECKPOINT)
        if kept is None:
            self.mark = self._journal.last_seq
        else:
            self.mark = self.checkpointed = kept[0]
            try:
                self.ledger = msgspec.json.decode(kept[1], type=Ledger)
            except msgspec.DecodeError as error:
                log.error("the checkpoint of the notifications is damaged; the journal restores them", why=str(error))
                self.mark = 0
        self._folding = self._fold_by()
        self.keep()
        while self.read():
            pass

    @property
    def behind(self) -> int:
        """How many journaled records were not read yet."""
        return max(0, self._journal.last_seq - self.mark)

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            self._changed.clear()
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._listen()), group.create_task(self._think())]
                tasks += [group.create_task(postman.run(), name=f"notify-{id_}") for id_, postman in self._hired()]
                await self._changed.wait()
                for task in tasks:
                    task.cancel()

    def _hired(self) -> Sequence[tuple[str, Postman]]:
        self._postmen = {
            channel.id: Postman(self, channel, self._opener, str(self._state), self._clock, self._note)
            for channel in self.site.notifying.channels.values()
        }
        return list(self._postmen.items())

    def wake(self) -> None:
        """Look again now: the clock was moved, or somebody gave an order."""
        self._news.set()
        for postman in self._postmen.values():
            postman.stirred.set()

    async def _listen(self) -> None:
        seen = self.mark
        while True:
            await self._journal.wait_beyond(seen)
            seen = self._journal.last_seq
            self._news.set()

    async def _think(self) -> None:
        while True:
            self._news.clear()
            await self._read_to(self._journal.last_seq)
            for key in self._orders.taken():
                await self.requeue(key, "cli")
            if self._pause() <= 0 and (records := self._consider()):
                await self.journaled(records)
                continue
            self._may_keep()
            for postman in self._postmen.values():
                postman.stirred.set()
            await self._wait(self._pause())

    def _pause(self) -> float:
        """Return for how many seconds there is nothing to decide; in a flood deciding takes a sixth of the time."""
        if self._unsettled:
            return (self._rest_until - self._clock.monotonic()) / SECOND
        return LOOK_S if self._due is None else (self._due - self._clock.now()) / SECOND

    def _consider(self) -> list[Delivery]:
        """Return the records of what is due now; note when to look again."""
        begun, now = self._clock.monotonic(), self._clock.now()
        self._unsettled = False
        decided = decide(self.ledger, self.site.notifying, self.duty.on_duty, now, self.zone)
        ended, next_end = hopeless(self.ledger, self.site.notifying, now)
        self._due = min((at for at in (decided.next, next_end) if at is not None), default=None)
        done = self._clock.monotonic()
        self._rest_until = done + 5 * (done - begun)
        return [*decided.messages, *ended]

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(LOOK_S, seconds))):
                await self._news.wait()

    # -- journal ----------------------------------------------------------------------------------------------------

    def read(self) -> bool:
        """Fold what comes next in the journal; tell whether there may be more."""
        page = self._journal.read(self.mark, PAGE)
        for seq, record in page:
            told = self._folding.take(record)
            if isinstance(record, Delivery):
                self.recent.append(record)
                told = record.outcome in ("queued", "requeued")
            self._unsettled |= told
            self.mark = seq
        if not page:
            self.mark = max(self.mark, self._journal.last_seq)
        return bool(page)

    async def _read_to(self, last: int) -> None:
        """Fold what is in the journal up to a record, a page at a time."""
        while self.mark < last:
            self.read()
            await asyncio.sleep(0)

    async def journaled(self, records: Sequence[Delivery]) -> None:
        """Write records and wait until they are durable and read."""
        durable = asyncio.Event()
        last = self._journal.append(records, durable.set) + len(records) - 1
        await durable.wait()
        await self._read_to(last)

    def _may_keep(self) -> None:
        if self.mark > self.checkpointed and not self._keeping and self._clock.monotonic() >= self._next_keep:
            self.keep()

    def keep(self) -> None:
        """Write a checkpoint of the ledger as it stands."""
        begun = self._clock.monotonic()
        prune(self.ledger, self.site.notifying, self._clock.now())
        self._keeping, seq = True, self.mark

        def kept() -> None:
            self._keeping = False
            self.checkpointed = seq

        body = msgspec.json.encode(self.ledger)
        self._journal.checkpoint(CHECKPOINT, seq, body, kept)
        now = self._clock.monotonic()
        # that of a great flood is large: a twentieth of the time, and no more than a megabyte a second
        self._next_keep = now + max(KEEP_NS, 20 * (now - begun), len(body) * 1000)

    # -- people -----------------------------------------------------------------------------------------------------

    async def requeue(self, key: str, who: str) -> bool:
        """Try a message of the dead-letter list again; False when there is none of that name."""
        parcel = self.ledger.dead.get(key)
        if parcel is None:
            return False
        await self.journaled([Delivery(key, parcel.delivery.channel, "requeued", self._clock.now(), who=who)])
        self.wake()
        return True
