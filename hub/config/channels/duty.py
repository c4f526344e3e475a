"""Calendars of duty: from an iCalendar file (RFC 5545) to the names that its events give for an instant."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import icalendar
import recurring_ical_events

from hub.model.clock import SECOND, Timestamp
from hub.model.notify import Contact

LARGEST = 1 << 20
_AROUND = timedelta(hours=36)
"""Events are asked for around an instant and then compared exactly: whole days have no time zone of their own."""
_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError)


class Calendar:
    """One calendar of duty."""

    def __init__(self, text: bytes) -> None:
        """Read a calendar. Raises ValueError."""
        try:
            self._calendar: Any = icalendar.Calendar.from_ical(text)
            self._events: list[Any] = list(self._calendar.walk("VEVENT"))
            self._query = recurring_ical_events.of(self._calendar)
        except _UNREADABLE as error:
            raise ValueError(f"is not an iCalendar file: {str(error)[:200]}") from error
        if any(_frequency(event) in _TOO_OFTEN for event in self._events):
            raise ValueError("repeats an event every hour or more often; duties are repeated daily at most")

    def names_at(self, at: Timestamp, zone: tzinfo) -> list[str]:
        """Return the names that the events of an instant give, in the order of their beginnings. Raises ValueError."""
        now = datetime.fromtimestamp(at / SECOND, zone)
        try:
            found = self._query.between(now - _AROUND, now + _AROUND)
            running = sorted((span[0], n) for n, e in enumerate(found) if (span := _span(e, zone))[0] <= now < span[1])
        except _UNREADABLE as error:
            raise ValueError(f"has events that cannot be placed in time: {str(error)[:200]}") from error
        return [name for _, n in running for name in _names(found[n])]

    def names(self) -> list[str]:
        """Return every name that some event gives."""
        return list(dict.fromkeys(name for event in self._events for name in _names(event)))


def read(path: Path) -> Calendar:
    """Read a calendar file. Raises ValueError saying why it cannot be used."""
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST + 1)
    except OSError as error:
        raise ValueError(f"cannot be read: {(error.strerror or 'failed').lower()}") from error
    if len(text) > LARGEST:
        raise ValueError("is larger than 1 MiB")
    return Calendar(text)


def known_by(contacts: Iterable[Contact]) -> dict[str, str]:
    """Return what contacts may be called in a calendar (id, name, address; folded) → id."""
    found: dict[str, str] = {}
    for contact in contacts:
        for word in (contact.id, contact.name, *contact.addresses.values()):
            found.setdefault(word.casefold(), contact.id)
    return found


def contacts_of(names: Iterable[str], known: Mapping[str, str]) -> list[str]:
    """Return the ids of the contacts that names stand for, each once; unknown names are passed over."""
    return list(dict.fromkeys(known[name.casefold()] for name in names if name.casefold() in known))


def _names(event: Any) -> Iterator[str]:
    for piece in re.split(r"[,;/\n]", str(event.get("SUMMARY", ""))):
        name = piece.rpartition(":")[2].strip()
        if name:
            yield name
    attendees = event.get("ATTENDEE", [])
    for attendee in attendees if isinstance(attendees, list) else [attendees]:
        yield re.sub(r"^mailto:", "", str(attendee), flags=re.IGNORECASE).strip()


def _span(event: Any, zone: tzinfo) -> tuple[datetime, datetime]:
    start = event["DTSTART"].dt
    end = event["DTEND"].dt if "DTEND" in event else start + event["DURATION"].dt if "DURATION" in event else start
    if end == start and not isinstance(start, datetime):
        end = start + timedelta(days=1)
    return _instant(start, zone), _instant(end, zone)


def _instant(when: date, zone: tzinfo) -> datetime:
    if not isinstance(when, datetime):
        return datetime(when.year, when.month, when.day, tzinfo=zone).astimezone(UTC)
    return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)


def _frequency(event: Any) -> str:
    rule = event.get("RRULE", {})
    return str((rule.get("FREQ") or [""])[0]) if isinstance(rule, Mapping) else ""
