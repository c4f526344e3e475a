"""Messages of a subscription: numbers, signs of life, acknowledgements, and what ends a session."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from asyncua import ua
from asyncua.ua.uaerrors import UaStatusCodeError, UaStructParsingError

from drivers.opcua.notifications import Message
from drivers.opcua.publishing import Publisher, Subscription
from hub.model import DriverError

Said = Message | Exception


def made(number: int = 7) -> ua.CreateSubscriptionResult:
    result = ua.CreateSubscriptionResult()
    result.SubscriptionId, result.RevisedPublishingInterval, result.RevisedMaxKeepAliveCount = number, 100.0, 10
    return result


def message(sequence: int, *data: Any, number: int = 7) -> Message:
    return Message(number, sequence, list(data))


class Server:
    """A session that answers publish requests from a list, then never."""

    def __init__(self, *answers: Said) -> None:
        self.where = "panel:4840"
        self.answers = list(answers)
        self.acknowledged: list[tuple[int, int]] = []
        self.asked = 0
        self.why: DriverError | None = None
        self.idle = asyncio.Event()

    async def create_subscription(self, _wanted: Any) -> ua.CreateSubscriptionResult:
        return made()

    async def publish(self, acknowledgements: list[Any]) -> Message:
        self.asked += 1
        self.acknowledged += [(a.SubscriptionId, a.SequenceNumber) for a in acknowledgements]
        if not self.answers:
            self.idle.set()
            await asyncio.Event().wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def lose(self, why: DriverError) -> None:
        self.why = why
        self.idle.set()


class Heard:
    def __init__(self, *, durable: bool = True) -> None:
        self.data: list[Any] = []
        self.gaps = 0
        self.releases: list[Callable[[], None]] = []
        self._durable = durable

    def take(self, data: Any, release: Callable[[], None]) -> None:
        self.data += data
        self.releases.append(release)
        if self._durable:
            release()

    def gap(self) -> None:
        self.gaps += 1


async def run(server: Server, heard: Heard) -> Publisher:
    publisher = Publisher(server)  # type: ignore[arg-type]
    await publisher.subscribe(100_000_000, 1, heard.take, heard.gap)
    async with asyncio.timeout(5):
        await server.idle.wait()
    return publisher


async def test_a_message_is_acknowledged_when_it_is_durable_and_not_before() -> None:
    server, heard = Server(message(1, "a"), message(2, "b")), Heard(durable=False)
    publisher = await run(server, heard)
    assert heard.data == ["a", "b"]
    assert server.acknowledged == []
    for release in heard.releases:
        release()
    assert [(a.SubscriptionId, a.SequenceNumber) for a in publisher._acknowledged] == [(7, 1), (7, 2)]
    await publisher.close()


async def test_acknowledgements_travel_with_the_next_request() -> None:
    server, heard = Server(message(1, "a"), message(2, "b"), message(3, "c"), message(4)), Heard()
    publisher = await run(server, heard)
    assert server.acknowledged == [(7, 1), (7, 2), (7, 3)]
    await publisher.close()


async def test_two_requests_always_wait_at_the_server() -> None:
    server, heard = Server(), Heard()
    publisher = await run(server, heard)
    await asyncio.sleep(0)
    assert server.asked == 2
    await publisher.close()


async def test_a_number_that_is_skipped_is_a_message_that_was_lost() -> None:
    server, heard = Server(message(1, "a"), message(2), message(2, "b"), message(4, "d"), message(9)), Heard()
    publisher = await run(server, heard)
    assert heard.data == ["a", "b", "d"]
    assert heard.gaps == 2
    await publisher.close()


def test_numbers_begin_anew_at_one_after_the_last() -> None:
    heard = Heard()
    subscription = Subscription(made(), heard.take, heard.gap, 0.0)
    subscription._next = 2**32 - 1
    subscription.note(2**32 - 1, True, 1.0)
    subscription.note(1, True, 2.0)
    subscription.note(2, True, 3.0)
    assert heard.gaps == 0


async def test_a_message_that_cannot_be_decoded_is_a_gap_and_the_session_lives_on() -> None:
    server, heard = Server(UaStructParsingError(), message(2, "b")), Heard()
    publisher = await run(server, heard)
    assert (publisher.unreadable, heard.gaps >= 1, heard.data, server.why) == (1, True, ["b"], None)
    await publisher.close()


@pytest.mark.parametrize("code", [0x8026_0000, 0x8025_0000, 0x8079_0000])
async def test_a_session_that_the_server_ended_is_lost(code: int) -> None:
    server, heard = Server(UaStatusCodeError(code)), Heard()
    publisher = await run(server, heard)
    assert server.why is not None
    assert "panel:4840" in str(server.why)
    await publisher.close()


async def test_a_subscription_that_the_server_ended_is_told() -> None:
    status = ua.StatusChangeNotification(Status=ua.StatusCode(ua.UInt32(0x800A_0000)))
    server, heard = Server(message(1, status)), Heard()
    publisher = await run(server, heard)
    assert "ended the subscription: BadTimeout" in str(server.why)
    await publisher.close()


async def test_a_server_that_takes_one_request_only_gets_one() -> None:
    server, heard = Server(UaStatusCodeError(0x8078_0000), message(1, "a")), Heard()
    publisher = await run(server, heard)
    assert (heard.data, server.why, len(publisher._workers)) == (["a"], None, 1)
    await publisher.close()


async def test_silence_beyond_the_keep_alive_is_noticed() -> None:
    server, heard = Server(), Heard()
    publisher = await run(server, heard)
    now = asyncio.get_running_loop().time()
    assert publisher.silent(now, 3.0) is None
    assert publisher.silent(now + 1.0 + 3.5, 3.0) is not None
    assert publisher.forget() == [7]
    assert publisher.silent(now + 1000, 3.0) is None
    await publisher.close()
