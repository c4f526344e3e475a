"""What was journaled after the last checkpoint, followed by everyone who must know it."""

from collections.abc import Iterable, Iterator, MutableMapping

from hub.model import AlarmId, ServiceChange, SystemNote, Timestamp, Transition
from rules.absences import Absences
from rules.book import Book
from rules.flood import Flood, rings
from rules.machine import Input

_SWITCHES = (Input.RAISE.value, Input.RETURN.value)


def follow(
    records: Iterable[object],
    book: Book,
    absences: Absences,
    flood: Flood,
    pending: MutableMapping[AlarmId, Timestamp],
) -> Iterator[Transition | ServiceChange]:
    """Follow records that a dump does not hold, and give on those that answered somebody; all others are passed over.

    A delay that a transition has ended is taken out of `pending`.
    """
    for record in records:
        if isinstance(record, Transition) and book.replay(record):
            if record.input in _SWITCHES:
                pending.pop(record.alarm, None)
            if rings(record):
                flood.take(record.at)
            yield record
        elif isinstance(record, SystemNote):
            flood.heard(record)
        elif isinstance(record, ServiceChange):
            absences.take(record)
            yield record
