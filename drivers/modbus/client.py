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
from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.pdu import DecodePDU, ModbusPDU

from hub.model import NoAnswer, Unreachable

_FRAMERS = {"tcp": FramerType.SOCKET, "rtu": FramerType.RTU}
_NEVER = 1 << 30
_FIXED_SIZES = {5: 8, 6: 8, 15: 8, 16: 8, 22: 10}
"""Length of a whole RTU reply, unit and CRC included, to the functions that write (V1.1b3, 6.5 to 6.16)."""


class _Request(ModbusPDU):
    def __init__(self, unit: int, pdu: bytes) -> None:
        super().__init__(dev_id=unit)
        self.function_code = pdu[0]
        self._body = pdu[1:]

    def encode(self) -> bytes:
        return self._body


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
        client.set_max_no_responses(_NEVER)
        client.ctx.framer.decoder = _Undecoded()
        self._client = client
        self._out_of_step = False
        try:
            await asyncio.wait_for(client.ctx.call_create(), timeout)
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
        client.ctx.comm_params.timeout_connect = timeout
        request = _Request(unit, pdu)
        try:
            reply = await client.ctx.execute(False, request)
        except ConnectionException as fault:
            raise Unreachable(f"{self.host}:{self.port} closed the connection") from fault
        except ModbusException as fault:
            self._out_of_step = self._heard or self.framing == "rtu"
            raise NoAnswer(f"unit {unit} at {self.host}:{self.port} did not answer within {timeout:g} s") from fault
        if reply.transaction_id != request.transaction_id or reply.dev_id != unit or not isinstance(reply, _Reply):
            self._out_of_step = True
            raise NoAnswer(f"{self.host}:{self.port} answered another request than the one for unit {unit}")
        return reply.pdu

    def close(self) -> None:
        """Disconnect; safe to call at any time."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _on_packet(self, sending: bool, data: bytes) -> bytes:
        self._heard = not sending
        return data

    def _on_connect(self, connected: bool) -> None:
        """Wake the waiting request when the line is lost; pymodbus itself lets it wait for its timeout."""
        client = self._client
        if connected or client is None or client.ctx.response_future.done():
            return
        waiting = client.ctx.response_future
        waiting.set_exception(ConnectionException("connection lost"))
        waiting.exception()
