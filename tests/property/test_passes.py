"""Reads of a lane in any order, repeated and misread, come to the same passages."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from hub.model import SECOND
from hub.model.passage import MEMORY, Passage, Read
from hub.model.plateforms import alike
from rules.passes import WINDOW, Passes

NOW = 1_700_000_000 * SECOND
PLATES = ["20A12345", "20A12346", "20A1234", "29B00017", "29B00077", None]

READS = st.lists(
    st.builds(
        lambda at, plate, lane, confidence, vehicle, speed, n: Read(
            "cam", "gate", lane, NOW + at * SECOND, NOW, f"k{n}", plate, plate, confidence, vehicle=vehicle, speed=speed
        ),
        st.integers(0, 90), st.sampled_from(PLATES), st.sampled_from("12"), st.sampled_from([None, 0.5, 0.9]),
        st.sampled_from(["car", "unknown", "truck"]), st.sampled_from([None, 40.0]), st.integers(0, 10**9),
    ),
    max_size=12,
    unique_by=lambda read: read.key,
)  # fmt: skip


def merged(reads: Sequence[Read], passes: Passes | None = None) -> dict[str, Passage]:
    passes = Passes() if passes is None else passes
    known: dict[str, Passage] = {}
    for read in reads:
        for before, after in passes.take(read):
            assert before == known.get(after.id)
            assert after.revision > (before.revision if before else 0)
            known[after.id] = after
    return {name: p for name, p in known.items() if p.reads}


def content(found: dict[str, Passage]) -> list[dict[str, object]]:
    told = [{k: v for k, v in asdict(p).items() if k not in ("id", "revision")} for p in found.values()]
    return sorted(told, key=repr)


def groups(reads: Sequence[Read]) -> list[int]:
    """The definition, the slow way: how many reads every pass has."""
    left, sizes = list(reads), []
    while left:
        pass_ = [left.pop()]
        for one in pass_:
            near = [r for r in left if r.lane == one.lane and _same_pass(r, one)]
            pass_ += near
            left = [r for r in left if r not in near]
        sizes.append(len(pass_))
    return sorted(sizes)


def _same_pass(one: Read, other: Read) -> bool:
    both_read = one.plate is not None and other.plate is not None
    return both_read and abs(one.time - other.time) <= WINDOW and alike(one.plate or "", other.plate or "")


@settings(max_examples=100)
@given(READS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(reads: list[Read], dice: object) -> None:
    there = merged(reads)
    shuffled = list(reads)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert content(merged(shuffled)) == content(there)
    assert content(merged(list(reversed(reads)))) == content(there)
    assert sorted(p.reads for p in there.values()) == groups(reads)


@given(READS)
def test_what_is_told_twice_is_counted_once(reads: list[Read]) -> None:
    passes = Passes()
    once = merged(reads, passes)
    for read in reads:
        assert passes.take(read) == []
    assert passes.repeated == len(reads)
    assert sum(p.reads for p in once.values()) == len(reads)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=40), st.integers(2, 10))
def test_memory_is_bounded_by_time_and_number(gaps: list[int], most: int) -> None:
    passes, at = Passes(most=most), NOW
    for n, gap in enumerate(gaps):
        at += gap * SECOND
        passes.take(Read("cam", "gate", "1", at, at, str(n), "20A12345"))
        assert len(passes) <= most
    passes.take(Read("cam", "gate", "2", at, at + MEMORY + 1, "last"))
    assert len(passes) == 1


def test_a_misread_character_is_outvoted_and_an_unread_plate_stays_unread() -> None:
    reads = [
        Read("cam", "gate", "1", NOW, NOW, "a", "20A12345", "20A-123.45", 0.8, plate_colour="white"),
        Read("cam", "gate", "1", NOW + SECOND, NOW, "b", "20A12346", "20A-123.46", 0.95, vehicle="car"),
        Read("cam", "gate", "1", NOW + 2 * SECOND, NOW, "c", "20A12345", "20A 12345", 0.7, speed=41.0),
        Read("cam", "gate", "1", NOW + 2 * SECOND, NOW, "d"),
    ]
    known, unread = sorted(merged(reads).values(), key=lambda p: -p.reads)
    assert (known.plate, known.plate_read, known.plate_kind, known.region) == (
        "20A12345",
        "20A-123.45",
        "private",
        "20",
    )
    assert (known.reads, known.vehicle, known.speed, known.confidence) == (3, "car", 41.0, 0.8)
    assert (unread.reads, unread.plate, unread.plate_kind) == (1, None, "unreadable")


def test_a_late_read_that_joins_two_passages_makes_them_one() -> None:
    early = Read("cam", "gate", "1", NOW, NOW, "a", "20A12345")
    late = replace(early, time=NOW + 35 * SECOND, key="c")
    between = replace(early, time=NOW + 18 * SECOND, key="b")
    passes = Passes()
    (_, first), *_ = passes.take(early)
    (_, second), *_ = passes.take(late)
    changes = passes.take(between)
    assert [(was.id, now.reads, now.into) for was, now in changes if was] == [
        (second.id, 0, first.id), (first.id, 3, None)
    ]  # fmt: skip


def test_a_device_that_follows_a_vehicle_settles_what_its_plate_cannot() -> None:
    unread = Read("cam", "gate", "1", NOW, NOW, "a", track="7")
    read = replace(unread, key="b", plate="20A12345", time=NOW + SECOND)
    assert [p.plate for p in merged([unread, read]).values()] == ["20A12345"]
    assert len(merged([unread, replace(read, track="8")])) == 2
