"""Acknowledgements: the bytes, the order, and that nothing is acknowledged before its time."""

from mqtt5 import PubAckPacket

from hub.wire.mqtt.acks import Acks, pubacks


def test_joined_acknowledgements_are_what_the_library_would_write():
    ids = [1, 255, 256, 65_535, 7]
    assert pubacks(ids) == b"".join(PubAckPacket(i).write() for i in ids)
    assert pubacks([]) == b""


def test_nothing_is_sent_before_its_release_and_a_batch_is_sent_at_once():
    sent = []
    acks = Acks(sent.append, lambda: None)
    release = acks.expect([1, 2, 3], 3)
    assert sent == []
    release()
    assert sent == [[1, 2, 3]]


def test_acknowledgements_leave_in_the_order_of_arrival_whatever_the_order_of_releases():
    sent = []
    acks = Acks(sent.append, lambda: None)
    first, second, third = (acks.expect([n], 1) for n in (1, 2, 3))
    third()
    second()
    assert sent == []
    first()
    assert sent == [[1], [2], [3]]


def test_a_release_after_the_connection_is_gone_acknowledges_nothing():
    sent = []
    acks = Acks(sent.append, lambda: None)
    release = acks.expect([1], 1)
    acks.forget()
    release()
    assert sent == []
    assert acks.held == 0


def test_what_is_held_is_known():
    acks = Acks(lambda ids: None, lambda: None)
    release = acks.expect([], 500)
    acks.expect([1], 1)
    assert acks.held == 501
    release()
    assert acks.held == 1
