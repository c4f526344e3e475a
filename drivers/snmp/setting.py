"""Setting one object of an agent (SET, RFC 3416 4.2.5), which gufo.snmp cannot: the one thing that pysnmp asks agents.

An engine of pysnmp's costs a tenth of a second of processor time, so it is made in a thread, for one SET, and thrown
away: commands are rare, and nobody's keys outlive them. The object is read first, as the one who may set it: that finds
the agent's engine, proves the sign-in before anything is changed, and shows the type that the agent wants. The SET
itself is sent once; whoever sent it twice could switch twice.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from pyasn1.error import PyAsn1Error
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413 import cmdgen
from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch.asyncio import CommunityData, Udp6TransportTarget, UdpTransportTarget, UsmUserData
from pysnmp.hlapi.v3arch.asyncio.lcd import CommandGeneratorLcdConfigurator
from pysnmp.proto import errind, rfc1902, rfc1905

from drivers.snmp.connection import Connection
from drivers.snmp.spoken import STATUSES
from drivers.snmp.usm import AUTH, PRIVACY
from hub.model import NoAnswer, Refused, Value

MEANINGS = {
    "noSuchName": "it has no such object, or the community may not set it",
    "noAccess": "who sets it may not see it: give that user or community a view that holds it",
    "authorizationError": "who sets it may not: give that user or community the right to write",
    "notWritable": "it cannot be set, or who sets it may only read: look at the agent's write access",
    "wrongType": "the agent wants another type: correct `type` in the point's address",
    "wrongValue": "the agent does not take this value",
    "badValue": "the agent does not take this value",
    "inconsistentValue": "the agent does not take this value in the state it is in",
    "noCreation": "it has no such object",
}
UNKNOWN_AFTER = frozenset({"commitFailed", "undoFailed", "genErr"})
"""After these nobody knows what the agent did."""
TYPES: dict[str, Callable[[Any], Any]] = {
    "integer": rfc1902.Integer32, "enum": rfc1902.Integer32, "gauge": rfc1902.Gauge32, "ticks": rfc1902.TimeTicks,
    "string": lambda text: rfc1902.OctetString(text.encode()), "oid": rfc1902.ObjectIdentifier,
    "ip": rfc1902.IpAddress, "mac": lambda text: rfc1902.OctetString(bytes.fromhex(text.replace(":", ""))),
}  # fmt: skip
"""What can be set, and how it is written; counters, floats and dates are only read."""
NUMBERS = frozenset({"integer", "enum", "gauge", "ticks"})
_ABSENT = (rfc1905.NoSuchObject, rfc1905.NoSuchInstance)
_Answer = tuple[Any, int, Any]


async def set_object(connection: Connection, oid: str, type_: str, value: Value, patience: float) -> None:
    """Set an object to a raw value. Raises Refused when nothing was changed, NoAnswer when nobody knows."""
    where = f"{oid} of {connection.host}:{connection.port}"
    wanted = None if type_ == "auto" else written(type_, value, where)
    asker = _Asker(await asyncio.to_thread(SnmpEngine), connection, patience)
    try:
        await asker.open()
        before = await asker.ask(cmdgen.GetCommandGenerator(), oid, rfc1902.Null(""))
        kind = _accepted(before, where, sent=False)
        if wanted is None:
            wanted = _like(kind, value, where)
        after = await asker.ask(cmdgen.SetCommandGenerator(), oid, wanted)
        _accepted(after, where, sent=True)
    except (PyAsn1Error, PySnmpError, OSError) as why:
        raise Refused("unreachable", f"{where} could not be asked: {why}") from why
    finally:
        asker.close()


def written(type_: str, value: Value, where: str) -> Any:
    """Return a raw value in the type of an address. Raises Refused."""
    make = TYPES.get(type_)
    if make is None:
        raise Refused("not_writable", f"{where} is read as {type_}, which cannot be set")
    try:
        whole = type(value) is int or (type(value) is float and value.is_integer())
        if whole if type_ not in NUMBERS else not whole:
            raise ValueError(f"{value!r}")
        return make(int(value) if type_ in NUMBERS else value)
    except (PyAsn1Error, PySnmpError, ValueError) as why:
        raise Refused("value", f"{where} is of type {type_} and cannot be {value!r}") from why


def _like(present: Any, value: Value, where: str) -> Any:
    """Return a value in the type that the object has now. Raises Refused."""
    if isinstance(present, _ABSENT):
        raise Refused("device", f"the agent has no {where}")
    for type_ in ("ip", "oid", "ticks", "gauge", "integer", "string"):
        probe = {"ip": "192.0.2.1", "oid": "1.3.6", "string": ""}.get(type_, 0)
        if TYPES[type_](probe).tagSet == present.tagSet:
            return written(type_, value, where)
    raise Refused("not_writable", f"{where} is a {type(present).__name__}, which cannot be set")


def _accepted(answer: _Answer, where: str, *, sent: bool) -> Any:
    """Return the object's value in a good answer. Raises Refused, NoAnswer."""
    fault, status, value = answer
    if fault is not None and isinstance(fault, errind.RequestTimedOut):
        if sent:
            raise NoAnswer(f"{where} was set, and the agent did not say whether it did it", "timeout")
        raise Refused("timeout", f"{where}: the agent did not answer; nothing was changed")
    if fault is not None:
        raise Refused("auth_failed", f"{where}: the agent does not accept who wants to set it: {fault}")
    if not status or (not sent and status == 2):
        return value
    name = STATUSES.get(status, f"error {status}")
    meaning = f"{name}: {MEANINGS[name]}" if name in MEANINGS else name
    if sent and name in UNKNOWN_AFTER:
        raise NoAnswer(f"the agent failed while setting {where} ({name}): what it holds now is not known", "refused")
    raise Refused("device", f"the agent refused to set {where} ({meaning})")


class _Asker:
    """One engine of pysnmp's with one agent."""

    def __init__(self, engine: SnmpEngine, connection: Connection, patience: float) -> None:
        self._engine = engine
        self._connection = connection
        self._patience = patience
        self._names: tuple[Any, ...] = ()

    async def open(self) -> None:
        """Take a socket and tell the engine who asks. Raises OSError, PySnmpError."""
        c = self._connection
        kind = Udp6TransportTarget if ":" in c.host else UdpTransportTarget
        target = await kind.create((c.host, c.port), timeout=self._patience, retries=0)
        self._names = CommandGeneratorLcdConfigurator().configure(self._engine, _person(c), target, b"")

    async def ask(self, generator: Any, oid: str, value: Any) -> _Answer:
        """Send one request; return what went wrong, the agent's error-status and the object's value."""
        done: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()

        def heard(_engine: Any, _handle: Any, fault: Any, status: Any, _index: Any, pairs: Any, _context: Any) -> None:
            if not done.done():
                done.set_result((fault, int(status), pairs[0][1] if pairs else None))

        pair = rfc1902.ObjectIdentifier(oid), value
        generator.send_varbinds(self._engine, self._names[0], None, b"", [pair], heard)
        return await done

    def close(self) -> None:
        """Leave the socket; the keys go with the engine."""
        self._engine.close_dispatcher()


def _person(c: Connection) -> Any:
    """Return who sets: whoever `write` names, else whoever reads."""
    who = c.write or c
    if c.version != 3:
        secret = who.community
        return CommunityData(secret.get_secret_value() if secret else "", mpModel=0 if c.version == 1 else 1)
    auth, privacy = who.auth, who.privacy
    return UsmUserData(
        who.user or "",
        authKey=auth.password.get_secret_value() if auth else None,
        privKey=privacy.password.get_secret_value() if privacy else None,
        authProtocol=AUTH[auth.protocol] if auth else None,
        privProtocol=PRIVACY[privacy.protocol] if privacy else None,
    )
