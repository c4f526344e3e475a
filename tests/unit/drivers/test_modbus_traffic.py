"""Bytes on a Modbus line are counted by unit, frames whole."""

import asyncio

import pytest

from tests.support.broken_modbus import BrokenModbus, good
from tests.unit.drivers.modbus import device, driver, words


@pytest.mark.parametrize(("framing", "sent", "received"), [("tcp", 12, 13), ("rtu", 8, 9)])
async def test_bytes_are_counted_for_each_unit(framing: str, sent: int, received: int) -> None:
    broken = BrokenModbus(framing == "rtu")
    broken.script = [good]
    server = await asyncio.start_server(broken, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    mine, other = words(0, 1), words(0, 1, device="e")
    line = driver(device(mine, port, framing=framing), device(other, port, name="e", unit=2, framing=framing))
    await line.open()
    try:
        await line.read(mine)
        await line.read(mine)
        assert line.traffic("d") == (2 * sent, 2 * received)
        assert line.traffic("e") == (0, 0)
        await line.read(other)
        assert line.traffic("e") == (sent, received)
        figures = {f.labels["way"]: f.value for f in line.figures() if f.name == "citywatch_modbus_bytes"}
        assert figures == {"sent": 3 * sent, "received": 3 * received}
    finally:
        await line.close()
        server.close()
