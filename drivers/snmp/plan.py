"""Which requests fetch which objects; pure.

Objects that only mean something together (a counter and its discontinuity time, a part and its whole) go into one
request, because two answers are of two moments. Beyond that as many as fit are asked for at once.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from drivers.snmp import ber

Wish = tuple[str, ...]
"""The objects one point needs of one answer, its own first."""


class Request(Struct, frozen=True):
    """One GET: its objects, and the places (in the list that was planned) of the points it serves."""

    oids: tuple[str, ...]
    members: tuple[int, ...]


def pack(which: Iterable[int], wishes: Sequence[Wish], room: int) -> list[Request]:
    """Return the requests that fetch some of the wishes, each of at most `room` objects unless one wish is larger."""
    packed: list[Request] = []
    oids: dict[str, None] = {}
    members: list[int] = []
    for i in which:
        grown = oids | dict.fromkeys(wishes[i])
        if members and len(grown) > room:
            packed.append(Request(tuple(oids), tuple(members)))
            grown, members = dict.fromkeys(wishes[i]), []
        oids = grown
        members.append(i)
    return [*packed, Request(tuple(oids), tuple(members))] if members else packed


def weight(names: Iterable[str]) -> int:
    """Return the bytes of the variables that ask for these objects: a name and no value each (RFC 3416, 3)."""
    return sum(6 + len(ber.from_dotted(name)) for name in names)


def halves(request: Request, wishes: Sequence[Wish]) -> list[Request]:
    """Return the two requests that one is split into; itself alone when it serves a single point."""
    middle = len(request.members) // 2
    parts = (request.members[:middle], request.members[middle:])
    return [pack(part, wishes, len(request.oids))[0] for part in parts if part]


def worth_walking(columns: Mapping[str, int], rows: int, room: int, repetitions: int) -> set[str]:
    """Return the columns that GETBULK fetches whole in fewer requests than GET needs for the points wanted of them.

    `columns` says how many points of each are wanted, `rows` how many the table has.
    """
    if not repetitions:
        return set()
    walk = -(-(rows + 1) // repetitions)
    return {column for column, wanted in columns.items() if walk < wanted / room}
