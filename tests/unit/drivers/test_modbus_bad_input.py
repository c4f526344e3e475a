"""What a device may send instead of an answer, and that none of it ever becomes a value (promise: bad input)."""

import pytest

from hub.model import NoAnswer, Reason, Unreachable, one_by_one
from tests.support import broken_modbus as broken
from tests.unit.drivers.modbus import device, driver, words

POINTS = words(10, 11)
RIGHT = [256 + 10, 256 + 11]


async def first_then_good(behaviour, *, framing="tcp", right=RIGHT):
    """Let the device misbehave once; return what the read gave, having seen the line live on."""
    async with broken.broken_modbus(rtu=framing == "rtu") as server:
        d = driver(device(POINTS, server.port, framing=framing))
        await d.open()
        try:
            server.script = [behaviour, broken.good]
            try:
                result = [(s.value, s.reason) for s in one_by_one(await d.read(POINTS))]
            except NoAnswer as why:
                result = why
            assert [s.value for s in one_by_one(await d.read(POINTS))] == right
            return result
        finally:
            await d.close()


@pytest.mark.parametrize("framing", ["tcp", "rtu"])
@pytest.mark.parametrize("behaviour", [broken.wrong_function, broken.wrong_count, broken.too_long])
async def test_a_whole_frame_with_the_wrong_content_is_undecodable_and_the_line_lives_on(behaviour, framing):
    result = await first_then_good(behaviour, framing=framing)
    if isinstance(result, NoAnswer):
        assert framing == "rtu"  # its length or checksum is wrong then, so no frame was seen at all
    else:
        assert result == [(None, Reason.UNDECODABLE)] * 2


@pytest.mark.parametrize("framing", ["tcp", "rtu"])
@pytest.mark.parametrize("behaviour", [broken.cut, broken.garbage, broken.never, broken.other_unit, broken.dribble])
async def test_a_cut_frame_garbage_silence_or_another_unit_is_no_answer_and_the_line_lives_on(behaviour, framing):
    assert isinstance(await first_then_good(behaviour, framing=framing), NoAnswer)


async def test_an_unknown_function_is_undecodable():
    assert await first_then_good(broken.unknown_function) == [(None, Reason.UNDECODABLE)] * 2


@pytest.mark.parametrize("behaviour", [broken.wrong_transaction, broken.no_transaction])
async def test_another_transaction_number_is_no_answer(behaviour):
    assert isinstance(await first_then_good(behaviour), NoAnswer)


async def test_bytes_after_the_frame_do_not_disturb_the_next_read():
    assert await first_then_good(broken.trailing) == [(v, Reason.NONE) for v in RIGHT]


@pytest.mark.parametrize("framing", ["tcp", "rtu"])
async def test_an_answer_after_the_timeout_is_never_taken_for_the_next_request(framing):
    async with broken.broken_modbus(rtu=framing == "rtu") as server:
        d = driver(device(POINTS, server.port, framing=framing))
        await d.open()
        server.script = [broken.never, broken.late]
        with pytest.raises(NoAnswer):
            await d.read(POINTS)
        first = one_by_one(await d.read(POINTS[:1]))
        await d.close()
    if framing == "tcp":
        assert [s.value for s in first] == RIGHT[:1]
    else:  # the late answer cannot be told apart by its bytes; the connection it belonged to is gone
        assert server.connections == 2


@pytest.mark.parametrize(
    ("code", "reason"), [(1, Reason.REFUSED), (2, Reason.REFUSED), (4, Reason.REFUSED), (6, Reason.REFUSED)]
)
async def test_an_exception_reply_is_refused_and_never_a_value(code, reason):
    assert await first_then_good(broken.exception(code)) == [(None, reason)] * 2


@pytest.mark.parametrize("code", [10, 11])
async def test_a_gateway_that_does_not_reach_the_unit_means_no_answer(code):
    why = await first_then_good(broken.exception(code))
    assert isinstance(why, NoAnswer)
    assert "gateway" in str(why)


async def test_one_bad_register_is_isolated_and_its_neighbours_come_back():
    points = words(*range(20))
    async with broken.broken_modbus() as server:
        server.script = [broken.refusing(13)]
        d = driver(device(points, server.port))
        await d.open()
        assert {s.reason for s in one_by_one(await d.read(points))} == {Reason.REFUSED}
        for _ in range(6):
            samples = one_by_one(await d.read(points))
        await d.close()
    assert {s.point: s.value for s in samples} == {
        p.id: None if p.id == "d/r13" else 256 + p.address.number for p in points
    }
    assert [s.reason for s in samples if s.value is None] == [Reason.REFUSED]


async def test_a_hole_between_two_points_is_found_at_once():
    points = words(1, 2, 3, 8, 9)
    async with broken.broken_modbus() as server:
        server.script = [broken.refusing(5)]
        d = driver(device(points, server.port))
        await d.open()
        await d.read(points)
        assert {s.reason for s in one_by_one(await d.read(points))} == {Reason.NONE}
        await d.close()


async def test_a_connection_that_is_closed_while_a_request_waits_is_unreachable_at_once():
    async with broken.broken_modbus() as server:
        server.script = [broken.hang_up]
        d = driver(device(POINTS, server.port, timeout=30.0))
        await d.open()
        with pytest.raises(Unreachable, match="closed the connection"):
            await d.read(POINTS)
        with pytest.raises(Unreachable):
            await d.read(POINTS)
        await d.close()


async def test_units_behind_one_connection_each_get_their_own_values():
    a, b = words(1, device="a"), words(1, device="b")
    async with broken.broken_modbus() as server:
        d = driver(device(a, server.port, name="a", unit=3), device(b, server.port, name="b", unit=4))
        await d.open()
        assert [one_by_one(await d.read(p))[0].value for p in (a, b)] == [3 * 256 + 1, 4 * 256 + 1]
        await d.close()
    assert server.connections == 1


async def test_a_forbidden_register_is_misconfigured_and_never_asked_for():
    points = words(1, 2, 3)
    forbidden = {"forbidden": [{"table": "holding", "from": 2, "to": 2}]}
    async with broken.broken_modbus() as server:
        d = driver(device(points, server.port, limits=forbidden))
        await d.open()
        samples = one_by_one(await d.read(points))
        await d.close()
    assert {s.point: s.reason for s in samples if s.reason} == {"d/r2": Reason.MISCONFIGURED}
    asked = [(int.from_bytes(r.pdu[1:3], "big"), int.from_bytes(r.pdu[3:5], "big")) for r in server.requests]
    assert asked == [(1, 1), (3, 1)]


def test_the_crc_of_the_server_is_the_one_of_the_serial_line_document():
    # MODBUS over Serial Line V1.02, 6.2.2: device 02, function 07 carries the CRC 41 12
    assert broken.crc16(b"\x02\x07") == b"\x41\x12"
