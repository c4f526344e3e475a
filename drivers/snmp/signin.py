"""Signing in to an SNMPv3 agent: keys from passwords, and what a refusal means in words a person can act on.

An agent that refuses says so in a Report whose variable names the counter it raised (RFC 3414, 5); Reports are sent in
clear text, so the counter's OID is looked for in the datagram itself.
"""

import re
from functools import lru_cache

from gufo.snmp import (
    Aes128Key,
    Aes192Key,
    Aes256Key,
    BaseAuthKey,
    BasePrivKey,
    KeyExpansion,
    Sha1Key,
    Sha224Key,
    Sha256Key,
    Sha384Key,
    Sha512Key,
    User,
)
from gufo.snmp.user import KeyType

from drivers.snmp.connection import Connection
from hub.model import DriverError, Misconfigured, Unreachable

AUTH: dict[str, type[BaseAuthKey]] = {
    "SHA": Sha1Key, "SHA224": Sha224Key, "SHA256": Sha256Key, "SHA384": Sha384Key, "SHA512": Sha512Key,
}  # fmt: skip
PRIVACY: dict[str, type[BasePrivKey]] = {"AES128": Aes128Key, "AES192": Aes192Key, "AES256": Aes256Key}

USM_STATS = re.compile(rb"\x06\x0a\x2b\x06\x01\x06\x03\x0f\x01\x01([\x01-\x06])\x00", re.DOTALL)
"""usmStats counters, 1.3.6.1.6.3.15.1.1.x.0, as a variable name on the wire."""
SECURITY_LEVEL, TIME_WINDOW, UNKNOWN_USER, UNKNOWN_ENGINE, WRONG_DIGEST, NOT_DECRYPTED = range(1, 7)
PASSING = {
    TIME_WINDOW: "does not accept the hub's idea of its time",
    UNKNOWN_ENGINE: "has become another engine while signing in",
}
MISTAKES = {
    0: "lets {user} read nothing in messages that are {level}: its rules ask for more, or give it no view",
    SECURITY_LEVEL: "does not offer {user} messages that are {level}: compare auth and privacy with the agent's user",
    UNKNOWN_USER: "does not know the user {user}: create it there, or correct user",
    WRONG_DIGEST: "does not accept the signature of {user} ({how}): correct auth.password or auth.protocol",
}


def user(connection: Connection) -> User:
    """Return the user with its keys, not yet bound to one agent."""
    name, auth, privacy = connection.user or "", connection.auth, connection.privacy
    if auth is None:
        return User(name)
    kind, secret = AUTH[auth.protocol], auth.password.get_secret_value()
    signing = kind(_master(auth.protocol, secret), KeyType.Master)
    if privacy is None:
        return User(name, auth_key=signing)
    cipher = PRIVACY[privacy.protocol.removesuffix("C")]
    hiding = cipher(_master(auth.protocol, privacy.password.get_secret_value()), KeyType.Master)
    longer = KeyExpansion.Cisco if privacy.protocol.endswith("C") else KeyExpansion.Blumenthal
    return User(name, auth_key=signing, priv_key=hiding, key_expansion=longer)


@lru_cache(maxsize=256)
def _master(protocol: str, password: str) -> bytes:
    """Return the key of a password: a mebibyte is hashed for it (RFC 3414, A.2), so not once for every agent."""
    return AUTH[protocol].get_master_key(password.encode())


def refusal(datagram: bytes, c: Connection) -> DriverError:
    """Return what to raise for an agent's refusal: a mistake in the configuration, or something that passes."""
    where, found = f"the agent at {c.host}:{c.port}", USM_STATS.search(datagram)
    counter = found[1][0] if found else 0
    if counter == NOT_DECRYPTED:
        return wrong_privacy(c)
    if counter in PASSING:
        return Unreachable(f"{where} {PASSING[counter]}", "clock_skew" if counter == TIME_WINDOW else "protocol_error")
    level = "signed and encrypted" if c.privacy else "signed only" if c.auth else "unsigned"
    told = MISTAKES[counter].format(user=repr(c.user), how=c.auth.protocol if c.auth else "unsigned", level=level)
    return Misconfigured(f"{where} {told}", "auth_failed")


def wrong_privacy(c: Connection) -> Misconfigured:
    """Return the word on an agent that drops what is encrypted, though it knows the user."""
    how = c.privacy.protocol if c.privacy else "none"
    why = "correct privacy.password, or privacy.protocol if the agent has another for this user"
    return Misconfigured(
        f"the agent at {c.host}:{c.port} cannot decrypt what {c.user!r} sends ({how}): {why}", "auth_failed"
    )
