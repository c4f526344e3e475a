"""The load of alarms of a long journal against a slow and simple reference (reliability C7).

`CITYWATCH_KPI` says how many transitions; `make soak` takes a million.
"""

import os
import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

import pytest

from hub.kpi import CHATTER, CHATTER_SPAN, INTERVAL, Occurrence, kpis, occurrences
from hub.model import DAY, HOUR, SECOND, Hold, HoldKind, Priority, Text, Transition

pytestmark = pytest.mark.timeout(900)
COUNT = int(os.environ.get("CITYWATCH_KPI", "20000"))
ALARMS = max(20, COUNT // 200)
T0 = 1_700_000_000 * SECOND
X = Text.same("x")


def journal(dice: random.Random) -> Iterator[Transition]:
    """Give COUNT transitions of alarms that live as alarms do, quiet hours and floods among them."""
    now = T0
    lives: dict[str, tuple[int, int, bool, bool]] = {}
    for _ in range(COUNT):
        name = f"a{min(int(dice.expovariate(6 / ALARMS)), ALARMS - 1)}"
        now += int(dice.expovariate(1 / (2 if (now // HOUR) % 5 else 30)) * SECOND)
        occurrence, n, active, acked = lives.get(name, (0, 0, False, True))
        what = ("return" if dice.random() < 0.6 or acked else "ack") if active else ("raise" if acked else "ack")
        occurrence += what == "raise"
        active, acked = what == "raise" or (active and what == "ack"), what == "ack" or (acked and what == "return")
        lives[name] = (occurrence, n + 1, active, acked)
        held = what == "raise" and dice.random() < 0.05
        yield Transition(
            name, occurrence, n + 1, what, active, acked, False, Priority(1 + int(name[1:]) % 4), "fault", "r", "d",
            None, "z", X, {}, now, holds=(Hold(HoldKind.SHELVED, now),) if held else (),
        )  # fmt: skip


def reference(records: list[Transition]) -> dict[tuple[str, int], Occurrence]:
    """Return the occurrences, each looked for by itself."""
    by: dict[tuple[str, int], list[Transition]] = {}
    for t in records:
        by.setdefault((t.alarm, t.occurrence), []).append(t)
    return {
        key: Occurrence(
            key[0], found[0].priority.word, found[0].at, next((t.at for t in found if t.input == "return"), None),
            next((t.at for t in found if t.input == "ack"), None), bool(found[0].holds),
        )
        for key, found in by.items()
    }  # fmt: skip


def flooded(times: list[int], end: int) -> list[tuple[int, int]]:
    """Return the floods by asking at every instant at which something may begin or end."""
    on, spans = None, []
    for now in sorted({*times, *(t + INTERVAL for t in times if t + INTERVAL <= end)}):
        within = bisect_right(times, now) - bisect_right(times, now - INTERVAL)
        if on is None and within > 10:
            on = now
        elif on is not None and within < 5:
            spans.append((on, now))
            on = None
    return spans if on is None else [*spans, (on, end)]


def test_the_figures_of_a_long_journal_are_those_of_the_slow_reference() -> None:
    records = list(journal(random.Random(7)))
    start, end = T0, records[-1].at + SECOND
    slow = reference(records)
    assert {(o.alarm, o.raised): o for o in occurrences(records)} == {(o.alarm, o.raised): o for o in slow.values()}
    found = kpis(occurrences(records), start, end)
    rang = sorted(o.raised for o in slow.values() if not o.held)
    assert (found.alarms, found.held) == (len(rang), len(slow) - len(rang))
    assert found.peak_10_min == max(bisect_left(rang, t + INTERVAL) - bisect_left(rang, t) for t in rang)
    assert [(f.start, f.end) for f in found.floods] == flooded(rang, end)
    assert found.in_flood == sum(b - a for a, b in flooded(rang, end)) / (end - start)
    buckets = [bisect_left(rang, t + INTERVAL) - bisect_left(rang, t) for t in range(start, end, INTERVAL)]
    assert found.intervals_over_10 == sum(n > 10 for n in buckets) / len(buckets)
    assert found.per_operator_day == len(rang) * DAY / (end - start)
    waits = sorted((o.acked - o.raised) / SECOND for o in slow.values() if not o.held and o.acked is not None)
    assert (found.ack.acked, found.ack.p50) == (len(waits), waits[-(-len(waits) // 2) - 1])
    for bad in found.chattering[:20]:
        own = sorted(o.raised for o in slow.values() if o.alarm == bad.alarm and not o.held)
        most = max(bisect_left(own, t + CHATTER_SPAN) - bisect_left(own, t) for t in own)
        assert (bad.number, most >= CHATTER) == (most, True)
