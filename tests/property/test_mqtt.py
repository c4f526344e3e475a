"""MQTT with anything: topics keep their algebra, payloads never raise, bytes cut anywhere give the same messages."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mqtt5 import PingRespPacket, PubAckPacket, PublishPacket, QoS

from drivers.mqtt.address import Address
from drivers.mqtt.payload import plain
from drivers.mqtt.routes import Routes
from drivers.mqtt.topic import covers, matches
from hub.model import Intake, Reason
from hub.wire.document import moment, raw
from hub.wire.mqtt.contract import LARGEST
from tests.unit.mqtt.bound import device, event
from tests.unit.mqtt.test_link import Bench

level = st.sampled_from(["a", "b", "", "$x"])
topics = st.lists(level, min_size=1, max_size=4).map("/".join)
filters = st.builds(
    lambda levels, tail: "/".join([*levels, *tail]),
    st.lists(st.one_of(level, st.just("+")), min_size=1, max_size=4),
    st.sampled_from([[], ["#"]]),
)
json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["v", "t", "w"]), inner, max_size=3),
    max_leaves=8,
)


@given(filters, filters, topics)
def test_what_covers_a_filter_matches_all_that_it_matches(wide, narrow, topic):
    if covers(wide, narrow) and matches(narrow, topic):
        assert matches(wide, topic)


@given(filters)
def test_a_filter_covers_itself(pattern):
    assert covers(pattern, pattern)


@given(st.binary(max_size=200))
def test_any_payload_is_a_value_or_a_reason(payload):
    assert isinstance(plain(payload), bool | int | float | str | Reason)


@given(json_like)
def test_any_json_is_a_value_or_a_reason_and_no_value_is_more_than_a_column_holds(found):
    value = raw(found)
    if isinstance(value, str):
        assert "\x00" not in value
        value.encode()
    elif isinstance(value, int) and not isinstance(value, bool | Reason):
        assert -(2**63) <= value < 2**63


@given(json_like, st.sampled_from(["iso", "s", "ms"]))
def test_any_time_is_read_or_left_aside(found, time_format):
    at = moment(found, time_format)
    assert at is None or isinstance(at, int)


ROUTES = Routes(
    [
        device(
            "a",
            points={
                "v": Address(path="v", time="t", time_format="ms"),
                "w": Address(path="w[0].v"),
                "whole": Address(),
            },
            events=(event("e", "device.message", {"v": "v"}, key="t", where={"w": True}, time="t"),),
        )
    ]
)


@given(st.binary(max_size=100) | json_like.map(lambda x: repr(x).encode(errors="surrogatepass")), st.booleans())
def test_any_message_becomes_samples_and_strays_and_never_an_error(payload, retained):
    intake = Intake()
    ROUTES.bindings["site/a"].take("site/a", payload, retained, intake, lambda: 5)
    for sample in intake.samples:
        assert sample.value is not None or sample.reason is not Reason.NONE
    for stray in intake.strays:
        assert len(stray.body) <= 4096


sizes = st.sampled_from([0, 1, 50, 5000, LARGEST - 20, LARGEST + 1, 2 * LARGEST + 5])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(sizes, max_size=4), st.lists(st.integers(1, 200_000), min_size=1, max_size=5))
async def test_however_the_bytes_are_cut_every_message_arrives_in_order_and_is_acknowledged(lengths, cuts):
    bench = Bench()
    stream = b""
    for n, length in enumerate(lengths, 1):
        stream += PublishPacket(f"t/{n}", b"x" * length, qos=QoS.AT_LEAST_ONCE, packet_id=n).write()
        stream += PingRespPacket().write()
    at = turn = 0
    while at < len(stream):
        piece = stream[at : at + cuts[turn % len(cuts)]]
        bench.feed(piece)
        at, turn = at + len(piece), turn + 1
    heard = [t for t, _ in bench.messages] + [d.source for d in bench.damaged]
    assert sorted(heard) == [f"t/{n}" for n in range(1, len(lengths) + 1)]
    for release in bench.releases:
        release()
    assert bench.wire.written == b"".join(PubAckPacket(n).write() for n in range(1, len(lengths) + 1))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
@example(b" \x81\x00")  # a sign-in answer whose last byte has not come
async def test_any_bytes_end_in_a_wait_or_in_the_end_of_the_connection(junk):
    bench = Bench()
    if junk[:1] and junk[0] >> 4 == 3:
        junk = b"\x40" + junk  # PUBLISH with a damaged topic makes the codec panic aloud; it has a test of its own
    bench.feed(junk)
    assert bench.wire.aborted or bench.link.ending.error is None
