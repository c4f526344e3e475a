"""The hours of a rule, as something that waits for its next turn."""

from zoneinfo import ZoneInfo

from hub.model import Hours, Timestamp
from hub.model.hours import is_open, next_turn
from rules.timers import Waiting


class Gate(Waiting):
    """The hours of one rule, and when they turn next. An hour on the wall clock does not move when the clock is set."""

    __slots__ = ("_hours", "_zone", "open", "rule")

    def __init__(self, rule: str, hours: Hours, zone: ZoneInfo) -> None:
        super().__init__()
        self.rule = rule
        self._hours = hours
        self._zone = zone
        self.open = False

    def turn(self, now: Timestamp) -> Timestamp:
        """Look at the clock; return when to look again."""
        self.open = is_open(self._hours, self._zone, now)
        return next_turn(self._hours, self._zone, now)
