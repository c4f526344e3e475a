"""The only file that knows pymodbus: one connection that takes a request's bytes and returns its answer's bytes.

It leads over TCP, over TLS, or through a serial port; what differs is how it is opened, and that a serial line needs
silence between frames.

pymodbus frames, numbers and matches requests and replies. Its decoding of registers is left out (it costs more than
all the rest; `codec` reads the bytes at once), and so are its retries, its reconnect and its log, which the runner has
for every protocol. What pymodbus 3.16 lets through is refused here: a reply without transaction number, and what
arrives after a request has timed out (the connection is then not in step any more and is made anew).
"""

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

from pymodbus import FramerType
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.transaction import TransactionManager

from drivers.modbus.connection import Connection, Tls
from hub.model import DriverError, Misconfigured, NoAnswer, Unreachable
from hub.wire.tls import client_context, fault

_FRAMERS = {"tcp": FramerType.SOCKET, "rtu": FramerType.RTU}
_FIXED_SIZES = {5: 8, 6: 8, 15: 8, 16: 8, 22: 10}
"""Length of a whole RTU reply, unit and CRC included, to the functions that write (V1.1b3, 6.5 to 6.16)."""


class _Reply(ModbusPDU):
    """A reply as it came: `pdu` begins with the function code."""

    pdu = b""

    @classmethod
    def calculateRtuFrameSize(cls, data: bytes) -> int:  # noqa: N802 (pymodbus' name)
        function = data[1]
        if function & 0x80:
            return 5
        if function in _FIXED_SIZES:
            return _FIXED_SIZES[function]
        return data[2] + 5 if len(data) > 2 else 0


class _Undecoded(DecodePDU):
    """Hands every frame through as it came, so that nothing a device sends raises inside the event loop."""

    def __init__(self) -> None:
        super().__init__(is_server=False)

    def decode(self, frame: bytes) -> ModbusPDU:
        reply = _Reply()
        reply.pdu = bytes(frame)
        return reply

    def lookupPduClass(self, data: bytes) -> type[ModbusPDU] | None:  # noqa: N802 (pymodbus' name)
        function = data[1] & 0x7F
        return _Reply if 1 <= function <= 4 or function in _FIXED_SIZES else None


_UNDECODED = _Undecoded()
"""One for all connections: it remembers nothing."""


class ModbusClient:
    """One connection to one place; one request at a time."""

    def __init__(self, connection: Connection) -> None:
        logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
        self.connection = connection
        self.tap: Callable[[bool, bytes], None] | None = None
        """Told of every frame: whether it was sent, and its bytes."""
        self._where = connection.where
        self._client: AsyncModbusTcpClient | AsyncModbusSerialClient | None = None
        self._tls = None if connection.tls is None else _context(connection.tls)
        self._heard = False
        self._answered = False
        self._out_of_step = False
        self._silent_until = 0.0
        self._why_lost: DriverError | None = None
        self.traffic: dict[int, list[int]] = {}
        """Unit → bytes sent to it and received from it, frames whole."""
        self._weighed = [0, 0]

    async def open(self, timeout: float) -> None:
        """Connect within `timeout` seconds. Raises Unreachable, Misconfigured."""
        self.close()
        client = self._made(timeout)
        client.ctx.framer.decoder = _UNDECODED
        self._client = client
        self._out_of_step = self._answered = False
        self._why_lost = None
        try:  # pymodbus' own `connect` says only that it failed, not why
            async with asyncio.timeout(timeout):
                client.ctx.transport, _ = await client.ctx.call_create()
        except (OSError, ValueError, TimeoutError) as error:
            raise self._not_opened(error, timeout) from None

    def _made(self, timeout: float) -> AsyncModbusTcpClient | AsyncModbusSerialClient:
        c = self.connection
        told: dict[str, Any] = {
            "framer": _FRAMERS[c.framing], "timeout": timeout, "retries": 0, "reconnect_delay": 0,
            "trace_packet": self._on_packet, "trace_connect": self._on_connect,
        }  # fmt: skip
        if c.serial is not None:
            return AsyncModbusSerialClient(c.serial, baudrate=c.baud, parity=c.parity, stopbits=c.stop, **told)
        client = AsyncModbusTcpClient(c.host, port=c.port, **told)
        if self._tls is not None:
            # pymodbus' own TLS client takes each piece of a frame for a whole one, and knows no other name than `host`
            name = c.host if c.tls is True or c.tls is None else c.tls.name or c.host
            connect = asyncio.get_running_loop().create_connection
            made = client.ctx.handle_new_connection
            client.ctx.call_create = partial(connect, made, c.host, c.port, ssl=self._tls, server_hostname=name)
            client.ctx.connection_lost = partial(self._tls_lost, client.ctx.connection_lost)  # type: ignore[method-assign]
        return client

    def _not_opened(self, error: Exception, timeout: float) -> DriverError:
        where, c = self._where, self.connection
        if isinstance(error, TimeoutError):
            return Unreachable(f"no connection to {where} within {timeout:g} s", "timeout")
        if isinstance(error, ssl.SSLError):
            return fault(error, where, c.tls.ca if isinstance(c.tls, Tls) else None)
        if c.serial is not None:
            return _port_fault(error, c)
        if isinstance(error, socket.gaierror):
            return Unreachable(f"the name {c.host} is not known: {error.strerror}")
        said = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        doubt = "; does that port speak TLS?" if self._tls and isinstance(error, ConnectionResetError) else ""
        reason = "refused" if isinstance(error, ConnectionRefusedError) else ""
        return Unreachable(f"no connection to {where}: {said}{doubt}", reason)

    async def ask(self, unit: int, pdu: bytes, timeout: float) -> bytes:
        """Send a request (function code and data) and return the reply's. Raises NoAnswer, Unreachable."""
        if self._out_of_step:
            await self.open(timeout)
        client = self._client
        if client is None or not client.connected:
            raise self._why_lost or Unreachable(f"the connection to {self._where} is closed")
        await self._silence()
        transaction = client.ctx.getNextTID()
        reply = await self._exchange(client.ctx, unit, transaction, pdu, timeout)
        if reply.transaction_id != transaction or reply.dev_id != unit:
            self._out_of_step = True
            why = f"{self._where} answered another request than the one for unit {unit}"
            raise NoAnswer(why, "protocol_error")
        return reply.pdu

    async def _exchange(
        self, line: TransactionManager, unit: int, transaction: int, pdu: bytes, timeout: float
    ) -> _Reply:
        """Send, and wait for the reply that the framer matches to it.

        `TransactionManager.execute` does the same under a lock (the runner asks one thing at a time) and with
        `asyncio.wait_for`, which in Python 3.11 can swallow a cancellation.
        """
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[_Reply] = loop.create_future()
        line.response_future = waiting
        line.request_dev_id, line.request_transaction_id = unit, transaction
        self._heard = False
        frame = line.framer.encode(pdu, unit, transaction)
        self._weighed = self.traffic.setdefault(unit, [0, 0])
        self._weighed[0] += len(frame)
        line.send(frame)
        if self.tap is not None:
            self.tap(True, frame)
        alarm = loop.call_later(timeout, self._expire, waiting, unit, timeout)
        try:
            return await waiting
        finally:
            alarm.cancel()
            if waiting.cancelled():
                self._out_of_step = True

    def _expire(self, waiting: "asyncio.Future[_Reply]", unit: int, timeout: float) -> None:
        if not waiting.done():
            self._out_of_step = self._heard or self.connection.framing == "rtu"
            why = f"unit {unit} at {self._where} did not answer within {timeout:g} s"
            waiting.set_exception(NoAnswer(why))

    def close(self) -> None:
        """Disconnect; safe to call at any time."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _silence(self) -> None:
        """Wait until the line has been silent for as long as its units need to tell two frames apart."""
        wait = self._silent_until - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)

    def _on_packet(self, _sending: bool, data: bytes) -> bytes:
        self._heard = self._answered = True
        self._weighed[1] += len(data)
        if self.connection.serial is not None:
            self._silent_until = asyncio.get_running_loop().time() + self.connection.silence
        if self.tap is not None:
            self.tap(False, data)
        return data

    def _tls_lost(self, go_on: Callable[[Exception | None], None], error: Exception | None) -> None:
        """Remember why: with TLS 1.3 a device turns our certificate away only after the handshake."""
        if isinstance(error, ssl.SSLError):
            self._why_lost = self._not_opened(error, 0)
        go_on(error)

    def _on_connect(self, connected: bool) -> None:
        """Wake the waiting request when the line is lost; pymodbus itself lets it wait for its timeout."""
        client = self._client
        if connected or client is None or client.ctx.response_future.done():
            return
        waiting = client.ctx.response_future
        waiting.set_exception(self._why_lost or self._lost())
        waiting.exception()  # nobody may be waiting, and that is no fault

    def _lost(self) -> Unreachable:
        if self.connection.serial:
            return Unreachable(f"{self._where} was lost; is the adapter still plugged in?")
        if self._tls is not None and not self._answered:
            told = f"{self._where} hung up after the handshake, as devices do that refuse the hub's certificate"
            return Unreachable(f"{told}; give tls.cert and tls.key that it trusts", "cert_untrusted")
        return Unreachable(f"{self._where} closed the connection")


def _context(tls: Tls | bool) -> ssl.SSLContext:
    """Return whom to trust and how to prove oneself. Raises Misconfigured naming the file."""
    return client_context(tls.ca, tls.cert, tls.key) if isinstance(tls, Tls) else client_context()


def _port_fault(error: Exception, c: Connection) -> DriverError:
    """Return the error for a serial port that cannot be opened: what is wrong and what to change."""
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.ENOENT:
        return Unreachable(f"there is no serial port {c.serial}; is its adapter plugged in?")
    if code in (errno.EACCES, errno.EPERM):
        return Misconfigured(f"the hub may not use {c.serial}; add its user to the group that owns it (often dialout)")
    if code in (errno.EBUSY, errno.EAGAIN):
        return Unreachable(f"another program holds {c.serial}; end it, for a line has one master", "refused")
    return Misconfigured(f"{c.serial} cannot be used at {c.baud} baud, {c.parity}, {c.stop}: {error}")
