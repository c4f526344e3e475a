"""The hot loop: it says what the careful way says, by lane and in order, and counts what it leaves out."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

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


def test_a_changed_site_keeps_what_is_known_of_points_that_mean_the_same():
    level, heat = a_point("d", "level", "env.water_level"), a_point("d", "heat")
    tracks = Tracks(a_site([a_device("d", [level, heat])]), [], Counters(), lambda *_: None)
    tracks.take([Sample("d/level", 2.5), Sample("d/heat", 40.0)], 1_700_000_000_000_000_000)
    changed = replace(level, scale=0.01)
    site = a_site([a_device("d", [changed, replace(heat, deadband=1.0)]), a_device("e", [a_point("e", "heat")])])
    tracks.describe(site, ["d/heat"], strange={"d/level"})
    assert (tracks["d/heat"].value, tracks["d/heat"].deadband) == (40.0, 0.0), "and each refresh is told from now on"
    assert (tracks["d/level"].value, tracks["d/level"].told) == (None, 0), "its number meant something else"
    assert [t.id for t in tracks.of("e")] == ["e/heat", "e/$health"]
    kept = tracks["d/heat"]
    tracks.describe(site, ["d/heat"])
    assert tracks["d/heat"] is kept
