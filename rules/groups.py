"""Groups of alarms that belong together, and which of each came first (first-out, ISA-18.1 sequence F).

The first alarm of a group keeps its mark for as long as its occurrence stands. The group begins anew when none of its
alarms stands any more.
"""

from hub.model import Alarm, AlarmId, Rule
from rules.binding import Anchor


class Groups:
    """Which alarms of each group stand."""

    def __init__(self) -> None:
        self._standing: dict[str, set[AlarmId]] = {}

    def take(self, alarm: Alarm) -> None:
        """Follow an alarm."""
        t = alarm.last
        if t.group is None:
            return
        standing = self._standing.setdefault(t.group, set())
        standing.add(t.alarm) if alarm.retained else standing.discard(t.alarm)

    def first(self, group: str | None, alarm: AlarmId, known: Alarm | None) -> bool:
        """Tell whether an alarm that is raised now is the first of its group, or still is."""
        if group is None:
            return False
        standing = self._standing.get(group, set())
        if alarm in standing:
            return known is not None and known.last.first
        return not standing


def group_of(rule: Rule, anchor: Anchor) -> str | None:
    """Return the group of a rule's alarm at a place."""
    match rule.group:
        case "device":
            return f"device:{anchor.device.id}"
        case "zone":
            return f"zone:{anchor.zone}"
    return rule.group
