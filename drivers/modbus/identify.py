"""Who answers at a Modbus/TCP address: unit ids, and what each says about itself (function 43/14).

"MODBUS Application Protocol Specification V1.1b3", 6.21 (Read Device Identification) and 7 (exception codes 10 and 11:
a gateway has nobody behind this unit id); "MODBUS Messaging on TCP/IP Implementation Guide V1.0b", 3.1.3 (header).
"""

import asyncio
import struct
from collections.abc import Sequence

from msgspec import Struct

LARGEST = 260
NOBODY = (10, 11)
OBJECTS = {0: "vendor", 1: "product", 2: "revision"}


class Unit(Struct, frozen=True):
    """One unit that answered."""

    unit: int
    says: dict[str, str]
    """Vendor, product, revision; empty where it does not tell."""


class Silent(Exception):
    """The connection is of no more use, so the caller may go on with the next host."""


async def units(host: str, port: int, wanted: Sequence[int], patience: float) -> list[Unit]:
    """Return the units of a host that answer; `patience` in seconds for the connection and for each. Raises OSError."""
    async with asyncio.timeout(patience):
        reader, writer = await asyncio.open_connection(host, port)
    try:
        return await _asked(reader, writer, wanted, patience)
    finally:
        writer.close()


async def _asked(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wanted: Sequence[int], patience: float
) -> list[Unit]:
    found: list[Unit] = []
    for number, unit in enumerate(wanted, 1):
        writer.write(struct.pack(">HHHB", number, 0, 5, unit) + b"\x2b\x0e\x01\x00")
        try:
            async with asyncio.timeout(patience):
                body = await _answer(reader, number)
        except TimeoutError:
            continue  # nobody behind this number; a late answer is known by its number and passed over
        except (Silent, OSError, asyncio.IncompleteReadError):
            break
        if body[:1] != b"\xab" or body[1:2] not in (bytes([code]) for code in NOBODY):
            found.append(Unit(unit, identification(body)))
    return found


async def _answer(reader: asyncio.StreamReader, number: int) -> bytes:
    """Return the answer to a request. Raises Silent when what comes is no Modbus."""
    while True:
        tid, protocol, length = struct.unpack(">HHH", await reader.readexactly(6))
        if protocol != 0 or not 3 <= length <= LARGEST - 6:
            raise Silent
        body = await reader.readexactly(length)
        if tid == number:
            return body[1:]


def identification(body: bytes) -> dict[str, str]:
    """Return what an answer to function 43/14 says; empty for an exception or what cannot be read."""
    if body[:2] != b"\x2b\x0e" or len(body) < 7:
        return {}
    says: dict[str, str] = {}
    rest = body[7:]
    for _ in range(body[6]):
        if len(rest) < 2 or len(rest) < 2 + rest[1]:
            break
        key, value, rest = rest[0], rest[2 : 2 + rest[1]], rest[2 + rest[1] :]
        told = value.decode("utf-8", "replace").strip("\0 ")
        if key in OBJECTS and told:
            says[OBJECTS[key]] = told
    return says
