"""Who is on duty now: calendars read again when they change, and the fallback whenever a calendar does not help."""

from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any

import structlog
from msgspec import Struct

from hub.model import Timestamp
from hub.model.notify import Notifying, Roster

log = structlog.get_logger(__name__)


class _Read(Struct):
    changed: float
    calendar: Any
    """None: it could not be read."""


class Duty:
    """The rosters of a site. `troubles` says of each roster why its calendar does not help, if it does not."""

    def __init__(self, notifying: Notifying, zone: tzinfo) -> None:
        self.troubles: dict[str, str] = {}
        self._notifying = notifying
        self._zone = zone
        self._read: dict[str, _Read] = {}
        self._known: dict[str, str] | None = None

    def on_duty(self, who: Sequence[str], at: Timestamp) -> tuple[str, ...]:
        """Return the contacts that contacts and rosters mean at a time, each once."""
        found: dict[str, None] = {}
        for name in who:
            roster = self._notifying.rosters.get(name)
            people = (name,) if roster is None else self._of(roster, at)
            found |= dict.fromkeys(person for person in people if person in self._notifying.contacts)
        return tuple(found)

    def _of(self, roster: Roster, at: Timestamp) -> Sequence[str]:
        if roster.calendar is None:
            return roster.fallback
        from hub.config.channels.duty import contacts_of, known_by

        if self._known is None:
            self._known = known_by(self._notifying.contacts.values())
        try:
            names = self._calendar(roster.calendar).names_at(at, self._zone)
        except ValueError as wrong:
            self._note(roster.id, str(wrong))
            return roster.fallback
        people = contacts_of(names, self._known)
        self._note(roster.id, "" if people else "names nobody at this time")
        return people or roster.fallback

    def _calendar(self, path: str) -> Any:
        """Return a calendar as the file stands. Raises ValueError."""
        from hub.config.channels.duty import read

        try:
            changed = Path(path).stat().st_mtime
        except OSError as error:
            raise ValueError(f"cannot be read: {error.strerror}") from error
        known = self._read.get(path)
        if known is None or known.changed != changed:
            known = self._read[path] = _Read(changed, None)
            known.calendar = read(Path(path))
        if known.calendar is None:
            raise ValueError("cannot be read")
        return known.calendar

    def _note(self, roster: str, trouble: str) -> None:
        if trouble and self.troubles.get(roster) != trouble:
            log.warning("a calendar of duty does not help; the fallback is told", roster=roster, why=trouble)
        if trouble:
            self.troubles[roster] = trouble
        else:
            self.troubles.pop(roster, None)
