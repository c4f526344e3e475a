"""A Modbus device under the glass: every frame in words, and the values that came of them; nothing is written.

Frames from "MODBUS Application Protocol Specification V1.1b3" (4.2, 6.1 to 6.4, 7) and "MODBUS over Serial Line V1.02".
"""

import asyncio
import struct
from collections.abc import Callable

from drivers.base import BoundDevice, Seen
from drivers.modbus.driver import EXCEPTIONS, ModbusDriver
from drivers.modbus.reads import FUNCTIONS
from hub.model import NoAnswer, one_by_one

PERIOD = 1.0
"""Seconds between two rounds of reads."""
_TABLES = {code: table for table, code in FUNCTIONS.items()}


async def trace(device: BoundDevice, tell: Callable[[Seen], None]) -> None:
    """Read all points of a device again and again, telling every frame. Raises Unreachable, Misconfigured."""
    driver = ModbusDriver([device])
    rtu = device.connection.framing == "rtu"
    driver.client.tap = lambda sending, data: tell(spoken(sending, data, rtu))
    try:
        await driver.open()
        while True:
            await _round(driver, device, tell)
            await asyncio.sleep(PERIOD)
    finally:
        await driver.close()


async def _round(driver: ModbusDriver, device: BoundDevice, tell: Callable[[Seen], None]) -> None:
    try:
        samples = one_by_one(await driver.read(device.points))
    except NoAnswer as why:
        tell(Seen("fault", str(why)))
        return
    for sample in samples:
        said = sample.reason.word if sample.value is None else repr(sample.value)
        tell(Seen("value", f"{sample.point} {said}"))


def spoken(sending: bool, data: bytes, rtu: bool) -> Seen:
    """Return a frame in words: what was asked, or how it was answered."""
    way = "sent" if sending else "received"
    unit, pdu = _opened(data, rtu)
    if len(pdu) < 2:
        return Seen(way, f"{len(data)} bytes, a piece of a frame or no frame", data)
    return Seen(way, f"unit {unit}: {_request(pdu) if sending else _answer(pdu)}", data)


def _opened(data: bytes, rtu: bool) -> tuple[int, bytes]:
    """Return unit and protocol data of a frame: between unit and CRC, or behind the header of seven bytes."""
    if rtu:
        return (data[0], data[1:-2]) if len(data) > 4 else (0, b"")
    whole = len(data) > 8 and len(data) == 6 + int.from_bytes(data[4:6], "big")
    return (data[6], data[7:]) if whole else (0, b"")


def _request(pdu: bytes) -> str:
    if pdu[0] not in _TABLES or len(pdu) != 5:
        return f"function {pdu[0]}"
    first, count = struct.unpack(">HH", pdu[1:])
    return f"read {_TABLES[pdu[0]]} {first}" + (f" to {first + count - 1}" if count > 1 else "")


def _answer(pdu: bytes) -> str:
    if pdu[0] & 0x80:
        return f"refuses: {EXCEPTIONS.get(pdu[1], 'unknown reason')} (exception {pdu[1]})"
    table, data = _TABLES.get(pdu[0], ""), pdu[2:]
    if not table or pdu[1] != len(data):
        return f"function {pdu[0]}, {len(pdu) - 1} bytes that do not fit it"
    if pdu[0] in (FUNCTIONS["coil"], FUNCTIONS["discrete"]):
        return f"{table} bits, first on the right: {int.from_bytes(data, 'little'):0{8 * len(data)}b}"
    return f"{table} " + " ".join(f"{word:04x}" for (word,) in struct.iter_unpack(">H", data[: len(data) // 2 * 2]))
