"""One connection without a network: bytes are put in, batches and acknowledgements come out."""

import pytest
from mqtt5 import (
    ConnAckPacket,
    ConnAckReasonCode,
    DisconnectPacket,
    PingReqPacket,
    PubAckPacket,
    PublishPacket,
    QoS,
    SubAckPacket,
    SubAckReasonCode,
)

from hub.wire.mqtt.contract import LARGEST
from hub.wire.mqtt.link import MOST_HELD, Link


class Wire:
    """A transport that remembers."""

    def __init__(self) -> None:
        self.written = b""
        self.reading = True
        self.aborted = False

    def write(self, data: bytes) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def close(self) -> None:
        self.aborted = True

    abort = close


class Bench:
    """A link, its wire, and all that it handed over."""

    def __init__(self, *, listening: bool = True) -> None:
        self.controls: list[object] = []
        self.batches: list[tuple[list[str], list[object]]] = []
        self.releases: list[object] = []
        self.wire = Wire()
        self.link = Link("broker", 30, self.controls.append)
        self.link.connection_made(self.wire)
        if listening:
            self.link.listen(self.take)

    def take(self, messages, damaged, release) -> None:
        self.batches.append(([(m.topic, m.payload) for m in messages], list(damaged)))
        self.releases.append(release)

    def feed(self, data: bytes, piece: int = 65_536) -> None:
        for at in range(0, len(data), piece):
            part = data[at : at + piece]
            self.link.get_buffer(-1)[: len(part)] = part
            self.link.buffer_updated(len(part))

    @property
    def messages(self):
        return [m for messages, _ in self.batches for m in messages]

    @property
    def damaged(self):
        return [d for _, damaged in self.batches for d in damaged]


def message(n: int, payload: bytes = b"1", topic: str = "a") -> bytes:
    return PublishPacket(topic, payload, qos=QoS.AT_LEAST_ONCE, packet_id=n).write()


def acks(*ids: int) -> bytes:
    return b"".join(PubAckPacket(i).write() for i in ids)


@pytest.fixture
async def bench():
    return Bench()


async def test_one_read_is_one_batch_and_its_release_is_one_write(bench):
    bench.feed(message(1) + message(2) + message(3))
    assert [len(m) for m, _ in bench.batches] == [3]
    assert bench.wire.written == b""
    bench.releases[0]()
    assert bench.wire.written == acks(1, 2, 3)


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 50])
async def test_packets_cut_anywhere_come_out_whole(bench, piece):
    stream = b"".join(message(n, b"payload %d" % n, f"topic/{n}") for n in range(1, 40))
    bench.feed(stream, piece)
    assert bench.messages == [(f"topic/{n}", b"payload %d" % n) for n in range(1, 40)]
    for release in bench.releases:
        release()
    assert bench.wire.written == acks(*range(1, 40))


async def test_messages_of_qos_0_are_handed_over_and_never_acknowledged(bench):
    bench.feed(PublishPacket("a", b"1").write() + message(5))
    bench.releases[0]()
    assert len(bench.messages) == 2
    assert bench.wire.written == acks(5)


async def test_messages_that_come_with_the_sign_in_wait_until_somebody_listens():
    bench = Bench(listening=False)
    bench.feed(ConnAckPacket(session_present=True).write() + message(1) + message(2))
    assert bench.batches == []
    assert not bench.wire.reading
    bench.link.listen(bench.take)
    assert len(bench.messages) == 2
    assert bench.wire.reading


async def test_a_message_too_large_is_skipped_acknowledged_with_its_batch_and_kept_in_part(bench):
    huge = message(2, b"\xab" * 10_000_000, "flood/sensor")
    bench.feed(message(1) + huge + message(3))
    assert [t for t, _ in bench.messages] == ["a", "a"]
    [found] = bench.damaged
    assert found.source == "flood/sensor"
    assert "too large" in found.reason
    assert len(found.body) == 4096
    for release in bench.releases:
        release()
    assert bench.wire.written == acks(1, 2, 3)
    assert bench.link.oversized == 1


@pytest.mark.parametrize("piece", [1000, 4096, 65_536])
@pytest.mark.parametrize("size", [LARGEST - 100, LARGEST, LARGEST + 1, 2 * LARGEST, 2 * LARGEST + 17, 3 * LARGEST])
async def test_around_the_limit_nothing_is_lost_out_of_step(bench, size, piece):
    bench.feed(message(1, b"x" * size) + message(2, b"after"), piece)
    assert bench.messages[-1] == ("a", b"after")
    assert len(bench.messages) + len(bench.damaged) == 2


# The codec panics on a topic that is not UTF-8, and says so twice before the exception arrives.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_packet_the_codec_cannot_read_is_set_aside_and_acknowledged(bench):
    damaged = message(2, b"body", "tuoi").replace(b"tuoi", b"\xff\xfe\xfd\xfc")
    bench.feed(message(1) + damaged + message(3))
    assert len(bench.messages) == 2
    [found] = bench.damaged
    assert found.reason == "not MQTT 5"
    bench.releases[0]()
    assert bench.wire.written == acks(1, 2, 3)
    assert not bench.wire.aborted


@pytest.mark.parametrize("junk", [b"HTTP/1.1 400 Bad Request\r\n" * 10, b"\x00" * 20, b"\x30\xff\xff\xff\xff\x01"])
async def test_what_is_not_mqtt_5_ends_the_connection_with_a_sentence(bench, junk):
    bench.feed(junk)
    assert bench.wire.aborted
    assert "what is not MQTT" in str(bench.link.ending.error)


async def test_a_sign_in_answer_of_an_older_version_is_understood_as_such(bench):
    bench.feed(b"\x20\x02\x00\x01")
    assert bench.controls[0].reason_code == ConnAckReasonCode.UNSUPPORTED_PROTOCOL_VERSION


async def test_control_packets_go_to_the_session(bench):
    bench.feed(SubAckPacket(1, [SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE]).write() + DisconnectPacket().write())
    assert [type(p) for p in bench.controls] == [SubAckPacket, DisconnectPacket]


async def test_reading_pauses_while_too_much_is_not_yet_durable_and_goes_on_after(bench):
    burst = PublishPacket("a", b"1").write() * 500
    for _ in range(MOST_HELD // 500 + 1):
        bench.feed(burst)
    assert not bench.wire.reading
    for release in bench.releases:
        release()
    assert bench.wire.reading


async def test_after_the_end_a_release_writes_nothing(bench):
    bench.feed(message(1))
    bench.link.connection_lost(None)
    bench.releases[0]()
    assert bench.wire.written == b""


async def test_a_broker_that_falls_silent_is_left(bench, event_loop_timers):
    bench.link.keep_alive(None)
    assert bench.wire.written == PingReqPacket().write()
    for _ in range(4):
        event_loop_timers.fire()
    assert bench.wire.aborted
    assert "silent for 45 s" in str(bench.link.ending.error)


async def test_a_broker_that_answers_is_kept_and_may_choose_the_period(bench, event_loop_timers):
    bench.link.keep_alive(10)
    for _ in range(20):
        event_loop_timers.fire()
        bench.feed(b"\xd0\x00")
    assert not bench.wire.aborted
    assert event_loop_timers.delays == {5.0}
    bench.link.connection_lost(None)


class Timers:
    """Timers that fire when told."""

    def __init__(self) -> None:
        self.delays: set[float] = set()
        self._waiting: list[object] = []

    def call_later(self, delay, call):
        self.delays.add(delay)
        self._waiting.append(call)
        return self

    def cancel(self) -> None:
        self._waiting.clear()

    def fire(self) -> None:
        due, self._waiting = self._waiting, []
        for call in due:
            call()


@pytest.fixture
def event_loop_timers(monkeypatch):
    timers = Timers()
    monkeypatch.setattr("hub.wire.mqtt.link.asyncio.get_running_loop", lambda: timers)
    return timers
