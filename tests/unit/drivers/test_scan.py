"""Grids, grids, backoff and pace: pure arithmetic."""

import random

from drivers.backoff import Backoff, Pace
from drivers.scan import ScanGroup
from hub.model import SECOND


def group(interval=SECOND, phase=0):
    g = ScanGroup("d", (), interval)
    g.phase = phase
    g.start(0)
    return g


def test_due_times_stay_on_the_grid_however_late_a_scan_ends():
    g = group(phase=SECOND // 4)
    g.advance(g.due + SECOND // 2)
    assert g.due == SECOND + SECOND // 4
    assert g.missed == 0


def test_a_period_that_passed_whole_is_skipped_and_counted():
    g = group()
    g.advance(3 * SECOND + SECOND // 2)
    assert (g.due, g.missed) == (3 * SECOND, 2)


def test_a_pause_is_not_a_miss():
    g = group(phase=SECOND // 4)
    g.resume(100 * SECOND)
    assert (g.due, g.missed) == (100 * SECOND + SECOND // 4, 0)
    g.resume(5)
    assert g.due == 100 * SECOND + SECOND // 4


def test_a_slow_group_is_scanned_soon_after_each_connection_and_then_on_its_grid():
    g = group(interval=60 * SECOND, phase=30 * SECOND)
    g.start(0)
    g.resume(0)
    assert g.due == 30 * SECOND * 5 // 60
    g.advance(3 * SECOND)
    assert (g.due, g.missed) == (30 * SECOND, 0)
    g.advance(31 * SECOND)
    assert g.due == 90 * SECOND
    g.resume(40 * SECOND)
    assert g.due == 40 * SECOND + 30 * SECOND * 5 // 60


def test_waits_grow_are_capped_and_jittered_over_their_whole_length():
    always_one = Backoff(lambda: 1.0)
    assert [always_one.next() // SECOND for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    dice = random.Random(1)
    waits = []
    for _ in range(2000):
        b = Backoff(dice.random)
        b.next()
        waits.append(b.next() / SECOND)
    assert min(waits) < 0.01
    assert max(waits) > 1.99
    assert 0.95 < sum(waits) / len(waits) < 1.05


def test_a_thousand_failures_do_not_overflow_and_a_success_forgets_them():
    b = Backoff(lambda: 1.0)
    for _ in range(1000):
        b.next()
    assert b.next() == 60 * SECOND
    b.reset()
    assert b.next() == SECOND


def test_attempts_are_spaced_and_a_quiet_time_is_not_saved_up():
    pace = Pace(50)
    assert [pace.wait(0) // 1_000_000 for _ in range(4)] == [0, 20, 40, 60]
    assert [pace.wait(10 * SECOND) // 1_000_000 for _ in range(3)] == [0, 20, 40]
