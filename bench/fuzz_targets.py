"""What is fed with bytes that nobody meant: each decoder of the program, and the errors it may answer with."""

import struct
from collections.abc import Callable
from datetime import datetime
from random import Random
from types import SimpleNamespace
from typing import Any

from pymodbus.framer import FramerRTU, FramerSocket

from bench.fuzz_input import Case, sound, spoilt
from bench.fuzz_opcua import opcua_messages
from bench.fuzz_snmp import snmp_values, traps, usm, words
from drivers.base import BoundDevice, BoundPoint
from drivers.modbus import SPEC as MODBUS
from drivers.modbus.client import _Undecoded
from drivers.modbus.driver import ModbusDriver
from drivers.mqtt import SPEC as MQTT
from drivers.mqtt.routes import Routes
from drivers.opcua import values as opcua
from hub.config.marks import Source
from hub.config.problems import Report
from hub.config.source import split
from hub.config.table import cells
from hub.config.tree import parse
from hub.model import EventMap, Intake, NoAnswer, Refused, Value, one_by_one
from hub.wire.path import compiled


class _ModbusWire:
    """Stands for the client: pymodbus' framer over spoilt frames, without a socket."""

    def __init__(self, framing: str) -> None:
        self.framer = (FramerRTU if framing == "rtu" else FramerSocket)(_Undecoded())
        self.whole = 0.9 if framing == "rtu" else 0.6  # a checksum stops nearly every frame that was spoilt
        self.dice = Random(0)
        self.excepted = False

    async def ask(self, unit: int, pdu: bytes, *_: object) -> bytes:
        """Answer as a device does that has gone mad. Raises NoAnswer where the line would wait in vain."""
        dice = self.dice
        size = 2 * struct.unpack(">H", pdu[3:5])[0] if len(pdu) == 5 else 2
        answer = bytes([pdu[0], size & 0xFF]) + dice.randbytes(size)
        answer = answer if dice.random() < 0.4 else spoilt(dice, answer)
        frame = self.framer.encode(answer, unit, 7)
        frame = frame if dice.random() < self.whole else spoilt(dice, frame)
        while frame:
            used, reply = self.framer.handleFrame(frame, unit, 7)
            if reply is not None:
                found = bytes(reply.pdu)  # type: ignore[attr-defined]
                self.excepted |= found[:1] >= b"\x80"
                return found
            if not used:
                break
            frame = frame[used:]
        raise NoAnswer("no frame")


def _run(coroutine: Any) -> Any:
    """Return what a coroutine that never waits returns."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise RuntimeError("it waits")


def modbus(framing: str) -> Case:
    """Answers of a device, framed, into reads of every type. May raise NoAnswer."""
    types = ("int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64")
    written: list[dict[str, Any]] = [
        {"table": "holding", "register": 4 * n, "type": t, "order": o, "missing": [0xFFFF]}
        for n, (t, o) in enumerate((t, o) for t in types for o in ("abcd", "dcba"))
    ]
    written += [{"table": "holding", "register": 70, "type": "string", "length": 8}]
    written += [{"table": "input", "register": n, "bit": n} for n in range(16)]
    written += [{"table": "coil", "register": 3 * n} for n in range(9)]
    made = [MODBUS.address.model_validate(w) for w in written]
    points = tuple(BoundPoint(f"d/p{n}", "d", address) for n, address in enumerate(made))
    connection = MODBUS.connection.model_validate({"host": "127.0.0.1", "framing": framing})
    wire = _ModbusWire(framing)
    driver = ModbusDriver([BoundDevice("d", connection, points)])
    driver.client = wire  # type: ignore[assignment]

    def case(dice: Random) -> None:
        wire.dice = dice
        try:
            samples = one_by_one(_run(driver.read(points)))
        except NoAnswer:
            return
        finally:
            if wire.excepted:  # a refused read is halved for good; the next case begins anew
                driver._reads.clear()
                wire.excepted = False
        if {s.point for s in samples} != {p.id for p in points}:
            raise AssertionError("a point has no sample")
        for sample in samples:
            sound(sample.value)

    return case


_JSON = (
    b'{"v": 21.5, "t": 1700000000000, "w": [{"v": true}], "a": {"b": ["x", null]}}',
    b'{"time":"2026-03-01T09:34:15.775023242+00:00","object":{"smoke":false}}',
    b'"ON"', b"21.50", b"-0", b"online", b"[1,2,3]", b"\xef\xbb\xbf{}", b'{"v": 1e999}', b'{"v": "\\ud800"}',
    b"[" * 3000, b'{"v":' * 2000, b'{"v": ' + b"9" * 5000 + b"}", b"NaN", b"",
)  # fmt: skip


def mqtt() -> Case:
    """Payloads of any kind into points, times, events and strays; and what a path may be. May raise nothing."""
    place, event = MQTT.address.model_validate, MQTT.event
    assert event is not None
    addresses = [
        place({"path": "v", "time": "t", "time_format": "ms"}), place({"path": "w[0].v"}), place({}),
        place({"path": "object.smoke", "time": "time"}), place({"path": "a.b[-1]", "retained": "use"}),
    ]  # fmt: skip
    points = tuple(BoundPoint(f"a/p{n}", "a", address) for n, address in enumerate(addresses))
    told = event.model_validate({"key": "t", "where": {"v": 21.5}, "time": "t", "time_format": "s"})
    events = (EventMap("e", "device.message", told, {"v": "v", "b": "a.b[0]"}),)
    connection = MQTT.connection.model_validate({"host": "127.0.0.1", "topic": "site/{device}"})
    binding = Routes([BoundDevice("a", connection, points, events)]).bindings["site/a"]

    def case(dice: Random) -> None:
        good = dice.choice(_JSON)
        intake = Intake()
        binding.take("site/a", good if dice.random() < 0.1 else spoilt(dice, good), dice.random() < 0.2, intake, _now)
        for sample in intake.samples:
            sound(sample.value)
        try:
            compiled(spoilt(dice, b'a.b[0]["x y"].c').decode("latin-1"))({"a": {"b": [1]}})
        except ValueError:
            pass

    return case


def _now() -> int:
    return 1_772_000_000_000_000_000


def opcua_values() -> Case:
    """DataValues with anything inside, and values for variables of any type. May raise Refused from writing."""

    def case(dice: Random) -> None:
        status = dice.choice((None, SimpleNamespace(value=dice.choice((0, 0x80310000, dice.randrange(2**32))))))
        inside = dice.choice((None, SimpleNamespace(Value=_server_says(dice, 0))))
        stamp = dice.choice((None, datetime.min, datetime.max, datetime(1601, 1, 1), datetime(2026, 3, 1)))
        for part in opcua.decoded(SimpleNamespace(StatusCode=status, Value=inside, SourceTimestamp=stamp)):
            sound(part)
        wanted: Value = dice.choice((True, 0, 1, -1, 2**63 - 1, 1e300, float("nan"), "x", "", "2026-03-01T00:00:00Z"))
        try:
            opcua.encoded(wanted, dice.randrange(-1, 30))
        except Refused:
            pass

    return case


def _server_says(dice: Random, depth: int) -> Any:
    if depth < 3 and dice.random() < 0.15:
        return [_server_says(dice, depth + 1) for _ in range(dice.randrange(4))]
    text = spoilt(dice, "Báo cháy tầng 2".encode()).decode(errors="surrogateescape")
    return dice.choice((
        None, True, dice.randrange(-(2**70), 2**70), dice.random() * 10**300, float("nan"), float("-inf"), text,
        text * 500, dice.randbytes(20), datetime.max, datetime(1601, 1, 1), {"a": 1}, object(),
        SimpleNamespace(Text=text, Locale="vi"),
        SimpleNamespace(Text=None, Locale=None), SimpleNamespace(Name=text, NamespaceIndex=2), datetime(2026, 3, 1),
    ))  # fmt: skip


_SITE = """\
version: 1
site: {id: demo, name: {vi: "Chợ Thái", en: Market}, timezone: Asia/Ho_Chi_Minh}
zones: [{id: tn, at: [21.5, 105.8], zones: [{id: m}]}]
devices:
  - &panel {id: p, profile: fire/en54-modbus, zone: tn/m, with: {zones: 2}, interval: 500ms, mask: 0x0F, d: 2026-03-01}
  - {<<: *panel, id: q}
  - table: |
      id;zone
      t1;"tn"
"""


def yaml() -> Case:
    """Files of a site and tables of devices, damaged. May raise nothing: what is wrong is reported."""

    def case(dice: Random) -> None:
        text = spoilt(dice, _SITE.encode()).decode(errors="replace")
        parse(Source("x.yaml", split(text)), text, Report())
        list(cells(text))

    return case


TARGETS: dict[str, tuple[Callable[[], Case], float]] = {
    "modbus tcp": (lambda: modbus("tcp"), 0.2),
    "modbus rtu": (lambda: modbus("rtu"), 0.15),
    "mqtt": (mqtt, 0.25),
    "snmp traps": (traps, 0.125),
    "snmp usm": (usm, 0.01),
    "snmp words": (words, 0.02),
    "snmp values": (snmp_values, 0.1),
    "opcua values": (opcua_values, 0.075),
    "opcua messages": (opcua_messages, 0.05),
    "yaml": (yaml, 0.02),
}
"""What is fed, and its share of the cases: the slow ones get fewer."""
