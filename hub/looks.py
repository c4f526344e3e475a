"""Looks at whole plates: the one place that gives them out, to who may and says why, after the journal has it.

What is shown is read from the store first, so that the record says how many passages it were; if the journal cannot
take the record, nothing is shown. Records are a chain of digests (`hub.model.looking.broken` checks one).
"""

import asyncio
import hmac
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import structlog
from msgspec.structs import replace

from hub.journal import Journal
from hub.metrics import Figure
from hub.model import DAY, Clock, Refused, Site
from hub.model.clock import iso
from hub.model.ids import ZoneId, within
from hub.model.looking import BEGIN, PassageQuery, PlateLook, chained, granted, narrowed
from hub.model.masking import mask, masked_text
from hub.roles import Person, Right, allowed

log = structlog.get_logger(__name__)

CHECKPOINT = "plate_looks"
MOST_ROWS = 200
"""Passages of one look."""
LONGEST = 31 * DAY
SHORTEST_PURPOSE = 8
"""Characters; what is shorter says nothing."""
JOURNAL_SECONDS = 5.0


class Store(Protocol):
    """Where passages are kept. Both raise StorageError, and Refused for a page that is none."""

    async def passages(self, query: PassageQuery) -> list[dict[str, Any]]:
        """Return passages with their plates masked."""
        ...

    async def plates(self, query: PassageQuery) -> list[dict[str, Any]]:
        """Return passages with whole plates."""
        ...


class Looks:
    """Everybody's looks at plates of one site."""

    def __init__(self, site: Callable[[], Site], journal: Journal, store: Store, clock: Clock, key: bytes) -> None:
        """`key` marks the plates that were asked for, so that only its holder can tell which they were."""
        self._site = site
        self._journal = journal
        self._store = store
        self._clock = clock
        self._key = key
        self._head = BEGIN
        self._counts: Counter[str] = Counter()

    def restore(self) -> None:
        """Find the end of the chain."""
        kept = self._journal.restore(CHECKPOINT)
        seq = 0
        if kept is not None:
            seq, self._head = kept[0], kept[1].decode()
        while page := self._journal.read(seq):
            for _, record in page:
                if isinstance(record, PlateLook):
                    self._head = record.digest
            seq = page[-1][0]

    def zones(self, person: Person) -> tuple[ZoneId, ...]:
        """Return where somebody may look; empty: nowhere."""
        if not allowed(person.role, Right.PLATES):
            return ()
        return granted(self._site().guarded.grants, person.name, person.role.value)

    async def look(self, person: Person, query: PassageQuery, purpose: str) -> list[dict[str, Any]]:
        """Return passages with whole plates, once it is journaled that they are shown. Raises Refused, StorageError."""
        why = _plain(purpose)
        if len(why) < SHORTEST_PURPOSE:
            raise Refused("no_purpose", f"say for what you need the plates, in at least {SHORTEST_PURPOSE} characters")
        if not 0 < query.end - query.start <= LONGEST:
            raise Refused("bad_period", "`from` must lie before `to`, by at most 31 days")
        query = replace(query, limit=min(query.limit, MOST_ROWS))
        try:
            narrow = self._narrowed(person, query)
        except Refused as no:
            await self._record(person, query, why, 0, no.reason)
            raise
        rows = await self._store.plates(narrow)
        if not await self._record(person, narrow, why, len(rows)):
            raise Refused("not_recorded", "the journal could not take the record of the look, so nothing is shown")
        return rows

    async def passages(self, query: PassageQuery) -> list[dict[str, Any]]:
        """Return passages with their plates masked, for everybody who may read. Raises Refused, StorageError."""
        return await self._store.passages(query)

    def figures(self) -> Iterator[Figure]:
        """Yield how often plates were looked at, or not."""
        for outcome in ("shown", "refused"):
            yield Figure(
                "citywatch_plate_looks",
                "Looks at whole plates",
                self._counts[outcome],
                {"outcome": outcome},
                total=True,
            )

    def _narrowed(self, person: Person, query: PassageQuery) -> PassageQuery:
        mine = self.zones(person)
        if not mine:
            raise Refused("not_allowed", "the site gives you no right to look at plates (`plates:` of site.yaml)")
        if query.device is not None:
            device = self._site().devices.get(query.device)
            if device is None or not any(within(device.zone, zone) for zone in mine):
                raise Refused("not_allowed", f"you may not look at plates of {query.device}; only in {', '.join(mine)}")
        asked = (None,) if query.zones is None else query.zones
        zones = tuple(part for zone in asked for part in narrowed(zone, mine))
        if not zones:
            raise Refused("not_allowed", f"you may not look at plates there; only in {', '.join(mine)}")
        return replace(query, zones=zones)

    async def _record(
        self, person: Person, query: PassageQuery, why: str, rows: int, refused: str | None = None
    ) -> bool:
        look = PlateLook(
            person.name, person.role.value, masked_text(why), self._said(query), rows, self._clock.now(), refused
        )
        look = chained(look, self._head)
        self._head = look.digest
        self._counts["refused" if refused else "shown"] += 1
        durable = asyncio.Event()
        seq = self._journal.append([look], durable.set)
        self._journal.checkpoint(CHECKPOINT, seq, look.digest.encode())
        try:
            async with asyncio.timeout(JOURNAL_SECONDS):
                await durable.wait()
        except TimeoutError:
            log.error("a look at plates is not recorded: the journal takes no writes", who=person.name)
            return False
        return True

    def _said(self, query: PassageQuery) -> dict[str, str | int | bool | None]:
        """Return what was asked for without the plate itself."""
        said: dict[str, str | int | bool | None] = {
            "from": iso(query.start), "to": iso(query.end), "device": query.device, "lane": query.lane,
            "zones": None if query.zones is None else " ".join(query.zones), "class": query.vehicle,
            "violation": "any" if query.violations else query.violation, "ids": " ".join(query.ids) or None,
            "before": query.before, "limit": query.limit,
        }  # fmt: skip
        if query.plate is not None:
            said |= {"plate": mask(query.plate), "plate_mark": self.mark(query.plate)}
        return {
            name: _plain(value) if isinstance(value, str) else value
            for name, value in said.items()
            if value is not None
        }

    def mark(self, plate: str) -> str:
        """Return what a record says of a plate that was asked for: always the same, and nothing without the key."""
        return hmac.digest(self._key, plate.encode(), "sha256").hex()[:32]


def _plain(text: str) -> str:
    """Return a text as any store keeps it: the digest of a record must be the same when it is read again."""
    return "".join(c for c in text if c.isprintable()).strip()
