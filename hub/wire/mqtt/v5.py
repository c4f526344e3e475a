"""A session of MQTT 5 (OASIS, 2019): sign in, subscribe, publish, say goodbye."""

import asyncio
import ssl
from collections.abc import Sequence
from typing import NoReturn, TypeVar

from mqtt5 import (
    ConnAckPacket,
    ConnAckReasonCode,
    ConnectPacket,
    DisconnectPacket,
    Packet,
    PubAckPacket,
    PublishPacket,
    QoS,
    SubAckPacket,
    SubAckReasonCode,
    SubscribePacket,
    TopicFilter,
)

from hub.model import DriverError, Unreachable
from hub.wire import tls
from hub.wire.mqtt import refusals
from hub.wire.mqtt.contract import LARGEST, Settings, Take, tls_context
from hub.wire.mqtt.link import Link

A = TypeVar("A")

FILTERS_EACH = 100
"""Filters in one SUBSCRIBE, so that the packet stays far below any broker's limit."""
PUBLISH_IDS = range(10_000, 65_536)
"""Packet ids of messages we publish, apart from those of subscriptions."""


class Session5:
    """A Session on MQTT 5."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._link: Link | None = None
        self._signed_in: asyncio.Future[ConnAckPacket] | None = None
        self._subscribed: dict[int, asyncio.Future[SubAckPacket]] = {}
        self._published: dict[int, asyncio.Future[PubAckPacket]] = {}
        self._last_id = PUBLISH_IDS[-1]

    async def open(self) -> None:
        """Connect and sign in. Raises Unreachable, Misconfigured."""
        await self.close()
        link = await self._connect()
        self._signed_in = asyncio.get_running_loop().create_future()
        link.send(self._connect_packet().write())
        answer = await self._answer(self._signed_in, "sign-in")
        if answer.reason_code != ConnAckReasonCode.SUCCESS:
            word = answer.reason_str or refusals.spoken(answer.reason_code.name)
            await self.close()
            raise refusals.sign_in(answer.reason_code.value, word, self._settings)
        link.keep_alive(answer.server_keep_alive)

    async def listen(self, filters: Sequence[str], take: Take) -> dict[str, str]:
        """Subscribe, hand over from now on, return the refused filters. Raises Unreachable."""
        link = self._open_link()
        link.listen(take)
        refused: dict[str, str] = {}
        for first in range(0, len(filters), FILTERS_EACH):
            some = filters[first : first + FILTERS_EACH]
            for wanted, code in zip(some, await self._subscribe(link, 1 + first // FILTERS_EACH, some), strict=False):
                if code.value >= refusals.FAILED:
                    refused[wanted] = refusals.spoken(code.name)
        return refused

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish with QoS 1 and wait for the broker to have it. Raises Unreachable, Misconfigured."""
        link = self._open_link()
        self._last_id = packet_id = self._last_id + 1 if self._last_id + 1 in PUBLISH_IDS else PUBLISH_IDS[0]
        answer: asyncio.Future[PubAckPacket] = asyncio.get_running_loop().create_future()
        self._published[packet_id] = answer
        link.send(PublishPacket(topic, payload, qos=QoS.AT_LEAST_ONCE, retain=retain, packet_id=packet_id).write())
        try:
            code = (await self._answer(answer, "message")).reason_code
        finally:
            del self._published[packet_id]
        if code.value >= refusals.FAILED:
            raise refusals.publication(code.value, refusals.spoken(code.name), topic, self._settings)

    async def ended(self) -> NoReturn:
        """Wait for the end of the connection. Raises Unreachable."""
        await self._open_link().ending.wait()

    async def close(self) -> None:
        """Say goodbye and wait for the socket to close."""
        link, self._link = self._link, None
        if link is not None:
            link.send(DisconnectPacket().write())
            link.close()
            try:
                await asyncio.wait_for(link.closed.wait(), 1.0)
            except TimeoutError:
                link.fail(Unreachable("closed"))

    def _open_link(self) -> Link:
        if self._link is None:
            raise Unreachable(f"{self._settings.where} is not connected")
        return self._link

    async def _connect(self) -> Link:
        s = self._settings
        link = Link(s.where, s.keepalive, self._control)
        loop = asyncio.get_running_loop()
        context = tls_context(s.tls)
        try:
            async with asyncio.timeout(s.timeout):
                await loop.create_connection(lambda: link, s.host, s.port, ssl=context)
        except TimeoutError as error:
            raise refusals.too_slow("connection", s) from error
        except ssl.SSLError as error:
            raise tls.fault(error, s.where, s.tls.ca if s.tls else None) from error
        except OSError as error:
            raise refusals.no_connection(error, s) from error
        self._link = link
        return link

    def _connect_packet(self) -> ConnectPacket:
        s = self._settings
        return ConnectPacket(
            s.client_id,
            username=s.user,
            password=s.password.encode() if s.password is not None else None,
            clean_start=False,
            keep_alive=s.keepalive,
            session_expiry_interval=s.session_expiry,
            receive_max=s.receive_max,
            max_packet_size=LARGEST,
        )

    async def _answer(self, answer: "asyncio.Future[A]", what: str) -> A:
        """Wait for an answer or for the end of the connection, whichever is first. Raises DriverError."""
        link = self._open_link()
        ended = asyncio.ensure_future(link.closed.wait())
        try:
            await asyncio.wait((answer, ended), timeout=self._settings.timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
        if answer.done() and not answer.cancelled():
            return answer.result()
        error = link.ending.error or refusals.too_slow(what, self._settings)
        await self.close()
        raise error

    async def _subscribe(self, link: Link, packet_id: int, filters: Sequence[str]) -> Sequence[SubAckReasonCode]:
        wanted = [TopicFilter(f, max_qos=QoS.AT_LEAST_ONCE, retain_as_published=False) for f in filters]
        answer: asyncio.Future[SubAckPacket] = asyncio.get_running_loop().create_future()
        self._subscribed[packet_id] = answer
        link.send(SubscribePacket(packet_id, wanted).write())
        try:
            return (await self._answer(answer, "subscription")).reason_codes
        finally:
            del self._subscribed[packet_id]

    def _control(self, packet: Packet) -> None:
        match packet:
            case ConnAckPacket():
                self._resolve(self._signed_in, packet)
            case SubAckPacket():
                self._resolve(self._subscribed.get(packet.packet_id), packet)
            case PubAckPacket():
                self._resolve(self._published.get(packet.packet_id), packet)
            case DisconnectPacket():
                self._told_to_go(
                    refusals.goodbye(
                        packet.reason_code,
                        packet.reason_str or refusals.spoken(packet.reason_code.name),
                        self._settings,
                    )
                )
            case _:
                pass

    def _told_to_go(self, error: DriverError) -> None:
        if self._link is not None:
            self._link.ending.tell(error)
            self._link.close()

    @staticmethod
    def _resolve(waiting: "asyncio.Future[A] | None", answer: A) -> None:
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)
