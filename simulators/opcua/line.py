"""An OPC UA line on the wire: one server with every device behind its address, and what can go wrong with it."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from asyncua import Server, ua

from drivers.opcua.address import Connection
from hub.model import SECOND, Device, DeviceId, Point, PointId, SystemClock, Timestamp, Value
from simulators.base import LOOPBACK, Line, Override
from simulators.faults import Faults
from simulators.opcua.builtin import moment, named, status
from simulators.opcua.certificate import identity
from simulators.opcua.conditions import Conditions
from simulators.opcua.nodes import Builder, Variable
from simulators.opcua.notifier import Notifier
from simulators.opcua.space import made, port_of
from simulators.process import Process
from simulators.raw import fits
from simulators.relay import Relay, Weather

log = structlog.get_logger(__name__)

URI = "urn:citywatch:simulated:server"


class OpcuaLine(Line):
    """One simulated server. Silence, cuts and delays are those of the whole line; the rest is each device's own."""

    faults_known = frozenset(
        {
            "silence",
            "cut",
            "delay",
            "half_frames",
            "garbage",
            "frozen",
            "clock",
            "status",
            "reboot",
            "expired_certificate",
        }
    )

    def __init__(self, devices: Sequence[Device], process: Process, faults: Faults) -> None:
        super().__init__(devices, process, faults)
        self.certificate = b""
        """What the server proves itself with now (DER)."""
        self.starts = 0
        """How often the server has started; each start forgets every session."""
        self._connection: Connection = devices[0].connection
        self._conditions = Conditions(devices, process, faults, lambda: uuid4().bytes)
        self._relay = Relay(Weather(self._broken, self._late))
        self._server: Server | None = None
        self._variables: list[Variable] = []
        self._notifier: Notifier | None = None
        self._shown: dict[ua.NodeId, ua.DataValue] = {}
        self._taken: set[ua.NodeId] = set()
        self._anew = False
        self._now: Timestamp = 0
        self._expired = False
        self._restart = False
        self._warned: set[PointId] = set()
        self._wake, self._idle = asyncio.Event(), asyncio.Event()
        self._worker: asyncio.Task[None] | None = None

    async def start(self) -> Override:
        """Build the server and listen on a free loopback port. Raises OSError."""
        port = await self._relay.start(await self._up())
        self._worker = asyncio.create_task(self._work(), name="opcua-simulator")
        return Override(LOOPBACK, port)

    async def stop(self) -> None:
        """Close the listener, every connection and the server."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker
        await self._relay.stop()
        await self._down()

    def tick(self, now: Timestamp) -> None:
        """Show what the process says now."""
        self._now = now
        self._idle.clear()
        self._wake.set()

    def changed(self, point: PointId, now: Timestamp) -> None:
        """Show at once; a variable that a client wrote is the process' again."""
        for variable in self._variables:
            if variable.node in self._taken and any(p.id == point for p in variable.points):
                self._taken.discard(variable.node)
                self._shown.pop(variable.node)
        self.tick(now)

    def disturbed(self, device: DeviceId, now: Timestamp) -> None:
        """Drop connections on a cut; start the server anew on a reboot and with another certificate."""
        if self._broken("cut"):
            self._relay.drop()
        if self.faults.of(device, "reboot") is not None:
            self.faults.end(device, "reboot")
            self._restart = True
        self._restart = self._restart or self._broken("expired_certificate") is not self._expired
        self._anew = True
        self.tick(now)

    async def settled(self) -> None:
        """Wait until everything that was asked for is on the wire."""
        await self._idle.wait()

    def _broken(self, *kinds: str) -> bool:
        return any(self.faults.any_of(device.id, *kinds) for device in self.devices)

    def _late(self) -> float:
        found = (self.faults.of(device.id, "delay") for device in self.devices)
        return max((fault.args["seconds"] for fault in found if fault), default=0.0)

    async def _up(self) -> int:
        """Start a server with the nodes of every device; return its port, which only the relay knows."""
        self._expired = self._broken("expired_certificate")
        proof = await asyncio.to_thread(identity, URI, SystemClock().now(), expired=self._expired)
        self.certificate = proof.certificate
        server = self._server = await made(URI, urlsplit(self._connection.url).path or "/", proof)
        self._variables = await Builder(server, self._called).build(self.devices)
        self._notifier = Notifier(
            server, self._conditions.alarms, lambda alarm: self._time(self._conditions.device(alarm))
        )
        await self._notifier.build()
        self._shown.clear()
        self._taken.clear()
        await server.start()
        self.starts += 1
        return port_of(server)

    async def _down(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.stop()

    async def _work(self) -> None:
        """Do what was asked for, one thing after the other: the library writes in coroutines only."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._restart:
                self._restart = False
                self._relay.drop()
                await self._down()
                self._relay.turn(await self._up())
            await self._show()
            if not self._wake.is_set():
                self._idle.set()

    async def _show(self) -> None:
        if self._server is None or self._notifier is None or not self._now:
            return
        for variable in self._variables:
            await self._show_variable(self._server, variable)
        self._anew = False
        for alarm, told in self._conditions.step(self._now, self._time):
            await self._notifier.tell(alarm, told)

    async def _show_variable(self, server: Server, variable: Variable) -> None:
        device = variable.points[0].device
        before = self._shown.get(variable.node)
        if before is not None:
            if server.iserver.read_attribute_value(variable.node) is not before:
                self._taken.add(variable.node)
            if variable.node in self._taken or self.faults.any_of(device, "frozen"):
                return
        said = self._said(variable, device)
        if said is None or (before is not None and not self._anew and _same(before, said)):
            return
        await server.write_attribute_value(variable.node, said)
        self._shown[variable.node] = server.iserver.read_attribute_value(variable.node)

    def _said(self, variable: Variable, device: DeviceId) -> ua.DataValue | None:
        """Return what the variable says now, or None when it cannot say what the process has."""
        at = moment(self._time(device))
        found = self.faults.of(device, "status")
        if found is not None:
            code = status(int(found.args["code"]))
            return ua.DataValue(ua.Variant(None), code, SourceTimestamp=at)
        try:
            raw = variable.voice.raw(lambda p: self.process.value(p, self._now), self.process.held)
            value = ua.Variant(_typed(raw, variable.type), variable.type)
        except (ValueError, TypeError) as problem:
            self._warn(variable.points[0], str(problem))
            return None
        return ua.DataValue(value, SourceTimestamp=at)

    def _time(self, device: DeviceId) -> Timestamp:
        """Return what the device's own clock says."""
        fault = self.faults.of(device, "clock")
        return self._now + (round(fault.args["seconds"] * SECOND) if fault else 0)

    def _called(self, point: Point, given: Sequence[Any]) -> ua.StatusCode:
        """Take a method call: the point holds what was given, or true."""
        value: Value = given[0] if given else True
        if not fits(point, value):
            return named("BadTypeMismatch")
        self.process.hold(point, value, self._now)
        return ua.StatusCode()

    def _warn(self, point: Point, problem: str) -> None:
        if point.id not in self._warned:
            self._warned.add(point.id)
            log.warning("a simulated point cannot hold its value", point=point.id, problem=problem)


def _same(one: ua.DataValue, other: ua.DataValue) -> bool:
    return bool(one.Value == other.Value and one.StatusCode == other.StatusCode)


_WHOLE = {"Byte": (0, 255), "Int32": (-(2**31), 2**31 - 1), "UInt32": (0, 2**32 - 1), "Int64": (-(2**63), 2**63 - 1)}


def _typed(raw: Value, kind: ua.VariantType) -> Value:
    """Return a raw value as the variable's type takes it. Raises ValueError."""
    if kind.name == "Boolean":
        return bool(raw)
    if kind.name == "String":
        return str(raw)
    if kind.name in ("Double", "Float"):
        return float(raw)
    least, most = _WHOLE.get(kind.name, (0, 2**16 - 1))
    number = round(float(raw)) if isinstance(raw, float) else int(raw)
    if not least <= number <= most:
        raise ValueError(f"{number} does not fit into {kind.name}")
    return number
