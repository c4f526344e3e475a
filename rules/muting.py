"""Suppression by design: the hours or the state of the plant in which a rule's alarms are evaluated and not told.

A mute always ends: hours turn, a state changes, and a state that does not change mutes no longer than `mute_at_most`.
Only a state that is known to be true mutes: one that is unknown hides nothing. After a start a mute goes on until the
state is heard or the time is over. What is still active when the mute ends returns unacknowledged. A fire is never
muted.
"""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from hub.model import AlarmId, Hold, HoldKind, Hours, Timestamp
from hub.model.hours import is_open, next_turn
from rules.book import Book
from rules.instance import Instance
from rules.machine import FORBIDDEN, Input
from rules.memory import Memory
from rules.timers import Timers, Waiting

MUTE = "mute_during"
"""What such a hold names as its cause (`Hold.by`)."""


class Mute(Waiting):
    """What mutes one alarm, since when and until when. The end that people were told does not move with the clock."""

    __slots__ = ("_zone", "instance", "since", "until")

    def __init__(self, instance: Instance, zone: ZoneInfo) -> None:
        super().__init__()
        self.instance = instance
        self._zone = zone
        self.since: Timestamp | None = None
        """Since when the hours or the state last; also when they have muted for long enough."""
        self.until: Timestamp | None = None
        """None: it mutes nothing."""

    @property
    def fixed(self) -> bool:
        """Whether a step of the clock leaves its deadline alone: always."""
        return True

    def look(self, now: Timestamp) -> Timestamp | None:
        """Judge anew whether it mutes; return when to look again."""
        during = self.instance.rule.mute_during
        if isinstance(during, Hours):
            turn = next_turn(during, self._zone, now)
            self._lasts(is_open(during, self._zone, now), now)
            self.until = None if self.since is None else turn
            return turn
        state = self.instance.muting
        if state is not None or self.instance.mute_heard:
            self._lasts(state is True, now)
        end = None if self.since is None else self.since + self.instance.rule.mute_at_most
        self.until = end if end is not None and now < end else None
        return self.until

    def _lasts(self, on: bool, now: Timestamp) -> None:
        self.since = (now if self.since is None else self.since) if on else None

    def hold(self, at: Timestamp) -> Hold:
        """Return how it holds an alarm."""
        return Hold(HoldKind.SUPPRESSED, at if self.since is None else self.since, by=MUTE, until=self.until)


class Mutes:
    """Every alarm that its rule may mute."""

    def __init__(self, instances: Iterable[Instance], zone: ZoneInfo) -> None:
        may = (i for i in instances if i.rule.mute_during is not None and not _forbidden(i))
        self._of = {i.id: Mute(i, zone) for i in may}
        self.revision = 0

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._of)

    def every(self) -> Iterable[Mute]:
        """Return all of them."""
        return self._of.values()

    def get(self, alarm: AlarmId) -> Mute | None:
        """Return what may mute an alarm."""
        return self._of.get(alarm)

    def hold(self, instance: Instance, at: Timestamp) -> tuple[Hold, ...]:
        """Return how an alarm that is raised now is muted."""
        mute = self._of.get(instance.id)
        return () if mute is None or mute.until is None else (mute.hold(at),)

    def look(self, mute: Mute, now: Timestamp, timers: Timers) -> None:
        """Judge a mute anew and set when to look again."""
        before, turn = mute.since, mute.look(now)
        self.revision += mute.since != before
        if turn is None:
            mute.deadline = None
        else:
            timers.set(mute, turn)

    def kept(self) -> Mapping[AlarmId, Timestamp]:
        """Return since when which alarms are muted."""
        return {alarm: mute.since for alarm, mute in self._of.items() if mute.since is not None}

    def recall(self, memory: Memory, book: Book) -> None:
        """Take back since when alarms are muted, also from what the journal says of those that stand."""
        for alarm, mute in self._of.items():
            known = book.get(alarm)
            told = () if known is None else known.last.holds
            mute.since = next((h.since for h in told if h.by == MUTE), memory.mutes.get(alarm))


def muted(holds: Iterable[Hold]) -> bool:
    """Tell whether one of these holds is a mute."""
    return any(hold.by == MUTE for hold in holds)


def _forbidden(instance: Instance) -> bool:
    return Input.SUPPRESS in FORBIDDEN.get(instance.rule.category, ())
