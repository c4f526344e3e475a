"""The load of alarms against a slow and simple count (reliability C7)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kpi import INTERVAL, Bad, FloodSpan, Occurrence, Share, floods, kpis, occurrences
from hub.model import DAY, HOUR, MINUTE, SECOND, Priority, Text, Transition

T0 = 1_700_000_000 * SECOND


def rang(second: float, alarm: str = "a", **more) -> Occurrence:
    return Occurrence(alarm, more.pop("priority", "low"), T0 + int(second * SECOND), **more)


def test_a_quiet_day_has_its_averages_and_nothing_else():
    found = kpis([rang(n * 600, f"a{n}") for n in range(144)], T0, T0 + DAY)
    assert (found.alarms, found.per_operator_10_min, found.per_operator_day) == (144, 1.0, 144.0)
    assert (found.peak_10_min, found.intervals_over_10, found.in_flood, found.floods) == (1.0, 0.0, 0.0, [])
    assert found.ack.never == 144


def test_two_operators_share_the_load():
    found = kpis([rang(n) for n in range(30)], T0, T0 + HOUR, operators=2)
    assert (found.per_operator_10_min, found.peak_10_min) == (2.5, 15.0)
    assert found.floods == [FloodSpan(T0 + 20 * SECOND, T0 + 620 * SECOND + 0, 30)]


def test_what_is_held_rings_nowhere():
    found = kpis([rang(1), rang(2, held=True)], T0, T0 + HOUR)
    assert (found.alarms, found.held) == (1, 1)


def test_bad_actors_are_named():
    chatter = [rang(n * 10, "door") for n in range(6)]
    brief = rang(500, "flicker", returned=T0 + 505 * SECOND)
    long = Occurrence("pump", "high", T0 - 30 * HOUR)
    found = kpis([*chatter, brief, long], T0, T0 + HOUR)
    assert found.chattering == [Bad("door", 6)]
    assert found.top == [Bad("door", 6), Bad("flicker", 1)]
    assert (found.top_share, found.fleeting) == (1.0, 1)
    assert found.standing_long == [Bad("pump", 31.0)]


def test_the_mix_of_priorities_and_how_long_people_took():
    made = [rang(n, f"{n}", priority="high" if n < 20 else "low", acked=T0 + 2 * n * SECOND) for n in range(100)]
    found = kpis(made, T0, T0 + HOUR)
    assert found.priorities["high"] == Share(20, 0.2)
    assert (found.ack.p50, found.ack.p90, found.ack.p99, found.ack.longest) == (49.0, 89.0, 98.0, 99.0)


def test_an_empty_period_is_refused():
    with pytest.raises(ValueError, match="empty"):
        kpis([], T0, T0)


@given(st.lists(st.integers(0, 4000), max_size=80), st.integers(1, 3))
def test_the_figures_agree_with_counting(seconds, operators):
    times = sorted(T0 + s * SECOND for s in seconds)
    end = T0 + 5000 * SECOND
    found = kpis([Occurrence(f"a{n % 7}", "low", t) for n, t in enumerate(times)], T0, end, operators=operators)
    most = max((sum(t <= u < t + INTERVAL for u in times) for t in times), default=0)
    assert found.peak_10_min == most / operators
    on, spans = None, []
    for now in sorted({*times, *(t + INTERVAL for t in times if t + INTERVAL <= end)}):
        within = sum(now - INTERVAL < t <= now for t in times)
        if on is None and within > 10 * operators:
            on = now
        elif on is not None and within < 5 * operators:
            spans.append((on, now))
            on = None
    if on is not None:
        spans.append((on, end))
    assert [(f.start, f.end) for f in found.floods] == spans


def test_floods_never_overlap():
    times = [T0 + n * 20 * SECOND for n in range(200)] + [T0 + (9000 + n) * SECOND for n in range(40)]
    spans = floods(times, T0 + DAY)
    assert len(spans) == 2
    assert all(a.end <= b.start for a, b in pairwise(spans))


def transition(n, what, occurrence, second, **more):
    flags = (what == "raise", what == "ack", False)
    return Transition(
        "fire:p/a", occurrence, n, what, *flags, Priority.HIGH, "fire", "fire", "p", None, "z", Text.same("x"), {},
        T0 + second * SECOND, **more,
    )  # fmt: skip


def test_a_journal_folds_into_occurrences():
    journal = [
        transition(1, "raise", 1, 0), transition(2, "ack", 1, 30), transition(3, "realarm", 1, 60),
        transition(4, "ack", 1, 90), transition(5, "return", 1, 100), transition(6, "raise", 2, 200),
        transition(7, "raise", 3, 300, mark="TEST"),
    ]  # fmt: skip
    assert occurrences(journal) == [
        Occurrence("fire:p/a", "high", T0, T0 + 100 * SECOND, T0 + 30 * SECOND),
        Occurrence("fire:p/a", "high", T0 + 200 * SECOND),
        Occurrence("fire:p/a", "high", T0 + 300 * SECOND, held=True),
    ]


def test_a_hundred_thousand_alarms_are_counted_in_passing():
    made = [Occurrence(f"a{n % 500}", "low", T0 + n * SECOND // 10) for n in range(100_000)]
    found = kpis(made, T0, T0 + DAY)
    assert found.alarms == 100_000
    assert found.peak_10_min == 10 * MINUTE / SECOND * 10
