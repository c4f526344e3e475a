"""What the exam of drivers needs of each protocol: a server that can be up, down and mute, and devices to speak to.

To enter a driver: write a `Rig` for it and add it to `RIGS`. Everything listens on a free loopback port that stays the
same while the rig lives, so that `down` and `up` look like an outage to the driver.
"""

import asyncio
import os
import shutil
import signal
import socket
import tempfile
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from drivers.base import BoundDevice, BoundPoint, DriverSpec
from drivers.modbus import SPEC as MODBUS
from drivers.mqtt import SPEC as MQTT
from drivers.opcua import SPEC as OPCUA
from drivers.snmp import SPEC as SNMP
from drivers.snmp.traps_spec import SPEC as TRAPS
from hub.model import SystemClock
from hub.wire.certificates import FOLDER, Certificates
from simulators.relay import Relay, Weather
from tests.contract.onvif import ONVIF_RIGS
from tests.support import mosquitto, opcua_server, opcua_shared, snmpd
from tests.support.broken_modbus import BrokenModbus, good, never
from tests.unit.snmp.messages import trap_v2

Example = tuple[dict[str, object], object, object]


class Rig(Protocol):
    """One protocol's place of examination."""

    spec: DriverSpec
    heavy: str
    """A module that must not be imported before the driver is used."""
    example: Example
    """An address, a raw value as a profile writes it, and what a sample would carry."""

    async def up(self) -> None:
        """Let the server listen; the same port each time."""
        ...

    async def down(self) -> None:
        """Stop listening and drop every connection; safe to call twice."""
        ...

    async def mute(self) -> None:
        """Keep the connection, but answer nothing from now on."""
        ...

    async def speak(self) -> None:
        """Let every device say every point once (only for drivers that are told)."""
        ...

    def devices(self) -> Sequence[BoundDevice]:
        """Return devices of one line, at least two (of a receiver one), with at least three points each."""
        ...


class ModbusRig:
    spec = MODBUS
    heavy = "pymodbus"
    example: Example = ({"table": "holding", "register": 0, "type": "int16"}, [0xFFFE], -2)

    def __init__(self, framing: str = "tcp") -> None:
        self._framing = framing
        self._broken = BrokenModbus(framing == "rtu")
        self._server: asyncio.Server | None = None
        self._port = 0

    async def up(self) -> None:
        self._broken.script = [good]
        self._server = await asyncio.start_server(self._broken, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._broken.hang_up()
            self._server = None

    async def mute(self) -> None:
        self._broken.script = [never]

    async def speak(self) -> None:
        raise NotImplementedError("Modbus devices are asked")

    def devices(self) -> Sequence[BoundDevice]:
        return [self._device("one", 1), self._device("two", 2)]

    def _device(self, name: str, unit: int) -> BoundDevice:
        given = {"host": "127.0.0.1", "port": self._port, "unit": unit, "framing": self._framing}
        addresses = [("a", 1, "holding"), ("b", 40, "holding"), ("c", 3, "input"), ("d", 9, "coil")]
        points = tuple(
            BoundPoint(f"{name}/{p}", name, self.spec.address.model_validate({"table": table, "register": n}))
            for p, n, table in addresses
        )
        return BoundDevice(name, self.spec.connection.model_validate(given), points, timeout=0.5)


class MqttRig:
    spec = MQTT
    heavy = "paho"
    example: Example = ({"path": "a.b[0]"}, '{"a": {"b": [21.5]}}', 21.5)

    def __init__(self, version: int | str) -> None:
        if reason := mosquitto.available():
            pytest.skip(reason)
        self._version = version
        folder = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._broker = mosquitto.Mosquitto(Path(folder))

    async def up(self) -> None:
        await asyncio.to_thread(self._broker.start)

    async def down(self) -> None:
        await asyncio.to_thread(self._broker.stop, signal.SIGKILL)

    async def mute(self) -> None:
        os.kill(self._broker.pid, signal.SIGSTOP)

    async def speak(self) -> None:
        for device in self.devices():
            name = device.id
            await asyncio.to_thread(self._broker.publish, f"exam/{name}", '{"a": 21.5, "b": {"c": [true]}}')
            await asyncio.to_thread(self._broker.publish, f"exam/{name}/switch", "ON")

    def devices(self) -> Sequence[BoundDevice]:
        return [self._device("one"), self._device("two")]

    def _device(self, name: str) -> BoundDevice:
        given = {"host": "127.0.0.1", "port": self._broker.port, "version": self._version, "topic": "exam/{device}"}
        addresses = {"a": {"path": "a"}, "c": {"path": "b.c[0]"}, "switch": {"topic": "{topic}/switch"}}
        points = tuple(
            BoundPoint(f"{name}/{p}", name, self.spec.address.model_validate(a)) for p, a in addresses.items()
        )
        return BoundDevice(name, self.spec.connection.model_validate(given), points, timeout=2.0, site="exam")


class SnmpRig:
    spec = SNMP
    heavy = "gufo"
    example: Example = ({"oid": "1.3.6.1.2.1.1.5.0", "type": "string"}, "exam", "exam")

    def __init__(self, version: int | str) -> None:
        if reason := snmpd.available():
            pytest.skip(reason)
        self._version = version
        folder = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._agent = snmpd.Snmpd(Path(folder))

    async def up(self) -> None:
        await asyncio.to_thread(self._agent.start)

    async def down(self) -> None:
        await asyncio.to_thread(self._agent.stop)

    async def mute(self) -> None:
        os.kill(self._agent.pid, signal.SIGSTOP)

    async def speak(self) -> None:
        raise NotImplementedError("SNMP agents are asked")

    def devices(self) -> Sequence[BoundDevice]:
        return [self._device("one"), self._device("two")]

    def _device(self, name: str) -> BoundDevice:
        place = {"host": "127.0.0.1", "port": self._agent.port}
        connection = self.spec.connection.model_validate({**place, **snmpd.sign_in(self._version)})
        addresses: dict[str, dict[str, object]] = {
            "uptime": {"oid": "1.3.6.1.2.1.1.3.0", "type": "ticks"},
            "name": {"oid": "1.3.6.1.2.1.1.5.0", "type": "string"},
            "nothing": {"oid": "1.3.6.1.2.1.1.99.0"},
            "port": {
                "table": "1.3.6.1.2.1.2.2.1",
                "column": 8,
                "row": {"column_oid": "1.3.6.1.2.1.2.2.1.2", "equals": "lo"},
            },
            "ports": {"table": "1.3.6.1.2.1.2.2.1", "column": 1, "fold": "count"},
        }
        points = tuple(
            BoundPoint(f"{name}/{p}", name, self.spec.address.model_validate(a)) for p, a in addresses.items()
        )
        return BoundDevice(name, connection, points, timeout=0.6)


class TrapRig:
    """Nobody is asked here: the receiver is down when somebody else has its port, and can never be lost."""

    spec = TRAPS
    heavy = "pysnmp"
    listens = True
    example: Example = ({"count": "traps"}, 12, 12)

    def __init__(self) -> None:
        self._port = snmpd.free_port()
        self._squatter: socket.socket | None = None

    async def up(self) -> None:
        await self.down()
        if self._squatter is not None:
            self._squatter.close()
            self._squatter = None

    async def down(self) -> None:
        if self._squatter is None:
            self._squatter = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            weakref.finalize(self, self._squatter.close)
            self._squatter.bind(("127.0.0.1", self._port))

    async def mute(self) -> None:
        """Devices that have nothing to tell."""

    async def speak(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
            agent.sendto(trap_v2(), ("127.0.0.1", self._port))

    def devices(self) -> Sequence[BoundDevice]:
        given = {"port": self._port, "communities": ["public"], "sources": {"switch": "127.0.0.1"}}
        points = tuple(
            BoundPoint(f"traps/{name}", "traps", self.spec.address.model_validate({"count": name}))
            for name in ("traps", "informs", "unknown")
        )
        return [BoundDevice("traps", self.spec.connection.model_validate(given), points)]


class OpcUaRig:
    """A server of another library, in a process of its own, behind a relay."""

    spec = OPCUA
    heavy = "asyncua"
    example: Example = ({"node": "ns=2;s=Temperature"}, 21.5, 21.5)

    def __init__(self) -> None:
        self._server = opcua_shared.shared()
        self._state = Path(tempfile.mkdtemp())
        weakref.finalize(self, shutil.rmtree, self._state, ignore_errors=True)
        kept = Certificates(self._state / FOLDER)
        kept.make("Exam", SystemClock().now())
        kept.trust(self._server.certificate)
        self._silent = False
        self._relay = Relay(Weather(lambda kind: kind == "silence" and self._silent))
        self._round = 0

    async def up(self) -> None:
        self._silent = False
        await self._relay.start(self._server.port)

    async def down(self) -> None:
        await self._relay.stop()

    async def mute(self) -> None:
        self._silent = True

    async def speak(self) -> None:
        self._round += 1
        values = {"Temperature": self._round, "Level": self._round, "Count": self._round, "Int": self._round}
        await self._server.order("set", values)

    def devices(self) -> Sequence[BoundDevice]:
        return [self._device("one", "Temperature", "Count", "Flag"), self._device("two", "Level", "Int", "Name")]

    def _device(self, name: str, *variables: str) -> BoundDevice:
        url = f"opc.tcp://127.0.0.1:{self._relay.port}/foreign"
        connection = self.spec.connection.model_validate(
            {"url": url, "user": opcua_server.USER, "password": opcua_server.PASSWORD, "interval": "50ms"}
        )
        points = tuple(
            BoundPoint(
                f"{name}/{v}", name, self.spec.address.model_validate({"node": self._node(v), "sampling": "50ms"})
            )
            for v in variables
        )
        return BoundDevice(name, connection, points, timeout=2.0, site="exam", state=str(self._state))

    def _node(self, variable: str) -> str:
        return f"nsu={self._server.namespace};s={variable}"


RIGS: dict[str, Callable[[], Rig]] = {
    "modbus": ModbusRig,
    "modbus-rtu": lambda: ModbusRig("rtu"),
    "mqtt-5": lambda: MqttRig(5),
    "mqtt-3.1.1": lambda: MqttRig("3.1.1"),
    **ONVIF_RIGS,
    "opcua": OpcUaRig,
    "snmp-3": lambda: SnmpRig(3),
    "snmp-2c": lambda: SnmpRig("2c"),
    "snmp-1": lambda: SnmpRig(1),
    "snmp-trap": TrapRig,
}
