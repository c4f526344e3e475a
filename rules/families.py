"""Alarms that come with what events say: one for each source, port or user at a device, as many as are met.

What a device tells is not trusted: at most `MOST` values of the attribute have an alarm of their own at a time, and
`EVER` had one that was raised. Events of any more count together in the alarm `~*` of the device, which is there from
the start, so too many are seen as loudly as a few. A value that has nothing left to say makes room for another.
"""

import re
from collections.abc import Iterator, MutableMapping
from hashlib import blake2b

from msgspec.structs import replace

from hub.model import SECOND, AlarmId, DeviceEvent, Timestamp, Value
from rules.book import Book
from rules.instance import Instance, Wire
from rules.memory import Memory

MOST = 64
EVER = 1000
OTHERS = "*"
_LONGEST = 64
_STRANGE = re.compile(r"[^\w.:@+-]")
MARK = "~"


def name_of(value: Value) -> str:
    """Return how a value stands in the id of an alarm: what does not belong there is replaced, and told apart."""
    said = str(value)
    plain = _STRANGE.sub("_", said)[:_LONGEST]
    return plain if plain == said else f"{plain}-{blake2b(said.encode(), digest_size=4).hexdigest()}"


class Families:
    """The instances of rules that count by an attribute."""

    def __init__(self, instances: MutableMapping[AlarmId, Instance]) -> None:
        self._instances = instances
        self._heads = {i.id.removesuffix(OTHERS): i for i in instances.values() if i.rule.for_each.by is not None}
        self._of: dict[AlarmId, dict[str, Instance]] = {head.id: {} for head in self._heads.values()}
        self._ever: dict[AlarmId, set[str]] = {head.id: set() for head in self._heads.values()}
        self._full_until: dict[AlarmId, Timestamp] = {}
        """Until when a family that is full is not looked through again: strangers do not decide what that costs."""

    def owns(self, alarm: AlarmId) -> bool:
        """Tell whether an alarm is one of a family, there or not."""
        prefix, mark, _ = alarm.partition(MARK)
        return bool(mark) and prefix + mark in self._heads

    def wires(self) -> Iterator[Wire]:
        """Give the wires of every member."""
        for members in self._of.values():
            for member in members.values():
                yield from member.wires

    def wire(self, wire: Wire, event: DeviceEvent, now: Timestamp) -> Wire:
        """Return which wire an event belongs to: that of its value's own alarm, or of all others together."""
        head = wire.instance
        by = head.rule.for_each.by
        value = None if by is None else event.attributes.get(by)
        if by is None or value is None or value == "":
            return wire
        member = self._member(head, name_of(value), now)
        return wire if member is None else member.wires[wire.index]

    def _member(self, head: Instance, key: str, now: Timestamp) -> Instance | None:
        members = self._of[head.id]
        found = members.get(key)
        if found is not None:
            return found
        if key not in self._ever[head.id] and len(self._ever[head.id]) >= EVER:
            return None
        if len(members) >= MOST and not self._make_room(head.id, members, now):
            return None
        return self._make(head, key)

    def _make_room(self, head: AlarmId, members: dict[str, Instance], now: Timestamp) -> bool:
        if now < self._full_until.get(head, 0):
            return False
        idle = next((key for key, member in members.items() if _idle(member, now)), None)
        if idle is None:
            self._full_until[head] = now + SECOND
            return False
        gone = members.pop(idle)
        del self._instances[gone.id]
        for wire in gone.wires:
            wire.deadline = None
        return True

    def _make(self, head: Instance, key: str) -> Instance:
        anchor = replace(head.anchor, key=key)
        member = Instance(head.rule, anchor, head.circuit, [wire.point for wire in head.wires])
        member.gate, member.born = head.gate, self._raised
        self._of[head.id][key] = self._instances[member.id] = member
        return member

    def _raised(self, member: Instance) -> None:
        head = member.id.partition(MARK)[0] + MARK + OTHERS
        self._ever[head].add(str(member.anchor.key))

    def recall(self, memory: Memory, book: Book) -> None:
        """Make again what had something to say before."""
        known = [alarm.last.alarm for alarm in book.every()]
        for alarm in known:
            self._at(alarm, raised=True)
        standing = (a.last.alarm for a in book.every() if a.retained or a.last.active)
        for alarm in dict.fromkeys([*standing, *memory.windows, *memory.pending]):
            self._at(alarm, raised=False)

    def _at(self, alarm: AlarmId, *, raised: bool) -> None:
        prefix, mark, key = alarm.partition(MARK)
        head = self._heads.get(prefix + mark)
        if not mark or head is None or key == OTHERS:
            return
        if raised:
            self._ever[head.id].add(key)
        elif key not in self._of[head.id]:
            self._make(head, key)


def _idle(member: Instance, now: Timestamp) -> bool:
    """Tell whether a member has nothing left to say: its alarm is not active, and nothing counts in its windows."""
    if member.active or member.deadline is not None:
        return False
    return all(wire.lens is None or not wire.lens.past.look(now) for wire in member.wires)
