"""What a category forbids its rules: a fire waits for nothing, and nothing hides it."""

from hub.config.marks import Map
from hub.config.problems import Report
from hub.model import NEVER_HIDDEN

_FORBIDDEN = {
    "on_delay": "a {category} alarm may not wait",
    "folds_under": "a {category} alarm is never folded under another",
    "active": "a {category} alarm knows no hours",
    "mute_during": "a {category} alarm is never muted",
    "max_shelve": "a {category} alarm cannot be shelved",
}


def check_holds(category: str, tree: Map, report: Report) -> None:
    """Report settings of a rule that its category forbids."""
    if category not in NEVER_HIDDEN:
        return
    for key, message in _FORBIDDEN.items():
        if key in tree and not _is_nothing(tree[key]):
            report.error(tree.value_marks[key], message.format(category=category), f"remove '{key}'")


def _is_nothing(given: object) -> bool:
    return given is None or (isinstance(given, str) and given.strip("0.") in {"ms", "s", "m", "h", "d", "y"})
