"""`by:` of a rule about events, when it is an attribute: what such a rule may not say besides."""

from hub.config.marks import Map
from hub.config.problems import Report
from hub.model import Condition, Rule, Test
from hub.model.masking import masked

_NOT_BESIDE = ("folds_under", "mute_during", "test_during")
_SOMETHING = "abc"


def check_by(rule: Rule, tree: Map, report: Report) -> None:
    """Report what cannot stand beside an attribute that events are counted by."""
    by, selector = rule.for_each.by, tree["for_each"]
    if by is None:
        return
    mark = selector.value_marks["by"]
    if masked({by: _SOMETHING})[by] != _SOMETHING:
        report.error(mark, f"'{by}' is personal data, and would stand in the name of the alarm", "count by: device")
    if not _counts_events(rule.when):
        report.error(
            tree.value_marks["when"],
            f"what is counted by '{by}' is one count of events",
            "such as {count: 5, within: 1m}",
        )
    for key in _NOT_BESIDE:
        if tree.get(key) is not None:
            report.error(tree.key_marks[key], f"'{key}' does not go with events counted by '{by}'", f"remove '{key}'")


def _counts_events(when: Condition) -> bool:
    return isinstance(when, Test) and when.of is None and when.over is not None and when.over.fold == "count"
