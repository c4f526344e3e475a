"""Version 3 for every agent of this process: one pysnmp engine that is each of them in turn.

An engine costs 0.2 s and a megabyte. It does everything for a message in one call, so it can be given the identity of
the agent that was asked (engine id, boots, time) before the call; the users of all agents stand in its table, each
under the engine id that they belong to.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from msgspec import Struct
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.error import PySnmpError
from pysnmp.proto.api import v2c

from drivers.snmp.connection import Authentication, Privacy

Where = tuple[str, int]
Respond = Callable[[Any], Any]
"""Request PDU → response PDU, both of pysnmp."""
Heard = Callable[[Any], None]
PDUS = v2c.GetRequestPDU, v2c.GetNextRequestPDU, v2c.GetBulkRequestPDU, v2c.SetRequestPDU
DOMAIN = config.SNMP_UDP_DOMAIN
_AUTH = {
    "SHA": config.USM_AUTH_HMAC96_SHA,
    "SHA224": config.USM_AUTH_HMAC128_SHA224,
    "SHA256": config.USM_AUTH_HMAC192_SHA256,
    "SHA384": config.USM_AUTH_HMAC256_SHA384,
    "SHA512": config.USM_AUTH_HMAC384_SHA512,
}
_PRIVACY = {
    "AES128": config.USM_PRIV_CFB128_AES,
    "AES192": config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    "AES192C": config.USM_PRIV_CFB192_AES,
    "AES256C": config.USM_PRIV_CFB256_AES,
}


class Identity(Struct):
    """Who an agent is to its managers (RFC 3411 3.1.1, RFC 3414 2.2)."""

    engine: bytes
    boots: int = 1
    time: int = 0
    """Seconds since it booted."""


class Person(Struct, frozen=True):
    """A user of version 3."""

    name: str
    auth: Authentication | None
    privacy: Privacy | None

    @property
    def level(self) -> int:
        """The securityLevel of its messages (RFC 3411 3.4.3)."""
        return 1 if self.auth is None else 2 if self.privacy is None else 3


class _Wire:
    """What pysnmp takes for its transport."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, Where]] = []
        self.receive: Callable[..., None] | None = None

    def register_recv_callback(self, taker: Callable[..., None], _name: object = None) -> None:
        self.receive = taker

    def register_timer_callback(self, _ticker: object) -> None:
        """Nothing here expires: every request is answered in the call that brings it."""

    def get_timer_resolution(self) -> float:
        return 0.1

    def get_timer_ticks(self) -> int:
        return 0

    def send_message(self, message: bytes, _domain: object, where: Where) -> None:
        self.sent.append((bytes(message), (where[0], where[1])))


class Engine:
    """The engine of all agents of the process."""

    def __init__(self) -> None:
        self._engine = SnmpEngine()
        self._wire = _Wire()
        self._engine.register_transport_dispatcher(self._wire)
        names = "snmpEngineID", "snmpEngineBoots", "snmpEngineTime"
        self._symbols = self._engine.get_mib_builder().import_symbols("__SNMP-FRAMEWORK-MIB", *names)
        tags = tuple(pdu.tagSet for pdu in PDUS)
        self._engine.message_dispatcher.register_context_engine_id(b"", tags, self._take)
        self._respond: Respond | None = None

    def know(self, identity: Identity, person: Person) -> None:
        """Let a user speak to an agent."""
        self._be(identity)
        auth, privacy = person.auth, person.privacy
        config.add_v3_user(
            self._engine,
            person.name,
            config.USM_AUTH_NONE if auth is None else _AUTH[auth.protocol],
            None if auth is None else _master(auth.protocol, auth.password.get_secret_value()),
            config.USM_PRIV_NONE if privacy is None else _PRIVACY[privacy.protocol],
            None
            if privacy is None or auth is None
            else _master_privacy(auth.protocol, privacy.protocol, privacy.password.get_secret_value()),
            securityEngineId=v2c.OctetString(identity.engine),
            authKeyType=config.USM_KEY_TYPE_MASTER,
            privKeyType=config.USM_KEY_TYPE_MASTER,
        )

    def forget(self, identity: Identity, person: Person) -> None:
        """Take a user from an agent."""
        config.delete_v3_user(self._engine, person.name, securityEngineId=v2c.OctetString(identity.engine))

    def peer(self, where: Where) -> Identity | None:
        """Return the engine that answered from there, if any did."""
        found, _, _ = self._engine.message_processing_subsystems[3].get_peer_engine_info(DOMAIN, where)
        return None if found is None else Identity(bytes(found))

    def answer(self, identity: Identity, message: bytes, where: Where, respond: Respond) -> list[tuple[bytes, Where]]:
        """Return what an agent sends when it gets a message: one answer, one report or nothing."""
        self._be(identity)
        self._respond = respond
        try:
            if self._wire.receive is not None:
                self._wire.receive(self._wire, DOMAIN, where, message)
        except PySnmpError:
            return []
        finally:
            self._respond = None
            sent, self._wire.sent = self._wire.sent, []
        return sent

    def say(
        self, identity: Identity, person: Person, pdu: Any, where: Where, heard: Heard | None = None
    ) -> list[tuple[bytes, Where]]:
        """Return the messages that carry a notification; `heard` is called with what comes of one that is confirmed."""
        self._be(identity)
        context = v2c.OctetString(identity.engine)
        words = DOMAIN, where, 3, 3, v2c.OctetString(person.name), person.level, context, b"", 1, pdu
        self._engine.message_dispatcher.send_pdu(self._engine, *words, heard is not None, 30_000, _told, heard)
        sent, self._wire.sent = self._wire.sent, []
        return sent

    def _be(self, identity: Identity) -> None:
        own, boots, time = self._symbols
        own.syntax = own.syntax.clone(identity.engine)
        boots.syntax = boots.syntax.clone(identity.boots)
        time.syntax = v2c.Integer(identity.time)
        self._engine.snmpEngineID = own.syntax

    def _take(self, engine: SnmpEngine, model: Any, security: Any, name: Any, level: Any, *rest: Any) -> None:
        context_engine, context, version, pdu, largest, state = rest
        if self._respond is None:
            return
        response = self._respond(pdu)
        given: tuple[Any, ...] = model, security, name, level, context_engine, context, version, response, largest
        engine.message_dispatcher.return_response_pdu(engine, *given, state, {})


def _told(
    _engine: Any, _model: Any, _security: Any, _name: Any, _level: Any, _context: Any, _named: Any, *rest: Any
) -> None:
    """Hand on what became of a confirmed notification: None when it was confirmed, else what was reported."""
    _version, _pdu, status, _handle, heard = rest
    heard(status)


@cache
def _master(protocol: str, password: str) -> Any:
    """Return a key that is stretched once for all agents (RFC 3414 A.2)."""
    return config.AUTH_SERVICES[_AUTH[protocol]].hash_passphrase(password.encode())


@cache
def _master_privacy(auth: str, protocol: str, password: str) -> Any:
    return config.PRIV_SERVICES[_PRIVACY[protocol]].hash_passphrase(_AUTH[auth], password.encode())


@cache
def shared() -> Engine:
    """Return the engine of this process, made when the first agent of version 3 needs it."""
    return Engine()
