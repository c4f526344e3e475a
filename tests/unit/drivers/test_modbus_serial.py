"""Modbus RTU through a serial port: pymodbus' serial server at the other end of a wire made of two pseudo-terminals."""

import asyncio
import os
import tty
from contextlib import asynccontextmanager

import pytest
from pydantic import ValidationError
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from drivers.base import BoundDevice
from drivers.modbus import SPEC
from hub.model import Misconfigured, NoAnswer, Unreachable, one_by_one
from tests.unit.drivers.modbus import driver, words


class Wire:
    """Carries bytes both ways between two terminals; `cut` leaves the hub's end without the other."""

    def __init__(self):
        (self.here, self._slave), (self.there, self._other) = os.openpty(), os.openpty()
        for end in (self._slave, self._other):
            tty.setraw(end)
        self.port, self.far = os.ttyname(self._slave), os.ttyname(self._other)
        self.carries = True
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.here, self._carry, self.here, self.there)
        self._loop.add_reader(self.there, self._carry, self.there, self.here)

    def _carry(self, source, sink):
        data = os.read(source, 1024)
        if self.carries:
            os.write(sink, data)

    def cut(self):
        """Take the hub's end away, as pulling a USB adapter does."""
        if self.here is not None:
            self._loop.remove_reader(self.here)
            os.close(self.here)
            os.close(self._slave)
            self.here = None

    def close(self):
        self.cut()
        self._loop.remove_reader(self.there)
        os.close(self.there)
        os.close(self._other)


@asynccontextmanager
async def bus(*units):
    wire = Wire()
    devices = [SimDevice(u, [SimData(0, count=8, values=100 + u, datatype=DataType.REGISTERS)]) for u in units]
    server = ModbusSerialServer(devices, port=wire.far, baudrate=9600)
    assert await server.listen()
    try:
        yield wire
    finally:
        server.close()
        wire.close()


def unit(port, number, **line):
    name = f"u{number}"
    line = {"baud": 9600, "parity": "N", **line}
    connection = SPEC.connection.model_validate({"serial": port, "unit": number, **line})
    return BoundDevice(name, connection, words(0, 1, device=name), timeout=0.5)


async def test_two_units_on_one_line_are_read_and_written_in_turn():
    async with bus(1, 2) as wire:
        one, two = unit(wire.port, 1), unit(wire.port, 2)
        assert SPEC.line(one.connection) == SPEC.line(two.connection) == wire.port
        d = driver(one, two)
        await d.open()
        try:
            for _ in range(3):
                assert [s.value for s in one_by_one(await d.read(one.points))] == [101, 101]
                assert [s.value for s in one_by_one(await d.read(two.points))] == [102, 102]
            await d.write(two.points[1], 5)
            assert [s.value for s in one_by_one(await d.read(two.points))] == [102, 5]
        finally:
            await d.close()


async def test_a_silent_unit_is_no_answer_and_the_line_lives_on():
    async with bus(1) as wire:
        one = unit(wire.port, 1)
        d = driver(one)
        await d.open()
        try:
            wire.carries = False
            with pytest.raises(NoAnswer, match=wire.port):
                await d.read(one.points)
            wire.carries = True
            assert [s.value for s in one_by_one(await d.read(one.points))] == [101, 101]
        finally:
            await d.close()


async def test_a_pulled_adapter_loses_the_line_at_once_and_asks_the_right_question():
    async with bus(1) as wire:
        one = unit(wire.port, 1)
        d = driver(one)
        await d.open()
        try:
            wire.carries = False
            asking = asyncio.create_task(d.read(one.points))
            asyncio.get_running_loop().call_soon(wire.cut)
            with pytest.raises(Unreachable, match="still plugged in"):
                await asking
        finally:
            await d.close()


async def test_a_port_that_is_not_there_or_taken_is_named_with_the_way_out():
    with pytest.raises(Unreachable, match="no serial port /dev/ttyNONE; is its adapter plugged in"):
        await driver(unit("/dev/ttyNONE", 1)).open()
    async with bus(1) as wire:
        first, second = driver(unit(wire.port, 1)), driver(unit(wire.port, 1))
        await first.open()
        try:
            with pytest.raises(Unreachable, match="another program holds") as error:
                await second.open()
            assert error.value.reason == "refused"
        finally:
            await second.close()
            await first.close()


def test_devices_that_see_one_line_differently_are_refused_together():
    with pytest.raises(Misconfigured, match="one speed"):
        driver(unit("/dev/ttyS0", 1), unit("/dev/ttyS0", 2, baud=19200))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "give `host` or `serial`"),
        ({"host": "h", "baud": 9600}, "belong to `serial`"),
        ({"serial": "/dev/ttyS0", "host": "h"}, "do not fit"),
        ({"serial": "/dev/ttyS0", "framing": "tcp"}, "do not fit"),
        ({"serial": "/dev/ttyS0", "tls": True}, "do not fit"),
        ({"host": "h", "tls": {"cert": "c.pem"}}, "belong together"),
        ({"host": "h", "tls": True, "framing": "rtu"}, "leave out framing"),
    ],
)
def test_a_connection_that_cannot_be_says_why(given, why):
    with pytest.raises(ValidationError, match=why):
        SPEC.connection.model_validate(given)


def test_a_serial_line_has_the_defaults_and_the_silence_of_the_standard():
    line = SPEC.connection.model_validate({"serial": "/dev/ttyS0"})
    assert (line.framing, line.baud, line.parity, line.stop, line.where) == ("rtu", 19200, "E", 1, "/dev/ttyS0")
    assert line.silence == pytest.approx(0.002005, abs=1e-6)
    assert SPEC.connection.model_validate({"serial": "/dev/ttyS0", "baud": 115200}).silence == 0.00175
    there = SPEC.redirect(line, "127.0.0.1", 9)
    assert (there.serial, there.framing, SPEC.endpoint(there)) == (None, "rtu", ("127.0.0.1", 9))
    assert SPEC.endpoint(line) == ("/dev/ttyS0", 0)
