"""What rules would have said of the past: their alarms counted, with first and last, beside those of other rules.

The past is given in batches, in order of time; between two of them time passes as it did, so delays end and windows
move. What people did then is not replayed: a latched alarm counts when it is raised, and again when it is raised anew.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from hub.model import AlarmId, DeviceEvent, Reading, Site, Timestamp, Transition
from rules.engine import Engine

_MOST_WAKES = 1_000_000


class Count(Struct):
    """How often an alarm was raised, and when first and last."""

    raised: int = 0
    first: Timestamp | None = None
    last: Timestamp | None = None

    def add(self, at: Timestamp) -> None:
        """Count one."""
        self.raised += 1
        self.first = at if self.first is None else self.first
        self.last = at


Counts = dict[AlarmId, Count]


class Change(Struct, frozen=True):
    """What one rule says before and after: `None` where there is no such rule."""

    rule: str
    before: Count | None
    after: Count | None


class Backtest:
    """One set of rules on its way through the past."""

    def __init__(self, site: Site) -> None:
        self._engine = Engine(site)
        self.rules = tuple(rule.id for rule in site.rules)
        self.watched = self._engine.watched
        self.told_of = self._engine.told_of
        self.alarms: Counts = {}
        self._wakes = 0

    def take(self, at: Timestamp, readings: Sequence[Reading], events: Sequence[DeviceEvent] = ()) -> None:
        """Let time pass up to `at`, then give what was heard then. Raises ValueError for rules that never rest."""
        self.pass_time(at)
        self._note(self._engine.step(readings, at, events))

    def pass_time(self, until: Timestamp) -> None:
        """Wake the rules whenever they were due. Raises ValueError."""
        while (due := self._engine.due()) is not None and 0 < due <= until:
            self._wakes += 1
            if self._wakes > _MOST_WAKES:
                raise ValueError("the rules never come to rest")
            self._note(self._engine.wake(due))
        self._wakes = 0

    def _note(self, said: Iterable[object]) -> None:
        for t in said:
            if isinstance(t, Transition) and t.input == "raise":
                self.alarms.setdefault(t.alarm, Count()).add(t.at)

    def by_rule(self) -> dict[str, Count]:
        """Return the counts of all alarms of each rule, also of those that raised none."""
        found = {rule: Count() for rule in self.rules}
        for alarm, count in self.alarms.items():
            whole = found[alarm.partition(":")[0]]
            whole.raised += count.raised
            whole.first = min(t for t in (whole.first, count.first) if t is not None)
            whole.last = max(t for t in (whole.last, count.last) if t is not None)
        return found


def compared(running: Backtest | None, candidate: Backtest) -> list[Change]:
    """Return what each rule of the candidate says, beside the running rule of the same id."""
    before = {} if running is None else running.by_rule()
    return [Change(rule, before.get(rule), after) for rule, after in candidate.by_rule().items()]
