"""Version 3: proof, secrecy and engine ids are pysnmp's; this module feeds it messages and takes what it has proven.

pysnmp opens no socket here. It is given bytes whose source was admitted already, hands back the PDU of a notification
that was proven at the user's level, and the bytes of every report and answer.
"""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct
from pyasn1.codec.ber import encoder
from pyasn1.error import PyAsn1Error
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.error import PySnmpError
from pysnmp.proto.api import v2c

from drivers.snmp import trap
from drivers.snmp.ber import Malformed
from drivers.snmp.trap import Claim, Notification
from drivers.snmp.traps_address import User
from hub.model import SECOND

MOST_ENGINES = 2000
"""Engine ids that are learnt; a site with more lists them."""
WINDOW = 150
"""Seconds that a message may lie behind (RFC 3414 2.2.3)."""
TICK = SECOND // 10
"""How long pysnmp's caches take one tick to be."""
_DOMAIN = config.SNMP_UDP_DOMAIN
AUTH = {
    "SHA": config.USM_AUTH_HMAC96_SHA,
    "SHA224": config.USM_AUTH_HMAC128_SHA224,
    "SHA256": config.USM_AUTH_HMAC192_SHA256,
    "SHA384": config.USM_AUTH_HMAC256_SHA384,
    "SHA512": config.USM_AUTH_HMAC384_SHA512,
}
PRIVACY = {
    "AES128": config.USM_PRIV_CFB128_AES,
    "AES192": config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    "AES192C": config.USM_PRIV_CFB192_AES,
    "AES256C": config.USM_PRIV_CFB256_AES,
}
_LEVELS = {"none": 1, "auth": 2, "privacy": 3}
"""securityLevel of a message (RFC 3411 3.4.3)."""
Where = tuple[str, int]
Answer = Callable[[], None]


_FAILURES = (
    "usmStatsUnsupportedSecLevels",
    "usmStatsUnknownUserNames",
    "usmStatsWrongDigests",
    "usmStatsDecryptionErrors",
)
"""Counters of messages that nobody could prove (RFC 3414 5); not in the list: discovery and lost clocks, which heal."""


class Unproven(ValueError):
    """A message of version 3 whose sender is not who it says, or says too little to tell."""


class Proven(Struct, frozen=True):
    """A notification whose sender was proven, and how to answer it if it is an inform."""

    said: Notification
    answer: Answer | None


class _Keys(Struct, frozen=True):
    """What is kept of a user's passphrases: stretched once, then made the engine's own for each engine."""

    auth: Any
    privacy: Any


class _Wire:
    """What pysnmp takes for its transport: it sends through us and receives from us."""

    def __init__(self, send: Callable[[bytes, Where], None]) -> None:
        self._send = send
        self.sent = 0
        self.receive: Callable[..., None] = _nobody
        self.tick: Callable[[float], None] = _nobody
        self._ticks = 0

    def register_recv_callback(self, taker: Callable[..., None], _name: object = None) -> None:
        self.receive = taker

    def register_timer_callback(self, ticker: Callable[[float], None]) -> None:
        self.tick = ticker

    def get_timer_resolution(self) -> float:
        return TICK / SECOND

    def get_timer_ticks(self) -> int:
        return self._ticks

    def send_message(self, message: bytes, _domain: object, where: Where) -> None:
        self.sent += 1
        self._send(bytes(message), (where[0], where[1]))

    def pass_ticks(self, now: int) -> None:
        """Let pysnmp forget what is older than it wants to remember."""
        for _ in range(max(0, min(now // TICK - self._ticks, 6000)) if self._ticks else 1):
            self.tick(now / SECOND)
        self._ticks = now // TICK


class Elapsed(Struct):
    """How far the clock of an engine had come when it was last heard."""

    boots: int
    time: int
    heard: int
    """Monotonic."""


class Windows:
    """Whether a proven message of another engine is new (RFC 3414 3.2 7b); pysnmp believes whatever time it says."""

    def __init__(self) -> None:
        self._clocks: dict[bytes, Elapsed] = {}

    def admits(self, claim: Claim, now: int) -> bool:
        """Note the time that a proven message says; False when it lies behind what was heard already."""
        known = self._clocks.get(claim.engine)
        if known is None or claim.boots > known.boots:
            self._clocks[claim.engine] = Elapsed(claim.boots, claim.time, now)
            return True
        expected = known.time + (now - known.heard) // SECOND
        if claim.boots < known.boots or claim.time < expected - WINDOW:
            return False
        if claim.time > known.time:
            known.time, known.heard = claim.time, now
        return True


class Usm:
    """The receiver's own engine, its users, and the engines of those who speak to it."""

    def __init__(
        self, users: Sequence[User], engine_id: bytes, boots: int, send: Callable[[bytes, Where], None]
    ) -> None:
        self._users = {user.name.encode(): user for user in users}
        self._keys = {name: _stretched(user) for name, user in self._users.items()}
        self._known: set[tuple[bytes, bytes]] = set()
        self._windows = Windows()
        self._proven: Proven | None = None
        self._too_open = False
        self._engine = SnmpEngine()
        symbols = self._engine.get_mib_builder().import_symbols("__SNMP-USER-BASED-SM-MIB", *_FAILURES)
        self._failures = tuple(symbols)
        self._wire = _Wire(send)
        self._engine.register_transport_dispatcher(self._wire)
        self._own_id = engine_id
        self._name_engine(engine_id, boots)
        for name, user in self._users.items():
            for engine in (engine_id, *map(bytes.fromhex, user.engines)):
                self._know(engine, name)
        pdus = (v2c.SNMPv2TrapPDU.tagSet, v2c.InformRequestPDU.tagSet)
        self._engine.message_dispatcher.register_context_engine_id(b"", pdus, self._take)

    def receive(self, message: bytes, where: Where, now: int) -> Proven | None:
        """Return the notification in a message when its sender is proven; None for discovery.

        Raises Malformed, Unproven.
        """
        claim = trap.claim_of(message)
        learnt = self._learn(claim.engine, claim.user)
        self._wire.pass_ticks(now)
        self._proven, self._too_open = None, False
        failed, sent = self._failed(), self._wire.sent
        try:
            self._wire.receive(self._wire, _DOMAIN, where, message)
        except (PySnmpError, PyAsn1Error, ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as why:
            # its decoder meets hostile bytes with whatever exception comes first
            raise Malformed(f"version 3 message: {type(why).__name__}") from why
        finally:
            if learnt and self._proven is None:
                self._forget(claim.engine, claim.user)
        if self._too_open:
            raise Unproven("below the security level of its user")
        if self._failed() != failed:
            raise Unproven("its user, proof or encryption is not the one in the configuration")
        proven = self._proven
        if proven is None and self._wire.sent == sent:
            raise Malformed("version 3 message that is neither a notification nor asks for an engine id")
        if proven is not None and self._timed(claim) and not self._windows.admits(claim, now):
            raise Unproven("its engine's boots and time lie behind what was heard: recorded, or the device forgot them")
        return proven

    def _timed(self, claim: Claim) -> bool:
        """Tell whether the time of a message is proven and not checked by pysnmp: it is another engine's."""
        return claim.engine != self._own_id and self._users[claim.user].auth is not None

    def _failed(self) -> int:
        return sum(int(counter.syntax) for counter in self._failures)

    def _take(self, engine: SnmpEngine, model: Any, security: Any, name: Any, level: Any, *rest: Any) -> None:
        """Take a PDU that pysnmp has proven (its signature for every application, RFC 3412 4.4)."""
        context_engine, context, version, pdu, largest, state = rest
        user = self._users.get(bytes(name))
        if user is None or int(level) < _LEVELS[user.security]:
            self._too_open = True
            return
        said = trap.read_pdu(encoder.encode(pdu))

        def answer() -> None:
            response = v2c.apiPDU.get_response(pdu)
            v2c.apiPDU.set_varbinds(response, v2c.apiPDU.get_varbinds(pdu))
            given: tuple[Any, ...] = (
                model,
                security,
                name,
                level,
                context_engine,
                context,
                version,
                response,
                largest,
                state,
                {},
            )
            engine.message_dispatcher.return_response_pdu(engine, *given)

        self._proven = Proven(said, answer if said.confirmed else None)

    def _name_engine(self, engine_id: bytes, boots: int) -> None:
        names = "snmpEngineID", "snmpEngineBoots"
        own, counted = self._engine.get_mib_builder().import_symbols("__SNMP-FRAMEWORK-MIB", *names)
        own.syntax = own.syntax.clone(engine_id)
        counted.syntax = counted.syntax.clone(boots)
        self._engine.snmpEngineID = own.syntax

    def _learn(self, engine: bytes, name: bytes) -> bool:
        """Make a user known at an engine that was not met before; it stays known when the message is proven."""
        user = self._users.get(name)
        fresh = (engine, name) not in self._known
        if user is None or user.engines or not fresh or not 5 <= len(engine) <= 32 or len(self._known) >= MOST_ENGINES:
            return False
        self._know(engine, name)
        return True

    def _know(self, engine: bytes, name: bytes) -> None:
        user, keys = self._users[name], self._keys[name]
        auth = config.USM_AUTH_NONE if user.auth is None else AUTH[user.auth.protocol]
        privacy = config.USM_PRIV_NONE if user.privacy is None else PRIVACY[user.privacy.protocol]
        config.add_v3_user(
            self._engine,
            user.name,
            auth,
            keys.auth,
            privacy,
            keys.privacy,
            securityEngineId=v2c.OctetString(engine),
            authKeyType=config.USM_KEY_TYPE_MASTER,
            privKeyType=config.USM_KEY_TYPE_MASTER,
        )
        self._known.add((engine, name))

    def _forget(self, engine: bytes, name: bytes) -> None:
        config.delete_v3_user(self._engine, name.decode(), securityEngineId=v2c.OctetString(engine))
        self._known.discard((engine, name))


def _stretched(user: User) -> _Keys:
    """Return a user's master keys (RFC 3414 A.2)."""
    if user.auth is None:
        return _Keys(None, None)
    service = config.AUTH_SERVICES[AUTH[user.auth.protocol]]
    auth = service.hash_passphrase(user.auth.password.get_secret_value().encode())
    if user.privacy is None:
        return _Keys(auth, None)
    cipher = config.PRIV_SERVICES[PRIVACY[user.privacy.protocol]]
    secret = user.privacy.password.get_secret_value().encode()
    return _Keys(auth, cipher.hash_passphrase(AUTH[user.auth.protocol], secret))


def _nobody(*_: object) -> None:
    """Stand for a part that pysnmp has not registered yet."""
