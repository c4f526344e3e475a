"""What slow and simple devices need: pauses, and one point a request."""

import asyncio

import pytest

from hub.model import Misconfigured, one_by_one
from tests.support.broken_modbus import broken_modbus, good
from tests.unit.drivers.modbus import device, driver, point, words


async def asked(points, limits):
    """Return what was read, and how many points' worth each request asked for."""
    async with broken_modbus() as server:
        server.script = [good]
        d = driver(device(points, server.port, limits=limits))
        await d.open()
        try:
            values = [s.value for s in one_by_one(await d.read(points))]
        finally:
            await d.close()
        return values, [int.from_bytes(r.pdu[3:5], "big") for r in server.requests]


async def test_one_field_asks_for_each_point_by_itself():
    points = words(1, 2, 3)
    assert await asked(points, {}) == ([257, 258, 259], [3])
    assert await asked(points, {"one_field": True}) == ([257, 258, 259], [1, 1, 1])


async def test_bits_of_one_register_share_its_request_even_then():
    points = tuple(point(f"b{n}", table="holding", register=1, bit=n) for n in range(3))
    assert await asked(points, {"one_field": True}) == ([True, False, False], [1])


async def test_the_largest_read_of_a_device_is_kept():
    assert await asked(words(*range(10)), {"largest_read": 4}) == ([256 + n for n in range(10)], [4, 4, 2])


async def test_a_device_is_left_in_peace_between_an_answer_and_the_next_request(monkeypatch):
    waits = []
    really = asyncio.sleep

    async def noted(seconds, *rest):
        waits.append(seconds)
        await really(0)

    monkeypatch.setattr("drivers.modbus.driver.asyncio.sleep", noted)
    await asked(words(1, 2, 3), {"one_field": True, "pause": "10s"})
    pauses = [s for s in waits if s > 1]
    assert len(pauses) == 2
    assert all(9 < s <= 10 for s in pauses)


async def test_pauses_that_would_hold_the_line_for_too_long_stop_the_device_with_the_sum():
    with pytest.raises(Misconfigured, match=r"makes 3 requests, 20 s apart: 60 s"):
        await asked(words(1, 2, 3), {"one_field": True, "pause": "20s"})
