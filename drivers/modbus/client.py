"""The only file that knows pymodbus: one connection that takes a request's bytes and returns its answer's bytes.

pymodbus frames, numbers and matches requests and replies. Its decoding of registers is left out (it costs more than
all the rest; `codec` reads the bytes at once), and so are its retries, its reconnect and its log, which the runner has
for every protocol. What pymodbus 3.16 lets through is refused here: a reply without transaction number, and what
arrives after a request has timed out (the connection is then not in step any more and is made anew).
"""

import asyncio
import logging
import socket
from typing import Literal

from pymodbus import FramerType
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.transaction import TransactionManager

from hub.model import NoAnswer, Unreachable

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


class ModbusClient:
    """One connection to one host and port; one request at a time."""

    def __init__(self, host: str, port: int, framing: Literal["tcp", "rtu"]) -> None:
        logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
        self.host = host
        self.port = port
        self.framing = framing
        self._client: AsyncModbusTcpClient | None = None
        self._heard = False
        self._out_of_step = False

    async def open(self, timeout: float) -> None:
        """Connect within `timeout` seconds. Raises Unreachable."""
        self.close()
        client = AsyncModbusTcpClient(
            self.host,
            port=self.port,
            framer=_FRAMERS[self.framing],
            timeout=timeout,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._on_packet,
            trace_connect=self._on_connect,
        )
        client.ctx.framer.decoder = _Undecoded()
        self._client = client
        self._out_of_step = False
        try:  # pymodbus' own `connect` says only that it failed, not why
            async with asyncio.timeout(timeout):
                await client.ctx.call_create()
        except TimeoutError:
            raise Unreachable(f"no connection to {self.host}:{self.port} within {timeout:g} s") from None
        except socket.gaierror as fault:
            raise Unreachable(f"the name {self.host} is not known: {fault.strerror}") from None
        except OSError as fault:
            raise Unreachable(f"no connection to {self.host}:{self.port}: {fault.strerror or fault}") from None

    async def ask(self, unit: int, pdu: bytes, timeout: float) -> bytes:
        """Send a request (function code and data) and return the reply's. Raises NoAnswer, Unreachable."""
        if self._out_of_step:
            await self.open(timeout)
        client = self._client
        if client is None or not client.connected:
            raise Unreachable(f"the connection to {self.host}:{self.port} is closed")
        transaction = client.ctx.getNextTID()
        reply = await self._exchange(client.ctx, unit, transaction, pdu, timeout)
        if reply.transaction_id != transaction or reply.dev_id != unit:
            self._out_of_step = True
            raise NoAnswer(f"{self.host}:{self.port} answered another request than the one for unit {unit}")
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
        line.send(line.framer.encode(pdu, unit, transaction))
        alarm = loop.call_later(timeout, self._expire, waiting, unit, timeout)
        try:
            return await waiting
        finally:
            alarm.cancel()
            if waiting.cancelled():
                self._out_of_step = True

    def _expire(self, waiting: "asyncio.Future[_Reply]", unit: int, timeout: float) -> None:
        if not waiting.done():
            self._out_of_step = self._heard or self.framing == "rtu"
            why = f"unit {unit} at {self.host}:{self.port} did not answer within {timeout:g} s"
            waiting.set_exception(NoAnswer(why))

    def close(self) -> None:
        """Disconnect; safe to call at any time."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _on_packet(self, _sending: bool, data: bytes) -> bytes:
        self._heard = True
        return data

    def _on_connect(self, connected: bool) -> None:
        """Wake the waiting request when the line is lost; pymodbus itself lets it wait for its timeout."""
        client = self._client
        if connected or client is None or client.ctx.response_future.done():
            return
        waiting = client.ctx.response_future
        waiting.set_exception(Unreachable(f"{self.host}:{self.port} closed the connection"))
        waiting.exception()  # nobody may be waiting, and that is no fault
