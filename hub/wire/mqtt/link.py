"""One MQTT 5 connection as an asyncio protocol: bytes in, batches of messages out, acknowledgements back.

One buffer takes what the socket has, one pass decodes all of it, one call hands it over: nothing is awaited, scheduled
or logged per message. The codec (`mqtt5`) does no I/O.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

from mqtt5 import ConnAckPacket, ConnAckReasonCode, Packet, PingReqPacket, PingRespPacket, PublishPacket, read

from hub.model import Unreachable
from hub.wire.mqtt.acks import Acks, pubacks
from hub.wire.mqtt.contract import BODY, LARGEST, Damaged, Ending, Take
from hub.wire.mqtt.frames import CONNACK, PUBLISH, Frame, frame, publish_head

ROOM = 2 * LARGEST
"""Bytes of the receive buffer: the largest packet and as much again."""
MOST_HELD = 10_000
"""Messages handed over and not yet durable at which reading pauses (QoS 0 knows no Receive Maximum)."""

Control = Callable[[Packet], None]


class Link(asyncio.BufferedProtocol):
    """A connection; `control` hears every packet that is no message. Messages wait until `listen`."""

    def __init__(self, where: str, keepalive: int, control: Control) -> None:
        self.ending = Ending()
        self.closed = asyncio.Event()
        self.oversized = 0
        self.undecodable = 0
        self._where = where
        self._keepalive = keepalive
        self._control = control
        self._take: Take | None = None
        self._acks = Acks(self._send_acks, self._ease)
        self._view = memoryview(bytearray(ROOM))
        self._start = self._end = 0
        self._skipping = 0
        self._skipped: tuple[Damaged, int | None] | None = None
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._heard = True
        self._silent = 0
        self._timer: asyncio.TimerHandle | None = None

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where the socket may write."""
        del sizehint
        return self._view[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        """Decode what has come and hand it over as one batch."""
        self._heard = True
        self._end += nbytes
        self._digest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end; whatever was not acknowledged will come again."""
        why = f": {exc}" if exc else ""
        self.ending.tell(Unreachable(f"{self._where} closed the connection{why}"))
        self._acks.forget()
        self._stop_timer()
        self._transport = None
        self.closed.set()

    # What the session calls.

    def send(self, data: bytes) -> None:
        """Write one packet, or nothing when the connection is gone."""
        if self._transport is not None:
            self._transport.write(data)

    def listen(self, take: Take) -> None:
        """Hand over from now on, beginning with what has waited since the sign-in."""
        self._take = take
        self._digest()
        self._ease()

    def close(self) -> None:
        """End the connection after what is still to be sent."""
        if self._transport is not None:
            self._transport.close()

    def fail(self, error: Unreachable) -> None:
        """End the connection at once, for this reason."""
        self.ending.tell(error)
        if self._transport is not None:
            self._transport.abort()

    # Bytes to packets.

    def _digest(self) -> None:
        if self._skipping:
            self._skip()
        messages: list[PublishPacket] = []
        damaged: list[Damaged] = []
        ids: list[int | None] = []
        if self._skipped is not None and not self._skipping:
            damaged.append(self._skipped[0])
            ids.append(self._skipped[1])
            self._skipped = None
        view, at, end = self._view, self._start, self._end
        while at < end:
            try:
                packet, size = read(view[at:end])
            except IndexError:
                break
            except BaseException as error:
                size = self._damage(view[at:end], error, damaged, ids)
                if not size:
                    break
                at += size
                continue
            at += size
            if type(packet) is PublishPacket:
                messages.append(packet)
                ids.append(packet.packet_id)
            elif self._heed(packet):
                break
        self._keep(at, end)
        if ids:
            self._hand_over(messages, damaged, ids)

    def _heed(self, packet: Packet) -> bool:
        """Pass a control packet on; tell whether decoding must wait for `listen`."""
        if type(packet) is not PingRespPacket:
            self._control(packet)
        return type(packet) is ConnAckPacket and self._take is None and self._pause()

    def _keep(self, at: int, end: int) -> None:
        """Move what is left to the front, or begin to skip a packet that is too large for the buffer."""
        left = end - at
        if left:
            self._view[:left] = self._view[at:end]
        self._start, self._end = 0, left
        if left:
            self._look_at_size(left)

    def _look_at_size(self, left: int) -> None:
        try:
            outer = frame(self._view[:left])
            if outer is not None and outer.total > max(LARGEST, left):
                self._begin_to_skip(outer, left)
        except ValueError as error:
            self.fail(Unreachable(f"{self._where} sent what is not MQTT: {error}"))

    def _begin_to_skip(self, outer: Frame, left: int) -> None:
        if outer.kind != PUBLISH:
            raise ValueError(f"a packet of type {outer.kind} with {outer.total} bytes")
        head = publish_head(self._view[:left], outer)
        if head is None or left < min(head.rest + BODY, outer.total):
            return
        body = bytes(self._view[head.rest : head.rest + BODY])
        self.oversized += 1
        self._skipped = Damaged(head.topic, f"too large: {outer.total} bytes, at most {LARGEST}", body), head.packet_id
        self._skipping = outer.total - left
        self._start = self._end = 0

    def _skip(self) -> None:
        here = min(self._skipping, self._end)
        self._skipping -= here
        self._start = here
        if self._skipping:
            self._start = self._end = 0

    def _damage(self, view: memoryview, error: BaseException, damaged: list[Damaged], ids: list[int | None]) -> int:
        """Set a packet aside that the codec cannot read; return its size, 0 when more bytes or an end must come."""
        # The codec is Rust: a panic inside it arrives as a BaseException that is none of Python's.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise error
        try:
            outer = frame(view)
            head = publish_head(view, outer) if outer is not None and outer.kind == PUBLISH else None
            if outer is not None and outer.kind == CONNACK and outer.total <= len(view):
                # One without properties comes from a broker that speaks an older version (3.1.1, 3.2).
                self._control(ConnAckPacket(reason_code=ConnAckReasonCode.UNSUPPORTED_PROTOCOL_VERSION))
                return outer.total
            if outer is not None and outer.kind != PUBLISH and outer.total <= len(view):
                raise ValueError(str(error))
        except ValueError as wrong:
            self.fail(Unreachable(f"{self._where} sent what is not MQTT 5: {wrong}"))
            return 0
        if outer is None or head is None or outer.total > len(view):
            return 0
        self.undecodable += 1
        damaged.append(Damaged(head.topic, "not MQTT 5", bytes(view[: min(outer.total, BODY)])))
        ids.append(head.packet_id)
        return outer.total

    # Batches out, acknowledgements back.

    def _hand_over(self, messages: Sequence[PublishPacket], damaged: Sequence[Damaged], ids: list[int | None]) -> None:
        if self._take is None:
            self.fail(Unreachable(f"{self._where} sent a message before the sign-in was over"))
            return
        owed = [i for i in ids if i is not None]
        release = self._acks.expect(owed, len(ids))
        self._take(messages, damaged, release)
        if self._acks.held > MOST_HELD:
            self._pause()

    def _send_acks(self, ids: Sequence[int]) -> None:
        self.send(pubacks(ids))

    def _pause(self) -> bool:
        self._paused = True
        if self._transport is not None:
            self._transport.pause_reading()
        return True

    def _ease(self) -> None:
        if self._paused and self._take is not None and self._acks.held <= MOST_HELD // 2:
            self._paused = False
            if self._transport is not None:
                self._transport.resume_reading()

    # Keep alive (MQTT 5.0, 3.1.2.10): a question each half period; silence for one and a half is the end.

    def keep_alive(self, server_keepalive: int | None) -> None:
        """Begin to ask whether the broker is there; it may have chosen another period (seconds)."""
        if server_keepalive:
            self._keepalive = server_keepalive
        self._tick()

    def _tick(self) -> None:
        self._silent = 0 if self._heard or self._paused else self._silent + 1
        self._heard = False
        if self._silent >= 3:
            self.fail(Unreachable(f"{self._where} has been silent for {self._keepalive * 1.5:g} s"))
            return
        self.send(PingReqPacket().write())
        self._timer = asyncio.get_running_loop().call_later(self._keepalive / 2, self._tick)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
