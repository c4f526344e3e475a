"""`mute_during:` of a rule: hours or a condition in which its alarms are suppressed, and `mute_at_most`, its end."""

from hub.config.condition import Conditions
from hub.config.durations import positive
from hub.config.marks import Map
from hub.config.problems import Report
from hub.config.rule import HoursEntry
from hub.config.validate import validate
from hub.model import HOUR, Condition, Hours

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONGEST = 8 * HOUR


def read_mute(tree: Map, conditions: Conditions, report: Report) -> Condition | Hours | None:
    """Return what mutes a rule, or None: nothing, or a mistake that was reported."""
    node = tree.get("mute_during")
    _end(tree, isinstance(node, Map) and not _is_hours(node), report)
    if node is None:
        return None
    if isinstance(node, Map) and _is_hours(node):
        entry = validate(HoursEntry, node, report)
        return None if entry is None else hours_of(entry)
    return conditions.read(node, tree.value_marks["mute_during"])


def longest(tree: Map) -> int:
    """Return for how long, nanoseconds, one lasting state may mute a rule."""
    given = tree.get("mute_at_most")
    try:
        return _LONGEST if given is None else positive(given)
    except ValueError:
        return _LONGEST  # it was reported


def hours_of(entry: HoursEntry) -> Hours:
    """Return hours as the rules know them."""
    days = frozenset(_DAYS.index(day) for day in entry.days) or frozenset(range(7))
    return Hours(days, _minutes(entry.start), _minutes(entry.to))


def _is_hours(node: Map) -> bool:
    return bool({"days", "from", "to"} & set(node))


def _end(tree: Map, state: bool, report: Report) -> None:
    """Report an end that is none, or that ends nothing."""
    given = tree.get("mute_at_most")
    if given is None:
        return
    if not state:
        message = "'mute_at_most' goes with a condition in 'mute_during'"
        report.error(tree.key_marks["mute_at_most"], message, "remove it: hours end by themselves")
        return
    try:
        positive(given)
    except ValueError as error:
        report.error(tree.value_marks["mute_at_most"], str(error), "a mute must last, and end")


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return 60 * int(hours) + int(minutes)
