"""Which window a test looks through, what a reading puts into it, and what makes its answer certain."""

from collections.abc import Callable
from math import isfinite
from typing import Any

from hub.model import DeviceEvent, Test, Timestamp, Value, Window
from hub.model.kinds import VN_AQI_OF
from rules.condition import judge
from rules.logic import Truth
from rules.median import Median
from rules.nowcast import Nowcast
from rules.tallies import Changes, Count, Distinct, Recent, Sum
from rules.unchanged import Unchanged
from rules.usual import Usual
from rules.windows import Average, Climb, Extreme, Rate

_NO_MEASUREMENT = 1e200
"""A number as large as this would overflow an area over time; nothing that is measured is."""

Feed = Callable[[Value | None], Any]
"""What a reading's value (None: unusable) puts into a window."""

_MAKERS: dict[str, Callable[[Window, Test], Any]] = {
    "average": lambda w, _: Average(w.span),
    "median": lambda w, _: Median(w.span),
    "min": lambda w, _: Extreme(w.span, -1),
    "max": lambda w, _: Extreme(w.span, 1),
    "sum": lambda w, _: Sum(w.span),
    "rate": lambda w, _: Rate(w.span),
    "rises": lambda w, _: Climb(w.span, up=True),
    "falls": lambda w, _: Climb(w.span, up=False),
    "flapping": lambda w, _: Changes(w.span),
    "count": lambda w, _: Distinct(w.span) if w.distinct else Count(w.span, rises=w.counted is not None),
    "recent": lambda w, _: Recent(w.span),
    "unchanged": lambda w, _: Unchanged(w.span),
    "usual": lambda w, test: Usual(w.floor, below=test.verb == "below"),
}
VN_AQI = "vn_aqi"
FOLDS = frozenset({*_MAKERS, VN_AQI})
EACH_READING = frozenset({"sum", "count"})
"""Folds for which a reading counts though it changes nothing."""
_ALWAYS_KNOWN = frozenset({"recent", "unchanged", "usual", VN_AQI})
_ONLY_FALLING = frozenset({"max", "rises", "falls", "flapping", "count", "recent"})
"""Folds that time alone can only make smaller."""
_SURE = {("max", "above"), ("min", "below"), *((fold, "at_least") for fold in _ONLY_FALLING)}
"""What is true of a part of the window is true of the whole."""


class Lens:
    """The window of one test."""

    __slots__ = ("covered", "feed", "is_index", "past", "seen", "sure", "wakes_when_false", "window")

    def __init__(self, test: Test, of_events: bool, kind: str = "") -> None:
        """`kind`: of the point. Raises ValueError for a window that is not known, or that such a point cannot have."""
        window = test.over
        if window is None or window.fold not in FOLDS:
            raise ValueError(f"unknown window `{None if window is None else window.fold}`")
        self.window = window
        self.past: Any = _index(kind) if window.fold == VN_AQI else _MAKERS[window.fold](window, test)
        self.feed: Feed = _feed(window)
        self.seen: float | None = None
        """What the window said last."""
        self.is_index = window.fold == VN_AQI
        """Whether it makes another quantity of the values: `{value}` then stands for what it says."""
        self.covered = not of_events and window.fold not in _ALWAYS_KNOWN
        """Whether half of the window must be known before `false` is believed."""
        self.sure = (window.fold, test.verb) in _SURE
        above = test.verb in {"above", "at_least"}
        self.wakes_when_false = not (above and window.fold in _ONLY_FALLING)

    def next_look(self, truth: Truth, now: Timestamp) -> Timestamp | None:
        """Return when time alone may change the answer."""
        due: Timestamp | None = self.past.due(now) if truth is not False or self.wakes_when_false else None
        if self.covered and self.past.cover.now_known and not self.past.cover.enough(now):
            enough: Timestamp = self.past.cover.enough_at(now)
            due = enough if due is None else min(due, enough)
        return due


def _index(kind: str) -> Nowcast:
    if kind and kind not in VN_AQI_OF:
        raise ValueError(f"VN_AQI is not made of points of kind `{kind}`")
    return Nowcast(VN_AQI_OF.get(kind, ""))  # of no point at all there is no index, and nobody feeds it


def _feed(window: Window) -> Feed:
    if window.fold in {"flapping", "unchanged"}:
        return _usable
    if window.fold not in {"count", "recent"}:
        return _number
    return _every if window.counted is None else _truths(window.counted)


def _usable(value: Value | None) -> Value | None:
    return None if isinstance(value, float) and not isfinite(value) else value


def _number(value: Value | None) -> float | None:
    return float(value) if isinstance(value, int | float) and abs(value) < _NO_MEASUREMENT else None


def _every(value: Value | None) -> Truth:
    return None if value is None else True


def _truths(test: Test) -> Feed:
    said, last = judge(test), [False]

    def feed(value: Value | None) -> Truth:
        truth = said(value, last[0])
        if truth is not None:
            last[0] = truth
        return truth

    return feed


Match = Callable[[DeviceEvent], bool]


def matching(window: Window) -> Match:
    """Return what tells whether an event counts: every attribute that is asked for is as it should be."""
    asked = [(name, judge(test)) for name, test in window.where]
    return lambda event: all(said(event.attributes.get(name), None) is True for name, said in asked)
