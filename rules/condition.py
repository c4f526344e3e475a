"""Conditions as closures, in three-valued logic: true, false, and unknown (None).

A test is compiled to `(value, last) -> truth`, where `value` is None when nothing usable is known and `last` is the
last truth that was not unknown: inside a deadband it stands. Groups follow Kleene: `all` is false as soon as one part
is false, `any` is true as soon as one is true, whatever the unknown ones may be.

The value of a reading whose quality is *uncertain* (stale, out of range, simulated, retained) is used as it is: the
last thing known is better evidence than none, and its age has a test of its own, `stale_for`. *Bad* is unknown.
"""

from collections.abc import Callable, Sequence
from math import isfinite

from hub.model import Condition, Expression, Group, Test, Value
from rules.expression import compiled
from rules.logic import Truth, at_least, every, opposite, some

Judge = Callable[[Value | None, Truth], Truth]
"""One compiled test: (value, last truth) → truth."""

Verdict = Callable[[Sequence[Truth]], Truth]
"""A compiled condition: the truths of its tests, in order → truth."""

AGE = "stale_for"
"""The one verb that compares time instead of a value; `rules.instance` keeps its clock."""


def _number(value: Value | None) -> float | None:
    """Return a value that can be compared with a limit; text, nothing, NaN and infinities cannot."""
    return value if isinstance(value, (int, float)) and isfinite(value) else None


def _same(test: Test) -> Judge:
    """Compile the verbs that ask whether a value is among some: `is`, `is_not`, `one_of`."""
    operand = test.operand
    among = frozenset(operand if isinstance(operand, tuple) else (operand,))
    hit = test.verb != "is_not"

    def judge(value: Value | None, last: Truth) -> Truth:  # noqa: ARG001 - the shape of every judge
        if value is None or (isinstance(value, float) and not isfinite(value)):
            return None
        return (value in among) is hit

    return judge


def _above(test: Test) -> Judge:
    limit = _limit(test)
    release = limit - test.deadband

    def judge(value: Value | None, last: Truth) -> Truth:
        number = _number(value)
        if number is None:
            return None
        if number > limit:
            return True
        return False if number <= release else bool(last)

    return judge


def _below(test: Test) -> Judge:
    limit = _limit(test)
    release = limit + test.deadband

    def judge(value: Value | None, last: Truth) -> Truth:
        number = _number(value)
        if number is None:
            return None
        if number < limit:
            return True
        return False if number >= release else bool(last)

    return judge


def _outside(test: Test) -> Judge:
    low, high = _limits(test)
    deadband = test.deadband

    def judge(value: Value | None, last: Truth) -> Truth:
        number = _number(value)
        if number is None:
            return None
        if number < low or number > high:
            return True
        return False if low + deadband <= number <= high - deadband else bool(last)

    return judge


def _limit(test: Test) -> float:
    if isinstance(test.operand, (int, float)):
        return test.operand
    raise ValueError(f"`{test.verb}` needs a number, not {test.operand!r}")


def _limits(test: Test) -> tuple[float, float]:
    match test.operand:
        case (int() | float() as low, int() | float() as high) if low <= high:
            return low, high
    raise ValueError(f"`{test.verb}` needs two numbers, the smaller first, not {test.operand!r}")


def _at_least(test: Test) -> Judge:
    limit = _limit(test)
    release = limit - test.deadband

    def judge(value: Value | None, last: Truth) -> Truth:
        number = _number(value)
        if number is None:
            return None
        if number >= limit:
            return True
        return False if number <= release else bool(last)

    return judge


def _value(test: Test) -> Judge:  # noqa: ARG001 - the shape of every compiler
    """Compile what an expression reads: not a truth, the value itself."""

    def judge(value: Value | None, last: Truth) -> Truth:  # noqa: ARG001
        usable = not isinstance(value, float) or isfinite(value)
        return value if usable else None  # type: ignore[return-value]

    return judge


_JUDGES: dict[str, Callable[[Test], Judge]] = {
    "is": _same,
    "is_not": _same,
    "one_of": _same,
    "above": _above,
    "below": _below,
    "outside": _outside,
    "at_least": _at_least,
    "value": _value,
}

VERBS = frozenset(_JUDGES) | {AGE}
"""Every verb a test may use."""


def judge(test: Test) -> Judge:
    """Compile one test of a value. Raises ValueError for a verb or operand that cannot be compared."""
    if test.verb not in _JUDGES:
        raise ValueError(f"unknown verb `{test.verb}`")
    return _JUDGES[test.verb](test)


def verdict(condition: Condition) -> tuple[list[Test], Verdict]:
    """Compile a condition: its tests in order, and the closure that judges their truths. Raises ValueError."""
    tests: list[Test] = []
    return tests, _compile(condition, tests)


def _compile(condition: Condition, tests: list[Test]) -> Verdict:
    if isinstance(condition, Test):
        index = len(tests)
        tests.append(condition)
        return lambda truths: truths[index]
    if isinstance(condition, Expression):
        return compiled(condition, tests)
    parts = [_compile(part, tests) for part in condition.parts]
    return _group(condition, parts)


def _group(group: Group, parts: list[Verdict]) -> Verdict:
    if group.verb == "all":
        return lambda truths: every([part(truths) for part in parts])
    if group.verb == "any":
        return lambda truths: some([part(truths) for part in parts])
    if group.verb == "not" and len(parts) == 1:
        return lambda truths: opposite(parts[0](truths))
    if group.verb == "sure" and len(parts) == 1:
        return lambda truths: parts[0](truths) is True
    if group.verb == "at_least":
        return lambda truths: at_least(group.n, [part(truths) for part in parts])
    raise ValueError(f"unknown group `{group.verb}` of {len(parts)} parts")
