"""Shows the pictures of an alarm, and has it in the journal who looked before they see anything."""

import asyncio
from collections import OrderedDict

import structlog

from hub.album import Album, Asked, Entry
from hub.journal import Journal
from hub.model import MINUTE, AlarmId, Clock, DeviceId, Refused, SystemNote, Timestamp
from hub.roles import Person
from hub.state import State

log = structlog.get_logger(__name__)

SAME_LOOK = 10 * MINUTE
"""Nanoseconds within which somebody who looks at the same alarm again is journaled once."""
REMEMBERED = 1_000
JOURNAL_SECONDS = 5.0

_Look = tuple[str, AlarmId, int]


class Showing:
    """The pictures of one site's alarms, for people."""

    def __init__(self, album: Album, journal: Journal, state: State, clock: Clock) -> None:
        self._album = album
        self._journal = journal
        self._state = state
        self._clock = clock
        self._looks: OrderedDict[_Look, Timestamp] = OrderedDict()

    async def listed(self, alarm: AlarmId, occurrence: int) -> tuple[Asked | None, list[Entry]]:
        """Return what an occurrence wanted kept and which pictures there are. Raises StorageError."""
        asked = await asyncio.to_thread(self._album.asked, alarm, occurrence)
        return asked, [] if asked is None else await asyncio.to_thread(self._album.entries, asked)

    async def shown(
        self, person: Person, alarm: AlarmId, occurrence: int, camera: DeviceId, at: Timestamp
    ) -> bytes | None:
        """Return a picture that belongs to an occurrence, None when it has none such. Raises Refused, StorageError."""
        asked = await asyncio.to_thread(self._album.asked, alarm, occurrence)
        if asked is None or camera not in asked.cameras or not asked.start <= at <= asked.end:
            return None
        body = await asyncio.to_thread(self._album.body, camera, at)
        if body is not None:
            await self._journaled(person, alarm, occurrence)
        return body

    async def _journaled(self, person: Person, alarm: AlarmId, occurrence: int) -> None:
        look, now = (person.name, alarm, occurrence), self._clock.now()
        if now - self._looks.get(look, 0) < SAME_LOOK:
            return
        said = {"who": person.name, "role": person.role.value, "alarm": alarm, "occurrence": occurrence}
        note, durable = SystemNote("pictures_looked_at", said, now), asyncio.Event()

        def known() -> None:
            self._state.publish(now, (), [note])
            durable.set()

        self._journal.append([note], known)
        try:
            async with asyncio.timeout(JOURNAL_SECONDS):
                await durable.wait()
        except TimeoutError:
            log.error("a look at pictures is not recorded: the journal takes no writes", who=person.name)
            raise Refused("not_recorded", "the journal could not take the record, so nothing is shown") from None
        self._looks[look] = now
        while len(self._looks) > REMEMBERED:
            self._looks.popitem(last=False)
