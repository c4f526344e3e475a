"""Our driver against a server that shares no line with it: a C program on libmodbus."""

import pytest
from msgspec.structs import replace

from drivers.modbus.buffer import Buffer
from hub.model import EventMap, Reason, Refused, one_by_one
from tests.support.modbus_server import build, running
from tests.unit.drivers.modbus import device, driver, point

EXPECTED = {
    "word": ({"register": 0}, 0x1234),
    "negative": ({"register": 1, "type": "int16"}, -2),
    "abcd": ({"register": 10, "type": "float32"}, 21.5),
    "badc": ({"register": 12, "type": "float32", "order": "badc"}, 21.5),
    "cdab": ({"register": 14, "type": "float32", "order": "cdab"}, 21.5),
    "dcba": ({"register": 16, "type": "float32", "order": "dcba"}, 21.5),
    "long": ({"register": 20, "type": "int32"}, -123456),
    "longer": ({"register": 22, "type": "int64"}, -1234567890123),
    "name": ({"register": 30, "type": "string", "length": 5}, "CITYWATCH"),
    "missing": ({"register": 40, "missing": ["0xFFFF"]}, Reason.NOT_PROGRAMMED),
    "field": ({"register": 41, "bits": [8, 4]}, 5),
    "bit14": ({"register": 41, "bit": 14}, False),
    "bit15": ({"register": 41, "bit": 15}, True),
    "input": ({"table": "input", "register": 33}, 99),
    "coil3": ({"table": "coil", "register": 3}, True),
    "coil4": ({"table": "coil", "register": 4}, False),
    "discrete10": ({"table": "discrete", "register": 10}, True),
    "discrete11": ({"table": "discrete", "register": 11}, False),
    "beyond": ({"register": 500}, Reason.REFUSED),
}


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with running(build(tmp_path_factory.mktemp("libmodbus"))) as port:
        yield port


async def test_every_type_of_every_table_is_read_from_libmodbus(port):
    points = tuple(point(name, **{"table": "holding", **given}) for name, (given, _) in EXPECTED.items())
    d = driver(device(points, port))
    await d.open()
    samples = one_by_one(await d.read(points))
    await d.close()
    read = {s.point.partition("/")[2]: s.reason or s.value for s in samples}
    assert read == {name: value for name, (_, value) in EXPECTED.items()}


@pytest.mark.parametrize(("given", "value"), [
    ({"table": "coil", "register": 100}, True),
    ({"register": 100}, 4711),
    ({"register": 101, "type": "int16"}, -7),
    ({"register": 102, "type": "float32", "order": "cdab"}, -1.5),
    ({"register": 104, "type": "int64"}, -(2**40)),
    ({"register": 108, "type": "string", "length": 3}, "fire"),
    ({"register": 112, "bit": 9}, True),
])  # fmt: skip
async def test_what_is_written_to_libmodbus_is_read_back(port, given, value):
    p = point("p", **{"table": "holding", **given})
    d = driver(device((p,), port))
    await d.open()
    await d.write(p, value)
    assert [s.value for s in one_by_one(await d.read((p,)))] == [value]
    await d.close()


async def test_writing_one_bit_leaves_its_neighbours_alone(port):
    word, bit = point("word", table="holding", register=120), point("bit", table="holding", register=120, bit=3)
    d = driver(device((word, bit), port))
    await d.open()
    await d.write(word, 0xFFF0)
    await d.write(bit, True)
    assert {s.value for s in one_by_one(await d.read((word,)))} == {0xFFF8}
    await d.write(bit, False)
    assert {s.value for s in one_by_one(await d.read((word,)))} == {0xFFF0}
    await d.close()


@pytest.mark.parametrize(("given", "value", "reason"), [
    ({"table": "input"}, 1, "read_only"),
    ({"table": "discrete"}, True, "read_only"),
    ({"bits": [0, 4]}, 1, "read_only"),
    ({"type": "uint16"}, 70000, "value"),
    ({"register": 500}, 1, "device"),
])  # fmt: skip
async def test_a_write_that_cannot_be_is_refused_with_its_reason(port, given, value, reason):
    p = point("p", **{"table": "holding", "register": 0, **given})
    d = driver(device((p,), port))
    await d.open()
    with pytest.raises(Refused) as refused:
        await d.write(p, value)
    await d.close()
    assert refused.value.reason == reason


async def test_an_event_buffer_of_libmodbus_is_read_record_by_record_as_it_is_told(port):
    buffer = Buffer.model_validate({
        "waiting": {"table": "input", "register": 150},
        "number": {"table": "input", "register": 151, "type": "uint32"},
        "parts": {"code": {"table": "input", "register": 153, "map": {"20": "fire"}}},
        "advance": {"register": 190, "type": "uint32"},
    })  # fmt: skip
    d = driver(replace(device((), port), events=(EventMap("log", "fire.event", buffer),)))
    await d.open()
    told = []
    while (kept := await d.kept("d")) is not None:
        told += [(e.attributes["number"], e.attributes["code"]) for e in kept.intake.events]
        again = await d.kept("d")
        assert again.intake.events[0].dedupe_key == kept.intake.events[0].dedupe_key, "it is kept until it is told"
        await kept.settle()
    await d.close()
    assert told == [(1, 10), (2, "fire"), (3, 30)]
