"""The hot loop: it says what the careful way says, by lane and in order, and counts what it leaves out."""

from hypothesis import given
from hypothesis import strategies as st

from hub.metrics import Counters
from hub.model import DAY, HOUR, SECOND, Lane, Reason, Sample
from hub.normalise import Track, normalise
from hub.tracks import Tracks
from tests.support.sites import a_device, a_point, a_site

NOW = 1_800_000_000 * SECOND
KINDS = {
    "plain": {}, "scaled": {"scale": 0.1}, "odd": {"scale": 0.3, "offset": 1.5}, "ranged": {"range": (0.0, 50.0)},
    "coarse": {"deadband": 1.0}, "flag": {"type": "bool"}, "whole": {"type": "int"}, "word": {"type": "text"},
}  # fmt: skip

values = st.one_of(
    st.floats(), st.integers(-(2**65), 2**65), st.booleans(), st.text(max_size=3), st.none(), st.just(10**400)
)
samples = st.lists(
    st.builds(
        Sample,
        point=st.sampled_from([f"d/{name}" for name in KINDS]),
        value=values,
        source_time=st.sampled_from([None, NOW, NOW - HOUR, NOW - 40 * DAY, NOW + HOUR]),
        reason=st.sampled_from([Reason.NONE, Reason.NONE, Reason.RETAINED, Reason.REFUSED]),
    ),
    max_size=20,
)


def a_town():
    return a_site([a_device("d", [a_point("d", name, **more) for name, more in KINDS.items()])])


def tracks_of(site, heard=lambda *_: None):
    counters = Counters()
    return Tracks(site, (), counters, heard), counters


@given(samples)
def test_the_loop_says_what_the_careful_way_says(given_samples):
    site = a_town()
    careful = {p.id: Track(site.id, p) for p in site.points.values()}
    expected = []
    for sample in given_samples:
        reading = normalise(careful[sample.point], sample, NOW, len(expected) + 1)
        if reading is not None:
            expected.append(reading)
    assert list(tracks_of(site)[0].take(given_samples, NOW).readings) == expected


def test_readings_are_sorted_by_lane_and_numbered_in_the_order_in_which_they_came():
    site = a_site([a_device("d", [a_point("d", "t"), a_point("d", "smoke", "env.smoke_density"), a_point("d", "u")])])
    told = tracks_of(site)[0].take([Sample("d/t", 1.0), Sample("d/smoke", 2.0), Sample("d/u", 3.0)], NOW)
    assert {lane: [r.point for r in part.readings] for lane, part in told.lanes.items()} == {
        Lane.LIVE: ["d/t", "d/u"], Lane.LIFE_SAFETY: ["d/smoke"],
    }  # fmt: skip
    assert [(r.seq, r.point) for r in told.readings] == [(1, "d/t"), (2, "d/smoke"), (3, "d/u")]


def test_what_is_unknown_or_adds_nothing_is_counted_and_left_out():
    tracks, counters = tracks_of(a_town())
    tracks.take([Sample("d/flag", True), Sample("d/nobody", 1.0)], NOW)
    tracks.take([Sample("d/flag", True)], NOW + SECOND)
    assert (counters.received, counters.unknown, counters.unchanged) == (3, 1, 1)


def test_each_device_is_heard_once_a_batch():
    heard = []
    tracks_of(a_town(), lambda device, _now: heard.append(device))[0].take([Sample("d/plain", 1.0)] * 5, NOW)
    assert heard == ["d"]


def test_a_scale_of_a_tenth_leaves_no_dust():
    told = tracks_of(a_town())[0].take([Sample("d/scaled", 231)], NOW)
    assert told.readings[0].value == 23.1
