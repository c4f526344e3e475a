"""The outermost layer of packets, read by hand where the codec must not."""

import pytest
from mqtt5 import PingReqPacket, PublishPacket, QoS

from hub.wire.mqtt.frames import PUBLISH, frame, publish_head

LONG = PublishPacket("a/b", b"x" * 300, qos=QoS.AT_LEAST_ONCE, packet_id=513).write()


def test_a_fixed_header_gives_type_and_length():
    outer = frame(memoryview(LONG))
    assert outer is not None
    assert (outer.kind, outer.qos, outer.header, outer.total) == (PUBLISH, 1, 3, len(LONG))


def test_too_few_bytes_are_no_header_yet():
    assert frame(memoryview(b"")) is None
    assert frame(memoryview(LONG[:1])) is None
    assert frame(memoryview(LONG[:2])) is None


def test_a_length_of_five_bytes_is_none():
    with pytest.raises(ValueError, match="four bytes"):
        frame(memoryview(b"\x30\xff\xff\xff\xff\x01"))


def test_the_head_of_a_publish_gives_topic_and_packet_id():
    outer = frame(memoryview(LONG))
    assert outer is not None
    head = publish_head(memoryview(LONG), outer)
    assert head is not None
    assert (head.topic, head.packet_id) == ("a/b", 513)
    assert publish_head(memoryview(LONG[:6]), outer) is None


def test_a_topic_longer_than_its_packet_cannot_be():
    cut = b"\x32\x05\xff\xffabc"
    outer = frame(memoryview(cut))
    assert outer is not None
    with pytest.raises(ValueError, match="longer"):
        publish_head(memoryview(cut), outer)


def test_a_packet_without_body_has_a_header_of_two_bytes():
    outer = frame(memoryview(PingReqPacket().write()))
    assert outer is not None
    assert (outer.header, outer.total) == (2, 2)
