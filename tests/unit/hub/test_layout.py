"""Blocks of good numbers: the short way says what the way of samples says, to the store, the rules and people."""

from hypothesis import given
from hypothesis import strategies as st

from hub.metrics import Counters
from hub.model import SECOND, Block, DeviceState, Intake, Quality, Reason, Sample
from hub.tracks import Tracks
from hub.wire.copy import encode_readings
from tests.support.sites import a_device, a_point, a_site
from tests.unit.hub.house import House, ManualClock, small_site
from tests.unit.hub.test_tracks import KINDS, NOW, a_town

NAMES = [f"d/{name}" for name in KINDS]
numbers = st.one_of(st.integers(-(2**63), 2**64 - 1), st.floats(), st.integers(0, 100))


def tracks_of(site):
    return Tracks(site, (), Counters(), lambda *_: None)


def without_seq(readings):
    return sorted((r.point, repr(r.value), r.quality, r.reason, r.source_time, r.hub_time) for r in readings)


@given(st.lists(st.lists(numbers, min_size=len(NAMES), max_size=len(NAMES)), min_size=1, max_size=3))
def test_a_block_says_what_its_samples_say(rows):
    whole, single = tracks_of(a_town()), tracks_of(a_town())
    for turn, values in enumerate(rows):
        block = Block(tuple(NAMES), tuple(values))
        told = whole.take([], NOW + turn * SECOND, [block])
        expected = single.take(block.samples(), NOW + turn * SECOND)
        came = [*told.readings, *(r for _, sheet in told.sheets for r in sheet.readings())]
        assert without_seq(came) == without_seq(expected.readings)
        assert sorted(r.seq for r in came) == [r.seq for r in expected.readings]
        assert [(t.value, t.quality, t.reason, t.told, t.heard) for t in whole.all()] == [
            (t.value, t.quality, t.reason, t.told, t.heard) for t in single.all()
        ] or any(v != v for v in values)
        for columns, sheet in told.sheets:
            rows_of = [whole[p].row for p in sheet.points]
            assert columns.mold.rows(sheet) == encode_readings(sheet.readings(), rows_of)


def test_a_number_out_of_its_range_is_looked_at_closely_and_its_neighbours_stay_good():
    site = a_site([a_device("d", [a_point("d", "a", range=(0.0, 50.0)), a_point("d", "b")])])
    told = tracks_of(site).take([], NOW, [Block(("d/a", "d/b"), (99, 7))])
    assert [(r.point, r.value, r.reason) for r in told.readings] == [
        ("d/a", 99.0, Reason.OUT_OF_RANGE), ("d/b", 7.0, Reason.NONE),
    ]  # fmt: skip
    assert not told.sheets


def test_a_point_that_nobody_knows_is_counted_and_the_rest_of_its_block_is_told():
    tracks = tracks_of(a_town())
    told = tracks.take([], NOW, [Block(("d/nobody", "d/plain"), (1, 2))])
    assert tracks._counters.unknown == 1
    assert [sheet.points for _, sheet in told.sheets] == [("d/plain",)]


async def test_a_block_is_stored_shown_and_judged_like_samples(tmp_path):
    house = House(tmp_path, small_site(), ManualClock(NOW))
    house.road.take(Intake(blocks=[Block(("sensor/temperature",), (75,))]))
    await house.settled()
    assert [r.rule for r in house.said() if hasattr(r, "rule")] == ["hot"]
    assert house.state.reading("sensor/temperature").value == 75.0
    assert [b.n for b in house.spool.read(0)] == [1]
    assert [(r.point, r.value) for r in house.state.drain_changed()] == [("sensor/temperature", 75.0)]
    house.road.take(Intake([Sample("sensor/temperature", 20.0)]))
    await house.settled()
    assert house.state.reading("sensor/temperature").value == 20.0, "the newest counts, however it came"
    house.close()


async def test_a_point_whose_line_fails_after_a_block_is_no_longer_good(tmp_path):
    house = House(tmp_path, small_site(), ManualClock(NOW))
    house.road.take(Intake(blocks=[Block(("sensor/temperature",), (20,))]))
    house.road.report("sensor", DeviceState.OFFLINE, "timeout", "no answer")
    await house.settled()
    known = house.state.reading("sensor/temperature")
    assert (known.value, known.quality, known.reason) == (20.0, Quality.BAD, Reason.NO_COMMUNICATION)
    house.close()
