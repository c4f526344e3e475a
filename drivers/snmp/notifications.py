"""The receiver of traps and informs: one UDP port, and everything that the site's devices say on it.

Who is no device of the site is counted and not read; who says too much is counted and not read. Versions 1 and 2c are
read by `trap`, version 3 by `usm`. An inform is answered when what it told is durable; a trap has nobody to tell.
A notification is a hint: versions 1 and 2c are unproven, and any may be lost. What holds is what a poll finds.
"""

import asyncio
import hashlib
import socket
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from hmac import compare_digest

from msgspec import Struct, field

from drivers.base import BoundDevice, BoundPoint, Sink
from drivers.snmp import trap
from drivers.snmp.answers import Answer, Answers
from drivers.snmp.ber import Malformed
from drivers.snmp.meaning import Meanings
from drivers.snmp.port import Batch, Port, Where
from drivers.snmp.reports import Reports
from drivers.snmp.sources import Source, Sources
from drivers.snmp.trap import Notification
from drivers.snmp.traps_address import Address, Connection
from drivers.snmp.usm import Unproven, Usm
from hub.metrics import Figure
from hub.model import (
    MINUTE,
    Clock,
    DeviceId,
    Intake,
    Misconfigured,
    Refused,
    Sample,
    Stray,
    SystemClock,
    Unreachable,
    Value,
)

KEPT = 4096
"""Bytes of a stray that are kept."""
PERIOD = 10.0
"""Seconds between two reports of what the receiver has counted."""
ENTERPRISE = bytes.fromhex("80004fb805")
"""Beginning of an engine id of pysnmp's enterprise that ends in octets of our own (RFC 3411 5)."""
COUNTED = {
    "traps": "Traps received and believed",
    "informs": "Informs received and believed",
    "answers": "Informs answered, each after it was durable",
    "repeated": "Informs that were met before",
    "unmatched": "Notifications that are no event of the profile",
    "unknown": "Messages from hosts of no device, not read",
    "flooded": "Messages beyond the rate of their source, not read",
    "refused": "Messages that nobody could prove",
    "damaged": "Messages that are no notification",
    "overrun": "Messages that the kernel dropped because nobody read them in time",
}


class _Round(Struct):
    """What one read of the port gives."""

    at: int
    """Monotonic time."""
    intake: Intake = field(default_factory=Intake)
    informs: list[str] = field(default_factory=list)


class TrapDriver:
    """One receiver; a line has exactly one."""

    def __init__(self, devices: Sequence[BoundDevice], *, clock: Clock | None = None) -> None:
        if len(devices) > 1:
            names = " and ".join(device.id for device in devices)
            raise Misconfigured(f"{names} listen on the same port; keep one receiver and give it both's sources")
        self._device = devices[0]
        self._connection: Connection = devices[0].connection
        self._clock = clock or SystemClock()
        self._communities = [c.get_secret_value().encode() for c in self._connection.communities]
        self._meanings = Meanings(self._device.id, self._device.events)
        self._hosts = hosts_of(self._device)
        self.engine_id = _engine_id(self._device)
        self.sources = Sources({}, self._connection.rate, 0)
        self._answers = Answers()
        self._reports = Reports(self._device.id)
        self._counts = dict.fromkeys(("traps", "informs", "unmatched", "refused", "damaged"), 0)
        self._port: Port | None = None
        self._usm: Usm | None = None

    async def open(self) -> None:
        """Find the sources' addresses and take the port. Raises Unreachable, Misconfigured."""
        found = [(device, await _addresses(host)) for device, host in self._hosts.items()]
        devices = {address: device for device, addresses in found for address in addresses}
        self.sources = Sources(devices, self._connection.rate, self._clock.monotonic(), self.sources)
        self._port = Port(self._connection.listen, self._connection.port)
        if self._connection.users and self._usm is None:
            boots = self._clock.now() // MINUTE
            self._usm = await asyncio.to_thread(Usm, self._connection.users, self.engine_id, boots, self._send)

    async def read(self, points: Sequence[BoundPoint]) -> list[Sample]:
        """Return what the receiver has counted."""
        return [Sample(point.id, self._observed(point.address)) for point in points]

    async def subscribe(self, sink: Sink) -> None:
        """Hand over until cancelled. Raises Unreachable when the port is not open."""
        port = self._port
        if port is None:
            raise Unreachable("the port is not open")
        port.listen(partial(self._hear, sink))
        try:
            while True:
                sink.take(Intake(await self.read(self._device.points)))
                await asyncio.sleep(PERIOD)
        finally:
            port.deafen()

    async def write(self, point: BoundPoint, value: Value) -> None:
        """Refuse: a receiver only listens. Raises Refused."""
        del value
        raise Refused("not_writable", f"{point.id} is counted by the receiver of traps, and cannot be set")

    async def close(self) -> None:
        """Leave the port."""
        if self._port is not None:
            self._port.close()
            self._port = None

    def figures(self) -> Iterable[Figure]:
        """Return what this receiver has counted."""
        labels = {"line": self._device.id}
        for name, words in COUNTED.items():
            yield Figure(f"citywatch_snmp_receiver_{name}", words, self.count(name), labels, total=True)

    def count(self, name: str) -> int:
        """Return one of the counts named in `COUNTED`."""
        others = {
            "unknown": self.sources.unknown,
            "flooded": self.sources.flooded,
            "answers": self._answers.sent,
            "repeated": self._answers.repeated,
            "overrun": self._port.overrun if self._port else 0,
        }
        return others[name] if name in others else self._counts[name]

    def _observed(self, address: Address) -> Value:
        if address.count == "strangers":
            return self.sources.named()
        return self.engine_id.hex() if address.count == "engine" else self.count(address.count)

    def _hear(self, sink: Sink, batch: Batch) -> None:
        """Make one intake of what was read together."""
        this = _Round(self._clock.monotonic())
        for message, where in batch:
            self._admit(message, where, this)
        if this.informs:
            this.intake.release = partial(self._answers.release, this.informs)
        if this.intake.events or this.intake.strays or this.informs:
            sink.take(this.intake)

    def _admit(self, message: bytes, where: Where, this: _Round) -> None:
        source = self.sources.of(where[0])
        if source is None:
            self._suspect(where, "unknown_source", this)
        elif source.admits(this.at):
            try:
                self._take(message, where, source, this)
            except Malformed as why:
                self._counts["damaged"] += 1
                self._set_aside(source, where, str(why), message, this)
            except Unproven as why:
                self._counts["refused"] += 1
                self._suspect(where, str(why), this)

    def _take(self, message: bytes, where: Where, source: Source, this: _Round) -> None:
        """Take a message of a source. Raises Malformed, Unproven."""
        said, answer = self._proven(message, where, this.at)
        if said is None:
            return
        self._counts["informs" if said.confirmed else "traps"] += 1
        key = None
        if answer is not None:
            key = f"{where[0]}:{where[1]}/{said.request}/{said.uptime}/{said.oid.hex()}"
            if not self._answers.first(key, answer):
                return
            this.informs.append(key)
        event = self._meanings.event(source.device, said, self._clock.now(), key)
        if event is None:
            self._counts["unmatched"] += 1
            self._set_aside(source, where, "no event of the profile has this OID", message, this)
        else:
            this.intake.events.append(event)

    def _proven(self, message: bytes, where: Where, at: int) -> tuple[Notification | None, Answer | None]:
        """Return a notification that may be believed, and how to answer it. Raises Malformed, Unproven."""
        version = trap.version_of(message)
        if version == trap.V3:
            if self._usm is None:
                raise Unproven("version 3, and the receiver has no users")
            proven = self._usm.receive(message, where, at)
            return (None, None) if proven is None else (proven.said, proven.answer)
        said = trap.read(message)
        if not sum(compare_digest(said.community, community) for community in self._communities):
            raise Unproven("a community that is not in the configuration")
        return said, None if said.answer is None else partial(self._send, said.answer, where)

    def _send(self, message: bytes, where: Where) -> None:
        if self._port is not None:
            self._port.send(message, where)

    def _suspect(self, where: Where, why: str, this: _Round) -> None:
        event = self._reports.of(where[0], why, self._clock.now(), this.at)
        if event is not None:
            this.intake.events.append(event)

    def _set_aside(self, source: Source, where: Where, why: str, message: bytes, this: _Round) -> None:
        stray = Stray(source.device, f"snmp {where[0]}", why, message[:KEPT], self._clock.now())
        this.intake.strays.append(stray)


def hosts_of(device: BoundDevice) -> Mapping[DeviceId, str]:
    """Return where each device's notifications come from: what `sources` says, else the host of an snmp device.

    Raises Misconfigured.
    """
    said = device.connection.sources
    strange = [name for name in said if device.neighbours and name not in device.neighbours]
    if strange:
        raise Misconfigured(f"sources of {device.id} names {strange[0]}, which is no enabled device of the site")
    taken: dict[str, DeviceId] = {host: name for name, host in said.items()}
    for name, neighbour in device.neighbours.items():
        if neighbour.driver == "snmp" and name not in said and neighbour.host not in said.values():
            other = taken.setdefault(neighbour.host, name)
            if other != name:
                cure = f"say in sources of {device.id} whose notifications come from there"
                raise Misconfigured(f"{other} and {name} are both at {neighbour.host}; {cure}")
    return {name: host for host, name in taken.items()}


async def _addresses(host: str) -> set[str]:
    """Return every address of a host as it appears on messages. Raises Unreachable."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except OSError as why:
        raise Unreachable(f"the name {host!r} of a source is not known: {why.strerror}") from why
    return {str(entry[4][0]) for entry in found}


def _engine_id(device: BoundDevice) -> bytes:
    connection: Connection = device.connection
    if connection.engine is not None:
        return bytes.fromhex(connection.engine)
    return ENTERPRISE + hashlib.blake2b(f"{device.site}/{device.id}".encode(), digest_size=8).digest()
