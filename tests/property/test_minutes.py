"""Passages counted by minute come to the same, whatever the order in which the hub hears of them."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.model import MINUTE, SECOND
from hub.model.passage import Passage, Read
from rules.minutes import GRACE, MOST_AT_ONCE, Counted, Minutes
from rules.passes import Passes

START = 1_700_000_040 * SECOND // MINUTE * MINUTE
NAMES = [
    "$pass.count", "$pass.car", "$pass.truck", "$pass.violations", "$pass.speed", "$lane.1.count", "$lane.1.speed",
    "$violation.speeding",
]  # fmt: skip


def passage(at: int, lane: str = "1", **said: object) -> Passage:
    return Passage("a", 1, "cam", "cam", lane, at, at, at, 1, **said)  # type: ignore[arg-type]


def begun() -> Minutes:
    minutes = Minutes({"cam": NAMES, "panel": ()})
    assert minutes.close(START + GRACE, lambda _device: True) == []
    assert minutes.close(START + MINUTE + GRACE, lambda _device: True) == []
    return minutes


def by_name(counted: list[Counted], minute: int) -> dict[str, float]:
    return {c.name: c.value for c in counted if c.minute == minute and not c.late}


def test_a_minute_is_told_once_with_its_empty_lanes_and_without_a_speed_nobody_had() -> None:
    minutes, at = begun(), START + MINUTE
    minutes.change(None, passage(at + 1, vehicle="car", speed=41.0))
    minutes.change(None, passage(at + 2, "9", vehicle="truck", speed=42.5, violation="speeding"))
    assert not minutes.is_due(at + MINUTE + GRACE - 1)
    told = by_name(minutes.close(at + MINUTE + GRACE, lambda _device: True), at)
    assert told == {
        "$pass.count": 2, "$pass.car": 1, "$pass.truck": 1, "$pass.violations": 1, "$pass.speed": 41.75,
        "$lane.1.count": 1, "$lane.1.speed": 41.0, "$violation.speeding": 1,
    }  # fmt: skip
    empty = by_name(minutes.close(at + 2 * MINUTE + GRACE, lambda _device: True), at + MINUTE)
    assert empty == {name: 0 for name in NAMES if not name.endswith("speed")}


def test_nothing_is_told_of_a_minute_in_which_the_device_was_not_online() -> None:
    minutes, at = begun(), START + MINUTE
    assert minutes.close(at + MINUTE + GRACE, lambda _device: False) == []


def test_a_long_pause_is_not_told_as_empty_minutes() -> None:
    minutes, at = begun(), START + MINUTE
    told = minutes.close(at + 60 * MINUTE + GRACE, lambda _device: True)
    assert len({c.minute for c in told}) == MOST_AT_ONCE


def test_what_comes_late_is_told_as_the_difference_and_is_no_news() -> None:
    minutes, at = begun(), START + MINUTE
    minutes.change(None, passage(at, vehicle="car"))
    minutes.close(at + MINUTE + GRACE, lambda _device: True)
    minutes.change(None, passage(at + 1, vehicle="car", speed=50.0))
    late = minutes.close(at + 2 * MINUTE + GRACE, lambda _device: True)
    told = {c.name: c.value for c in late if c.late}
    assert told == {"$pass.count": 1, "$pass.car": 1, "$lane.1.count": 1}, "the mean of that minute was told"


def test_a_better_read_moves_a_passage_from_one_class_to_another() -> None:
    minutes, at = begun(), START + MINUTE
    first = passage(at, vehicle="unknown")
    minutes.change(None, first)
    minutes.change(first, replace(first, vehicle="truck", revision=2))
    told = by_name(minutes.close(at + MINUTE + GRACE, lambda _device: True), at)
    assert (told["$pass.count"], told["$pass.truck"], told["$pass.car"]) == (1, 1, 0)


READS = st.lists(
    st.builds(
        lambda at, plate, lane, n: Read("cam", "cam", lane, START + at * SECOND, START, f"k{n}", plate, vehicle="car"),
        st.integers(0, 300), st.sampled_from(["20A12345", "20A12346", "29B00017", None]), st.sampled_from("12"),
        st.integers(0, 10**9),
    ),
    max_size=20,
    unique_by=lambda read: read.key,
)  # fmt: skip


@given(READS, st.randoms(use_true_random=False), st.sets(st.integers(0, 19)))
def test_the_sum_of_a_minute_is_the_number_of_its_passages_in_any_order(
    reads: list[Read], dice: object, pauses: set[int]
) -> None:
    dice.shuffle(reads)  # type: ignore[attr-defined]
    passes, minutes, known = Passes(), begun(), dict[str, Passage]()
    sums: Counter[tuple[str, int]] = Counter()
    now = START + MINUTE
    for n, read in enumerate(reads):
        for before, after in passes.take(read):
            known[after.id] = after
            minutes.change(before, after)
        if n in pauses:
            now += MINUTE
            _add(sums, minutes.close(now + GRACE, lambda _device: False))
    _add(sums, minutes.close(now + 20 * MINUTE, lambda _device: False))
    expected = Counter(("$pass.count", p.time // MINUTE * MINUTE) for p in known.values() if p.reads)
    assert {at: n for at, n in sums.items() if at[0] == "$pass.count" and n} == expected


def _add(sums: Counter[tuple[str, int]], told: list[Counted]) -> None:
    for c in told:
        if c.name.endswith("count"):
            sums[c.name, c.minute] += int(c.value)
