"""`confirm_with:` → two rules: the alarm that a second source confirms, and the one that waits for it in sight."""

from collections.abc import Iterator

from msgspec.structs import replace

from hub.config.condition import Conditions
from hub.config.durations import positive
from hub.config.marks import Map
from hub.config.problems import Report
from hub.config.validate import describe
from hub.model import Condition, Group, Priority, Rule, Test, Text, Window

KEY = "confirm_with"
UNCONFIRMED = "-unconfirmed"
"""What the id of the rule that waits for confirmation ends with."""


def without(node: Map) -> Map:
    """Return a condition without its second source."""
    left = Map(node.mark)
    for key in node:
        if key != KEY:
            left.take(key, node)
    return left


def second_source(node: Map, conditions: Conditions, report: Report) -> Condition | None:
    """Return the condition of the second source, or None after reporting."""
    given, mark = node[KEY], node.value_marks[KEY]
    if not isinstance(given, Map) or "within" not in given or not {"kind", "point"} & set(given):
        example = "confirm_with: {kind: camera.fire, is: true, in: zone, within: 2m}"
        report.error(mark, f"expected a second source and how near in time it is, found {describe(given)}", example)
        return None
    try:
        span = positive(given["within"])
    except ValueError as error:
        report.error(given.value_marks["within"], str(error))
        return None
    source = Map(given.mark)
    for key in given:
        if key != "within":
            source.take(key, given)
    test = conditions.read(source, mark)
    if not isinstance(test, Test) or test.over is not None:
        if test is not None:
            report.error(mark, "a second source is one comparison of what it says now")
        return None
    counted = Test(test.verb, test.operand, test.deadband)
    return replace(test, verb="at_least", operand=1, deadband=0.0, over=Window("recent", span, counted=counted))


def both(rule: Rule, source: Condition) -> Iterator[Rule]:
    """Give the two rules that one with a second source stands for."""
    parts = (rule.when, source)
    yield replace(rule, when=Group("confirmed", parts))
    text = Text(f"CHƯA XÁC NHẬN: {rule.text.vi}", f"UNCONFIRMED: {rule.text.en}")
    yield replace(
        rule,
        id=rule.id + UNCONFIRMED,
        when=Group("unconfirmed", parts),
        priority=max(rule.priority, Priority.HIGH),
        text=text,
        latch=False,
    )
