"""A simulated Modbus device as a client that is not ours sees it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerType

from hub.model import ManualClock
from simulators.fleet import Fleet
from tests.unit.simulators.site import START, panel, site_of

Type = AsyncModbusTcpClient.DATATYPE


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    fleet = Fleet(site_of(panel(), panel("second", 7)), clock=ManualClock(START))
    await fleet.start()
    yield fleet
    await fleet.stop()


@pytest.fixture
async def client(fleet: Fleet) -> AsyncIterator[AsyncModbusTcpClient]:
    where = fleet.where["panel"]
    client = AsyncModbusTcpClient(where.host, port=where.port, timeout=0.4, retries=0)
    assert await client.connect()
    yield client
    client.close()


async def test_two_units_share_one_address(fleet: Fleet, client: AsyncModbusTcpClient) -> None:
    assert fleet.where["panel"] == fleet.where["second"]
    fleet.set("second/battery", 24.5)
    fleet.set("panel/battery", 27.25)
    assert (await client.read_input_registers(10, device_id=1)).registers == [2725]
    assert (await client.read_input_registers(10, device_id=7)).registers == [2450]


async def test_bits_of_points_share_a_register(fleet: Fleet, client: AsyncModbusTcpClient) -> None:
    fleet.set("panel/fire", True)
    fleet.set("panel/level", 9)
    assert (await client.read_input_registers(2, count=2, device_id=1)).registers == [0b001, 9 << 4]
    fleet.set("panel/fault", True)
    fleet.set("panel/fire", False)
    assert (await client.read_input_registers(2, device_id=1)).registers == [0b100]


@pytest.mark.parametrize(
    ("name", "register", "kind", "word_order", "value"),
    [
        ("flow", 20, Type.FLOAT32, "big", 12.5),
        ("flow_swapped", 22, Type.FLOAT32, "little", -3.25),
        ("total", 28, Type.UINT64, "big", 2**60 + 5),
        ("deep", 32, Type.FLOAT64, "big", 0.1),
        ("debt", 36, Type.INT32, "big", -70_000),
    ],
)
async def test_numbers_of_several_registers_are_read_by_a_foreign_client(
    fleet: Fleet, client: AsyncModbusTcpClient, name: str, register: int, kind: Type, word_order: str, value: float
) -> None:
    fleet.set(f"panel/{name}", value)
    answer = await client.read_holding_registers(register, count=kind.value[1], device_id=1)
    assert client.convert_from_registers(answer.registers, kind, word_order) == value


async def test_bytes_swapped_in_words_follow_the_bytes_of_ieee_754(fleet: Fleet, client: AsyncModbusTcpClient) -> None:
    fleet.set("panel/flow_bytes", 12.5)
    fleet.set("panel/flow_little", 12.5)
    answer = await client.read_holding_registers(24, count=4, device_id=1)
    assert answer.registers == [0x4841, 0x0000, 0x0000, 0x4841]  # 12.5 is 41 48 00 00


async def test_strings_bits_and_mappings_are_served(fleet: Fleet, client: AsyncModbusTcpClient) -> None:
    fleet.set("panel/name", "Chợ Thái")
    fleet.set("panel/door", True)
    fleet.set("panel/sounders", True)
    fleet.set("panel/mode", "night")
    words = (await client.read_holding_registers(40, count=6, device_id=1)).registers
    assert client.convert_from_registers(words, Type.STRING) == "Chợ Thái"
    assert (await client.read_discrete_inputs(5, count=17, device_id=1)).bits[:17] == [True] + [False] * 16
    assert (await client.read_coils(3, count=1, device_id=1)).bits[0]
    assert (await client.read_input_registers(200, device_id=1)).registers == [1]


async def test_a_register_that_no_point_has_is_refused(client: AsyncModbusTcpClient) -> None:
    assert (await client.read_input_registers(100, device_id=1)).exception_code == 2
    assert (await client.read_input_registers(2, count=10, device_id=1)).registers[2:8] == [0] * 6


async def test_what_a_client_writes_stays(fleet: Fleet, client: AsyncModbusTcpClient) -> None:
    await client.write_registers(20, [1, 2], device_id=1)
    await client.write_coil(3, True, device_id=1)
    fleet.step()
    assert (await client.read_holding_registers(20, count=2, device_id=1)).registers == [1, 2]
    assert (await client.read_coils(3, count=1, device_id=1)).bits[0]


async def test_a_silent_device_answers_nothing_and_its_neighbour_does(
    fleet: Fleet, client: AsyncModbusTcpClient
) -> None:
    fleet.fault("panel", "silence")
    with pytest.raises(ModbusException):
        await client.read_input_registers(10, device_id=1)
    assert not (await client.read_input_registers(10, device_id=7)).isError()
    fleet.heal("panel")
    assert not (await client.read_input_registers(10, device_id=1)).isError()


@pytest.mark.parametrize("kind", ["half_frames", "garbage", "delay"])
async def test_spoilt_and_late_answers_are_no_answers(fleet: Fleet, client: AsyncModbusTcpClient, kind: str) -> None:
    fleet.fault("panel", kind)
    with pytest.raises(ModbusException):
        await client.read_input_registers(10, device_id=1)


async def test_a_delayed_answer_arrives(fleet: Fleet, client: AsyncModbusTcpClient) -> None:
    fleet.fault("panel", "delay", seconds=0.02)
    assert not (await client.read_input_registers(10, device_id=1)).isError()


async def test_an_exception_reply_carries_its_code(fleet: Fleet, client: AsyncModbusTcpClient) -> None:
    fleet.fault("panel", "exception", code=0x0B)
    assert (await client.read_input_registers(10, device_id=1)).exception_code == 0x0B


async def test_a_frozen_device_shows_the_old_value(fleet: Fleet, client: AsyncModbusTcpClient) -> None:
    fleet.set("panel/battery", 27.0)
    fleet.fault("panel", "frozen")
    fleet.set("panel/battery", 20.0)
    assert (await client.read_input_registers(10, device_id=1)).registers == [2700]
    assert fleet.get("panel/battery") == 20.0
    fleet.heal("panel", "frozen")
    assert (await client.read_input_registers(10, device_id=1)).registers == [2000]


async def test_a_cut_line_drops_its_clients_and_takes_new_ones_when_healed(
    fleet: Fleet, client: AsyncModbusTcpClient
) -> None:
    fleet.fault("second", "cut")
    where = fleet.where["panel"]
    reader, writer = await asyncio.open_connection(where.host, where.port)
    assert await reader.read(1) == b""
    writer.close()
    fleet.heal("second")
    again = AsyncModbusTcpClient(where.host, port=where.port, timeout=1)
    assert await again.connect()
    assert not (await again.read_input_registers(10, device_id=1)).isError()
    again.close()


async def test_swapped_words_make_a_number_wrong(fleet: Fleet, client: AsyncModbusTcpClient) -> None:
    fleet.set("panel/flow", 12.5)
    fleet.fault("panel", "word_order")
    answer = await client.read_holding_registers(20, count=2, device_id=1)
    assert client.convert_from_registers(answer.registers, Type.FLOAT32) != 12.5
    assert client.convert_from_registers(answer.registers, Type.FLOAT32, "little") == 12.5


async def test_serial_frames_over_tcp_are_spoken_where_the_connection_says_so() -> None:
    device = panel()
    serial = replace(device, connection=device.connection.model_copy(update={"framing": "rtu"}))
    fleet = Fleet(site_of(serial), clock=ManualClock(START))
    await fleet.start()
    where = fleet.where["panel"]
    client = AsyncModbusTcpClient(where.host, port=where.port, framer=FramerType.RTU, timeout=1, retries=0)
    assert await client.connect()
    fleet.set("panel/battery", 26.5)
    assert (await client.read_input_registers(10, device_id=1)).registers == [2650]
    fleet.fault("panel", "silence")
    with pytest.raises(ModbusException):
        await client.read_input_registers(10, device_id=1)
    client.close()
    await fleet.stop()


async def test_a_read_larger_than_the_profile_allows_is_refused() -> None:
    fleet = Fleet(site_of(replace(panel(), limits={"largest_read": 4})), clock=ManualClock(START))
    await fleet.start()
    where = fleet.where["panel"]
    client = AsyncModbusTcpClient(where.host, port=where.port, timeout=1, retries=0)
    assert await client.connect()
    assert not (await client.read_holding_registers(20, count=4, device_id=1)).isError()
    assert (await client.read_holding_registers(20, count=5, device_id=1)).exception_code == 3
    client.close()
    await fleet.stop()
