"""Every window says what a slow reading of the whole history says, and survives a restart between any two readings."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model import HOUR, SECOND, Window
from hub.model import Test as Comparison
from rules.pasts import Lens
from rules.usual import Usual

SPAN = 100 * SECOND
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, SECOND, 3 * SECOND, 20 * SECOND, 150 * SECOND]),
        st.sampled_from([None, None, -5.0, 0.0, 1.0, 2.5, 40.0, 1e9, math.nan, math.inf]),
        st.booleans(),
    ),
    min_size=1,
    max_size=60,
)
Held = list[tuple[int, int, float | None]]


def known(history: Held, now: int) -> list[tuple[int, float]]:
    """Return (length, value) of each known stretch in the window."""
    cut = [(max(a, now - SPAN), min(b, now), v) for a, b, v in history]
    return [(b - a, v) for a, b, v in cut if b > a and v is not None]


def slow(fold: str, history: Held, current: float, now: int) -> float:
    parts = known(history, now)
    values = [v for _, b, v in history if v is not None and b > now - SPAN] + [current]
    match fold:
        case "average":
            total = sum(d for d, _ in parts)
            return math.fsum(d * v for d, v in parts) / total if total else current
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "rises":
            return current - min(values)
        case "falls":
            return max(values) - current
    half, below = sum(d for d, _ in parts) / 2, 0
    for length, value in sorted(parts, key=lambda p: p[1]):
        below += length
        if below >= half:
            return value
    return current


def value_or_none(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


@pytest.mark.parametrize("fold", ["average", "median", "min", "max", "rises", "falls"])
@given(steps=STEPS)
@settings(max_examples=80, deadline=None)
def test_a_window_says_what_the_whole_history_says(fold: str, steps: list[tuple[int, float | None, bool]]) -> None:
    lens, now = Lens(Comparison("above", 0.0, over=Window(fold, SPAN)), of_events=False), 1_700_000_000 * SECOND
    history: Held = []
    since, current = now, None
    begun = False
    for wait, raw, crash in steps:
        now += wait
        history.append((since, now, current))
        if crash and begun:
            kept = json.loads(json.dumps(lens.past.dump()))
            lens = Lens(Comparison("above", 0.0, over=Window(fold, SPAN)), of_events=False)
            lens.past.load(kept, now)
        current, since = value_or_none(raw), now
        lens.past.push(lens.feed(raw), now)
        begun = True
        said = lens.past.look(now)
        if current is None:
            assert said is None, "nothing is known while nothing usable is heard"
            continue
        expected = slow(fold, history, current, now)
        near = 1e-6 * max(1.0, *(abs(v) for _, v in known(history, now)), abs(current))
        assert said == pytest.approx(expected, abs=near if fold == "average" else 1e-9)
        assert lens.past.cover.known(now) == sum(length for length, _ in known(history, now))


@given(waits=st.lists(st.sampled_from([0, 1, SECOND, 7 * SECOND, 60 * SECOND, 200 * SECOND]), max_size=60))
@settings(max_examples=60, deadline=None)
def test_a_count_forgets_each_thing_after_its_span(waits: list[int]) -> None:
    lens, now = Lens(Comparison("at_least", 3, over=Window("count", SPAN)), of_events=True), 1_700_000_000 * SECOND
    seen: list[int] = []
    for wait in waits:
        now += wait
        seen.append(now)
        lens.past.add(1, now)
        total = lens.past.look(now)
        exact = sum(at > now - SPAN for at in seen)
        assert total == exact or abs(total - exact) <= sum(abs(at - (now - SPAN)) < SPAN // 1000 for at in seen)


@pytest.mark.parametrize(
    "fold", ["average", "median", "min", "max", "rises", "falls", "sum", "rate", "flapping", "count"]
)
def test_no_window_grows_beyond_its_bound(fold: str) -> None:
    lens, now = Lens(Comparison("above", 0.0, over=Window(fold, SPAN)), of_events=False), 1_700_000_000 * SECOND
    for n in range(30_000):
        now += SPAN // 10_000
        # a sawtooth that falls for long: the worst for a maximum
        lens.past.push(lens.feed(float(-n % 9_000)), now)
        lens.past.look(now)
    kept = lens.past.dump()
    assert max(len(part) // 16 for part in kept.values() if isinstance(part, str)) <= 1_100


def test_what_is_usual_is_learned_hour_by_hour_of_the_week() -> None:
    usual, start = Usual(floor=1.0), 0
    for hour in range(168 * 2):
        usual.push(100.0 if hour % 24 == 8 else 10.0, start + hour * HOUR)
    at = start + 168 * 2 * HOUR
    usual.push(30.0, at)
    assert usual.look(at + 1) == pytest.approx(3.0)
    usual.push(30.0, at + 8 * HOUR)
    assert usual.look(at + 8 * HOUR + 1) == pytest.approx(0.3)


def test_nothing_is_usual_in_an_hour_that_was_never_seen() -> None:
    usual = Usual(floor=1.0)
    usual.push(5.0, 0)
    assert usual.look(1) is None
