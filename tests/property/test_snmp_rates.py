"""No history of a counter ever gives a rate that did not happen."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.snmp.rates import SECOND, WRAP, Count, Moment, rate

STEP = st.tuples(st.integers(10, 600), st.integers(0, 2**31 - 1))
"""Seconds that pass, and how much the counter grows meanwhile."""


@given(
    st.lists(STEP, min_size=1, max_size=20),
    st.integers(0, 2**32 - 1),
    st.integers(0, WRAP - 1),
    st.sampled_from((32, 64)),
)
def test_an_undisturbed_counter_gives_its_true_rate_over_every_wrap(steps, start, uptime, bits):
    total, passed = start, 0
    before = Count(total % (1 << bits), None, Moment(uptime, 0))
    for seconds, grown in steps:
        total, passed = total + grown, passed + seconds
        now = Count(total % (1 << bits), None, Moment((uptime + passed * 100) % WRAP, passed * SECOND))
        found = rate(before, now, bits)
        assert found == grown / seconds or (bits == 64 and now.value < before.value)
        before = now


@given(
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    st.integers(0, WRAP - 1),
    st.integers(0, WRAP - 1),
    st.integers(0, 10**6),
    st.sampled_from((32, 64)),
    st.none() | st.floats(1, 1e12),
)
def test_whatever_is_seen_a_rate_is_never_negative_and_never_above_the_most(a, b, up_a, up_b, seconds, bits, most):
    before = Count(a % (1 << bits), None, Moment(up_a, 0))
    found = rate(before, Count(b % (1 << bits), None, Moment(up_b, seconds * SECOND)), bits, most)
    assert found is None or found >= 0
    assert found is None or most is None or found <= most * 1.2


@given(st.integers(0, 10**7), st.integers(1, 10**6), st.integers(0, 2**40), st.integers(0, 2**40))
def test_a_restart_between_two_looks_never_gives_a_rate(uptime, away, a, b):
    """The agent restarts at some moment while nobody looks: its clock then shows at most what passed since."""
    for since in {0, away // 3, away - 1}:
        before, now = Moment(uptime + 1000, 0), Moment(since * 100, away * SECOND)
        if abs(since * 100 - (uptime + 1000) - away * 100) <= 200 + 2 * away:
            continue  # the one restart that clocks cannot show: it came just when the agent was as old as it was then
        assert rate(Count(a, None, before), Count(b, None, now), 64) is None
