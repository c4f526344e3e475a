"""One agent on the wire: a UDP port at a loopback address of its own, its objects, and what can go wrong with it."""

import asyncio
from collections.abc import Sequence
from functools import partial
from hashlib import blake2b
from typing import Any, cast

import structlog

from drivers.snmp.connection import Connection
from hub.model import SECOND, Device, SystemClock, Timestamp
from simulators.faults import Faults
from simulators.process import Process
from simulators.snmp import community
from simulators.snmp.engine import Identity, Person, Where, shared
from simulators.snmp.objects import Objects
from simulators.snmp.responder import respond
from simulators.snmp.tree import Cell, Name
from simulators.snmp.wire import encoded, wrongly

log = structlog.get_logger(__name__)

LONGEST_LEAP = 2 * SECOND
"""How far an agent lets time run on by itself between two ticks."""
RECKONED = 4 * SECOND
"""How long a rate is taken to have been the same: counters grow by it when they are reckoned."""
ENTERPRISE = bytes.fromhex("80007ed905")
"""Beginning of an engine id under the number set aside for documents (RFC 5612), ending in octets (RFC 3411 5)."""


class Agent(asyncio.DatagramProtocol):
    """Plays every device behind one address and one way of signing in."""

    def __init__(self, devices: Sequence[Device], process: Process, faults: Faults, now: Timestamp) -> None:
        self.connection: Connection = devices[0].connection
        self.objects = Objects(devices, process, now)
        self.identity = Identity(ENTERPRISE + blake2b(devices[0].id.encode(), digest_size=8).digest())
        self.asked = 0
        """Requests that were meant for it."""
        self.informs: dict[int, asyncio.Event] = {}
        """Request ids of informs that wait to be confirmed."""
        self.confirming = 0
        """Informs of version 3 that wait to be confirmed."""
        self._devices = tuple(d.id for d in devices)
        self._faults = faults
        self.person = Person(self.connection.user or "", self.connection.auth, self.connection.privacy)
        self._clock = SystemClock()
        self._now, self._ticked = now, self._clock.monotonic()
        self._due = now + self.identity.engine[-1] % 8 * RECKONED // 8
        self._transport: asyncio.DatagramTransport | None = None
        self._frozen: dict[Name, Any] = {}
        self._set: dict[Name, Any] = {}
        """What managers have set; it stays until a scenario sets a point or the agent reboots."""
        self._warned: set[Name] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the port."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def sign_on(self) -> None:
        """Let the user of the connection in."""
        if self.connection.version == community.V3:
            shared().know(self.identity, self.person)

    def sign_off(self) -> None:
        """Leave nothing behind in the engine that all agents share."""
        if self.connection.version == community.V3:
            shared().forget(self.identity, self.person)

    def tick(self, now: Timestamp, *, news: bool = True) -> None:
        """Let time pass; without `news` counters are left to grow until somebody asks, or for four seconds."""
        self._now, self._ticked = now, self._clock.monotonic()
        if news or now >= self._due:
            self._due = now + RECKONED
            self.objects.refresh(now)
        if not self._any("frozen"):
            self._frozen.clear()

    def reboot(self, now: Timestamp) -> None:
        """Start anew: one boot more, the clock at nothing, other row indexes, counters that begin again."""
        self.identity.boots += 1
        self._set.clear()
        self.objects.restart(now)

    def take_back(self) -> None:
        """Forget what managers have set: somebody else says now how things are."""
        self._set.clear()

    def datagram_received(self, data: bytes, addr: Where) -> None:
        """Answer a request as the faults let it."""
        if self._any("silence", "cut"):
            return
        version = community.version_of(data)
        if version == community.V3 and (self.confirming or self.connection.version == community.V3):
            for message, where in shared().answer(self.as_now(), data, addr, self._respond):
                self._deliver(message, where)
        elif version in community.VERSIONS and self.connection.community is not None:
            self._hear(data, version, addr)

    def send(self, message: bytes, where: Where) -> None:
        """Send a message from the agent's own address."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(message, where)

    def uptime(self) -> int:
        """Return sysUpTime."""
        return int(self.objects.uptime(self.time()))

    def time(self) -> Timestamp:
        """Return the time as the agent has it: the last tick's, run on by what has passed since."""
        return self._now + min(self._clock.monotonic() - self._ticked, LONGEST_LEAP)

    def shown(self, cell: Cell) -> Any:
        """Return a cell's value as it is now; None when the agent cannot say it."""
        return self._show(self.time(), cell)

    def _hear(self, data: bytes, version: int, addr: Where) -> None:
        secret = self.connection.community.get_secret_value() if self.connection.community else ""
        answer = community.answered(data, version, secret, self._respond)
        if isinstance(answer, bytes):
            self._deliver(answer, addr)
        elif answer in self.informs:
            self.informs[answer].set()

    def _respond(self, pdu: Any) -> Any:
        self.asked += 1
        refusal = self._argument("exception", "code")
        return respond(pdu, self.objects.tree, partial(self._show, self.time()), self._take, int(refusal or 0))

    def _take(self, cell: Cell, value: Any) -> None:
        self._set[cell.name] = value

    def _show(self, now: Timestamp, cell: Cell) -> Any:
        """Return a cell's value in pysnmp's type; None when the agent cannot say it."""
        if cell.name in self._frozen:
            return self._frozen[cell.name]
        if cell.name in self._set:
            return self._set[cell.name]
        try:
            raw = cell.read(now)
            shown = wrongly(cell.type, raw) if self._any("wrong_type") else encoded(cell.type, raw)
        except ValueError as problem:
            if cell.name not in self._warned:
                self._warned.add(cell.name)
                log.warning("a simulated agent cannot say a value", name=cell.name, problem=str(problem))
            return None
        if self._any("frozen"):
            self._frozen[cell.name] = shown
        return shown

    def as_now(self) -> Identity:
        """Return who the agent is, with its clock as it stands."""
        off = self._argument("clock", "seconds") or 0
        self.identity.time = max(0, (self.time() - self.objects.began) // SECOND + int(off))
        return self.identity

    def _deliver(self, message: bytes, where: Where) -> None:
        late = self._argument("delay", "seconds")
        spoilt = self._spoilt(message)
        if late is None:
            self.send(spoilt, where)
        else:
            asyncio.get_running_loop().call_later(late, self.send, spoilt, where)

    def _spoilt(self, message: bytes) -> bytes:
        if self._any("half_frames"):
            return message[: len(message) // 2]
        return bytes(byte ^ 0xA5 for byte in message) if self._any("garbage") else message

    def _any(self, *kinds: str) -> bool:
        return any(self._faults.any_of(device, *kinds) for device in self._devices)

    def _argument(self, kind: str, name: str) -> float | None:
        found = (self._faults.of(device, kind) for device in self._devices)
        return next((fault.args[name] for fault in found if fault), None)
