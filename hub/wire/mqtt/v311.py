"""A session of MQTT 3.1.1 (ISO/IEC 20922) through paho, driven by our loop: no thread, one batch a socket read.

paho connects in a worker thread because its `connect` blocks; from then on the loop tells it when its socket is ready.
"""

import asyncio
import ssl
from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar

from msgspec import Struct
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hub.model import Unreachable
from hub.wire import tls
from hub.wire.mqtt import refusals
from hub.wire.mqtt.acks import Acks
from hub.wire.mqtt.contract import BODY, LARGEST, Damaged, Ending, Settings, Take, tls_context

A = TypeVar("A")

BURST = 1000
"""Packets taken from the socket before other tasks have their turn."""
FILTERS_EACH = 100
MOST_HELD = 4000
"""Messages handed over and not yet durable at which reading pauses; 3.1.1 has no Receive Maximum."""


class _Arrived(Struct, frozen=True, gc=False):
    topic: str
    payload: bytes
    retain: bool
    packet_id: int | None
    duplicate: bool


class _TidySocket(ssl.SSLSocket):
    """A TLS socket that is closed when its handshake fails; paho leaves it open."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


class Session311:
    """A Session on MQTT 3.1.1."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Client | None = None
        self._ending = Ending()
        self._take: Take | None = None
        self._acks = Acks(self._send_acks, self._ease)
        self._messages: list[_Arrived] = []
        self._damaged: list[Damaged] = []
        self._ids: list[int] = []
        self._moved = False
        self._reading = self._writing = False
        self._socket: Any = None
        self._signed_in: asyncio.Future[ReasonCode] | None = None
        self._subscribed: dict[int | None, asyncio.Future[list[ReasonCode]]] = {}
        self._published: dict[int, asyncio.Future[ReasonCode]] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Connect and sign in. Raises Unreachable, Misconfigured."""
        await self.close()
        self._ending, self._take, self._published = Ending(), None, {}
        self._acks = Acks(self._send_acks, self._ease)
        self._signed_in = asyncio.get_running_loop().create_future()
        client = self._new_client()
        await self._connect(client)
        self._client, self._socket = client, client.socket()
        self._ease()
        self._tick()
        code = await self._answer(self._signed_in, "sign-in")
        self._pause()
        if code.is_failure:
            await self.close()
            raise refusals.sign_in(code.value, str(code).lower(), self._settings)

    async def listen(self, filters: Sequence[str], take: Take) -> dict[str, str]:
        """Subscribe, hand over from now on, return the refused filters. Raises Unreachable."""
        self._take = take
        self._hand_over()
        self._ease()
        refused: dict[str, str] = {}
        for first in range(0, len(filters), FILTERS_EACH):
            some = filters[first : first + FILTERS_EACH]
            for wanted, code in zip(some, await self._subscribe(some), strict=False):
                if code.is_failure:
                    refused[wanted] = str(code).lower()
        return refused

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish with QoS 1 and wait for the broker to have it. Raises Unreachable."""
        if self._client is None:
            raise Unreachable(f"{self._settings.where} is not connected")
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise Unreachable(f"{self._settings.where} closed the connection")
        answer = self._published[info.mid] = asyncio.get_running_loop().create_future()
        self._want_to_write()
        await self._answer(answer, "message")

    async def ended(self) -> NoReturn:
        """Wait for the end of the connection. Raises Unreachable."""
        await self._ending.wait()

    async def close(self) -> None:
        """Say goodbye; paho closes the socket."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_write()
            client.loop_misc()
        self._forget_socket()
        if client is not None and (left := client.socket()) is not None:
            left.close()

    # Signing in.

    def _new_client(self) -> Client:
        s = self._settings
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=s.client_id,
            clean_session=s.session_expiry == 0,
            protocol=MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.username_pw_set(s.user, s.password)
        client.connect_timeout = s.timeout
        if (context := tls_context(s.tls)) is not None:
            context.sslsocket_class = _TidySocket
            client.tls_set_context(context)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = lambda _c, _u, mid, code, _p: self._settle(self._published.pop(mid, None), code)
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        client.on_socket_close = self._on_socket_close
        return client

    async def _connect(self, client: Client) -> None:
        s = self._settings
        try:
            async with asyncio.timeout(s.timeout + 1):
                await asyncio.to_thread(client.connect, s.host, s.port, s.keepalive)
        except ssl.SSLError as error:
            raise tls.fault(error, s.where, s.tls.ca if s.tls else None) from error
        except TimeoutError as error:
            raise refusals.too_slow("connection", s) from error
        except OSError as error:
            raise refusals.no_connection(error, s) from error

    async def _answer(self, answer: "asyncio.Future[A]", what: str) -> A:
        ended = asyncio.ensure_future(self._ending.told.wait())
        try:
            await asyncio.wait((answer, ended), timeout=self._settings.timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
        if answer.done() and not answer.cancelled():
            return answer.result()
        error = self._ending.error or refusals.too_slow(what, self._settings)
        await self.close()
        raise error

    async def _subscribe(self, filters: Sequence[str]) -> Sequence[ReasonCode]:
        if self._client is None:
            raise Unreachable(f"{self._settings.where} is not connected")
        code, mid = self._client.subscribe([(f, 1) for f in filters])
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise Unreachable(f"{self._settings.where} closed the connection")
        answer = self._subscribed[mid] = asyncio.get_running_loop().create_future()
        self._want_to_write()
        try:
            return await self._answer(answer, "subscription")
        finally:
            del self._subscribed[mid]

    # What paho calls, always inside our own calls of loop_read, loop_write and loop_misc.

    def _on_connect(self, _c: Client, _u: Any, _f: ConnectFlags, code: ReasonCode, _p: Properties | None) -> None:
        self._settle(self._signed_in, code)

    def _on_subscribe(self, _c: Client, _u: Any, mid: int, codes: list[ReasonCode], _p: Properties | None) -> None:
        self._settle(self._subscribed.get(mid), codes)

    def _settle(self, waiting: "asyncio.Future[A] | None", answer: A) -> None:
        self._moved = True
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _on_message(self, _c: Client, _u: Any, message: MQTTMessage) -> None:
        self._moved = True
        if message.qos:
            self._ids.append(message.mid)
        payload = bytes(message.payload)
        try:
            topic = message.topic
        except UnicodeDecodeError:
            self._damaged.append(Damaged("?", "the topic is not UTF-8", payload[:BODY]))
            return
        if len(payload) > LARGEST:
            reason = f"too large: {len(payload)} bytes, at most {LARGEST}"
            self._damaged.append(Damaged(topic, reason, payload[:BODY]))
            return
        packet_id = message.mid if message.qos else None
        self._messages.append(_Arrived(topic, payload, message.retain, packet_id, message.dup))

    def _on_disconnect(self, _c: Client, _u: Any, _f: DisconnectFlags, code: ReasonCode, _p: Properties | None) -> None:
        self._lost(f"{self._settings.where} closed the connection: {str(code).lower()}")

    def _on_socket_close(self, _c: Client, _u: Any, _s: Any) -> None:
        self._forget_socket()

    # What the loop calls.

    def _readable(self) -> None:
        client, sock = self._client, self._socket
        for _ in range(BURST):
            if client is None or self._socket is None:
                break
            self._moved = False
            client.loop_read()
            if not self._moved and not (isinstance(sock, ssl.SSLSocket) and self._socket and sock.pending()):
                break
        self._hand_over()

    def _writable(self) -> None:
        if self._client is not None:
            self._client.loop_write()
            self._want_to_write()

    def _tick(self) -> None:
        if self._client is not None and self._client.loop_misc() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._lost(f"{self._settings.where} has been silent for {self._settings.keepalive * 1.5:g} s")
            return
        self._want_to_write()
        self._timer = asyncio.get_running_loop().call_later(min(1.0, self._settings.keepalive / 4), self._tick)

    def _hand_over(self) -> None:
        if self._take is None or not (self._messages or self._damaged):
            return
        messages, damaged, ids = self._messages, self._damaged, self._ids
        self._messages, self._damaged, self._ids = [], [], []
        release = self._acks.expect(ids, len(messages) + len(damaged))
        self._take(messages, damaged, release)
        if self._acks.held > MOST_HELD:
            self._pause()

    # Acknowledgements and the socket.

    def _send_acks(self, ids: Sequence[int]) -> None:
        if self._client is not None:
            for packet_id in ids:
                self._client.ack(packet_id, 1)
            self._want_to_write()

    def _want_to_write(self) -> None:
        if self._socket is None or self._client is None:
            return
        wanted = self._client.want_write()
        if wanted and not self._writing:
            asyncio.get_running_loop().add_writer(self._socket.fileno(), self._writable)
        elif not wanted and self._writing:
            asyncio.get_running_loop().remove_writer(self._socket.fileno())
        self._writing = wanted

    def _pause(self) -> None:
        if self._reading:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._reading = False

    def _ease(self) -> None:
        if self._socket is not None and not self._reading and self._acks.held <= MOST_HELD // 2:
            asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)
            self._reading = True

    def _forget_socket(self) -> None:
        self._pause()
        if self._writing:
            asyncio.get_running_loop().remove_writer(self._socket.fileno())
            self._writing = False
        if self._timer is not None:
            self._timer.cancel()
        self._socket = None
        self._acks.forget()

    def _lost(self, why: str) -> None:
        self._ending.tell(Unreachable(why))
        self._forget_socket()
