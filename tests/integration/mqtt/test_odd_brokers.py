"""Brokers that Mosquitto is not: embedded ones of 3.1.1 only, busy ones, those that keep no limit."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
from amqtt.client import MQTTClient
from mqtt5 import (
    ConnAckPacket,
    ConnAckReasonCode,
    ConnectPacket,
    DisconnectPacket,
    DisconnectReasonCode,
    PubAckPacket,
    PublishPacket,
    QoS,
    SubAckPacket,
    SubAckReasonCode,
    SubscribePacket,
    read,
)

from hub.model import DeviceState, Misconfigured, Unreachable
from simulators.broker import Broker
from tests.integration.mqtt.conftest import Told, listening, lost, sensors

Script = Callable[[object], list[object] | bytes]


HANG_UP = b"hang up"


class OddBroker:
    """A broker that follows a script: packet → what to answer."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.port = 0
        self.acked: list[int] = []
        self.news = asyncio.Event()
        self.guests: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.guests[asyncio.current_task()] = writer
        try:
            await self.talk(reader, writer)
        finally:
            writer.close()

    async def leave(self) -> None:
        for writer in self.guests.values():
            writer.close()
        await asyncio.gather(*self.guests, return_exceptions=True)
        await asyncio.gather(*(w.wait_closed() for w in self.guests.values()), return_exceptions=True)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pending = b""
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                pending += data
                while pending:
                    try:
                        packet, size = read(memoryview(pending))
                    except IndexError:
                        break
                    pending = pending[size:]
                    if type(packet) is PubAckPacket:
                        self.acked.append(packet.packet_id)
                        self.news.set()
                    answer = self.script(packet)
                    if answer == HANG_UP:
                        return
                    writer.write(answer if isinstance(answer, bytes) else b"".join(p.write() for p in answer))
                await writer.drain()


@contextlib.asynccontextmanager
async def odd(script: Script) -> AsyncIterator[OddBroker]:
    broker = OddBroker(script)
    server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
    broker.port = server.sockets[0].getsockname()[1]
    try:
        yield broker
    finally:
        server.close()
        await broker.leave()


def answering(refused: int = 0, **then: list[object] | bytes) -> Script:
    """Sign everybody in and grant everything; say `subscribed` after that."""

    def script(packet: object) -> list[object] | bytes:
        if isinstance(packet, ConnectPacket):
            return then.get("connected", [ConnAckPacket()])
        if isinstance(packet, SubscribePacket):
            granted = [SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE] * len(packet.topic_filters)
            granted[len(granted) - refused :] = [SubAckReasonCode.NOT_AUTHORIZED] * refused
            first = SubAckPacket(packet.packet_id, granted).write()
            rest = then.get("subscribed", b"")
            return first + (rest if isinstance(rest, bytes) else b"".join(p.write() for p in rest))
        return []

    return script


def message(n: int, topic: str, payload: bytes) -> bytes:
    return PublishPacket(topic, payload, qos=QoS.AT_LEAST_ONCE, packet_id=n).write()


async def test_a_broker_that_ignores_the_announced_size_is_survived_and_the_giant_is_acknowledged():
    flood = message(1, "site/a", b"\xab" * 10_000_000) + message(2, "site/a", b'{"value": 1.5}')
    async with odd(answering(subscribed=flood)) as broker:
        sink = Told()
        async with listening(sensors(broker.port, 5, "a"), sink):
            await sink.until(lambda: sink.samples)
            async with asyncio.timeout(5):
                while broker.acked != [1, 2]:
                    broker.news.clear()
                    await broker.news.wait()
    assert sink.values == {"a/v": 1.5}
    assert [(s.device, s.source, len(s.body)) for s in sink.strays] == [("a", "site/a", 4096)]
    assert "too large: 10000" in sink.strays[0].reason


async def test_a_refused_subscription_is_told_to_the_devices_it_leaves_deaf():
    async with odd(answering(refused=1)) as broker:
        sink = Told()
        async with listening(sensors(broker.port, 5, "a", user="hub"), sink):
            await sink.until(lambda: sink.reports)
    [(who, state, reason, detail)] = sink.reports
    assert (who, state, reason) == ("a", DeviceState.OFFLINE, "refused")
    assert "refuses the subscription 'site/a/switch' (not authorized); allow it to user 'hub'" in detail


async def test_a_session_taken_over_names_the_cure():
    goodbye = [DisconnectPacket(reason_code=DisconnectReasonCode.SESSION_TAKEN_OVER)]
    async with odd(answering(subscribed=goodbye)) as broker:
        driver = sensors(broker.port, 5, "a")
        async with listening(driver, Told()) as task:
            assert "different connection.client_id" in await lost(task)


async def test_a_broker_that_goes_for_maintenance_says_so():
    goodbye = [DisconnectPacket(reason_code=DisconnectReasonCode.SERVER_SHUTTING_DOWN)]
    async with odd(answering(subscribed=goodbye)) as broker, listening(sensors(broker.port, 5, "a"), Told()) as task:
        assert "server shutting down" in await lost(task)


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (b"\x20\x02\x00\x01", Misconfigured, r'does not speak MQTT 5; set connection\.version: "3\.1\.1"'),
        ([ConnAckPacket(reason_code=ConnAckReasonCode.SERVER_BUSY)], Unreachable, "for now: server busy"),
        ([ConnAckPacket(reason_code=ConnAckReasonCode.CLIENT_ID_NOT_VALID)], Misconfigured, "client_id"),
        ([ConnAckPacket(reason_code=ConnAckReasonCode.BANNED, reason_str="go away")], Misconfigured, "go away"),
        (HANG_UP, Unreachable, "closed the connection"),
        (b"HTTP/1.1 400 Bad Request\r\n" * 10, Unreachable, "not MQTT"),
    ],
)
async def test_a_refused_sign_in_says_what_to_do(answer, error, sentence):
    async with odd(answering(connected=answer)) as broker:
        with pytest.raises(error, match=sentence):
            await sensors(broker.port, 5, "a").open()


@contextlib.asynccontextmanager
async def embedded() -> AsyncIterator[Broker]:
    broker = Broker()
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


async def test_an_embedded_broker_of_3_1_1_serves_the_driver_as_mosquitto_does():
    async with embedded() as broker:
        who = {"user": broker.user, "password": broker.password}
        sink = Told()
        async with listening(sensors(broker.port, "3.1.1", "a", "b", **who), sink):
            sensor = MQTTClient(client_id="sensor")
            await sensor.connect(f"mqtt://{broker.user}:{broker.password}@127.0.0.1:{broker.port}/")
            await sensor.publish("site/a", b'{"value": 1.5}', qos=1)
            await sensor.publish("site/b/switch", b"ON", qos=1)
            await sensor.publish("site/b/availability", b"online", qos=1, retain=True)
            await sink.until(lambda: len(sink.samples) == 3)
            await sensor.disconnect()
        again = Told()
        async with listening(sensors(broker.port, "3.1.1", "a", "b", client_id="fresh", **who), again):
            await again.until(lambda: again.samples)
    assert sink.values == {"a/v": 1.5, "b/switch": "ON", "b/$available": "online"}
    assert again.values == {"b/$available": "online"}


async def test_an_embedded_broker_of_3_1_1_asked_for_5_names_the_version():
    async with embedded() as broker:
        with pytest.raises((Misconfigured, Unreachable)) as error:
            await sensors(broker.port, 5, "a").open()
    assert f"127.0.0.1:{broker.port}" in str(error.value)
    assert 'connection.version: "3.1.1"' in str(error.value)


async def test_an_embedded_broker_refuses_a_wrong_password_with_the_sentence():
    async with embedded() as broker:
        with pytest.raises(Misconfigured, match=r"user 'simulator' .*connection\.password"):
            await sensors(broker.port, "3.1.1", "a", user=broker.user, password="guess").open()
