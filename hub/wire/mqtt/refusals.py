"""Why a broker says no, as a sentence that names the place and what to change.

Reason codes: OASIS MQTT 5.0, 3.2.2.2 (CONNACK), 3.9.3 (SUBACK), 3.14.2.1 (DISCONNECT). paho translates the return
codes of MQTT 3.1.1 (3.2.2.3) into them.
"""

from hub.model import DriverError, Misconfigured, Unreachable
from hub.wire.mqtt.contract import Settings

_WRONG_VERSION, _WRONG_ID, _WRONG_PASSWORD, _NOT_ALLOWED, _BANNED, _WRONG_METHOD = 132, 133, 134, 135, 138, 140
_TAKEN_OVER, _WRONG_TOPIC = 142, 144
FAILED = 128
"""Reason codes from here on are failures."""


def no_connection(error: OSError, settings: Settings) -> DriverError:
    """Return the error for a connection that could not be made."""
    doubt = "; does that port speak TLS?" if settings.tls and isinstance(error, ConnectionResetError) else ""
    reason = "refused" if isinstance(error, ConnectionRefusedError) else ""
    return Unreachable(f"cannot connect to {settings.where}: {error.strerror or error}{doubt}", reason)


def too_slow(what: str, settings: Settings) -> DriverError:
    """Return the error for something that did not come in time: `connection`, `sign-in`, `subscription`, `message`."""
    older = what == "sign-in" and settings.version == 5
    hint = '; if it speaks only MQTT 3.1.1, set connection.version: "3.1.1"' if older else ""
    return Unreachable(f"{settings.where} does not answer the {what} within {settings.timeout:g} s{hint}", "timeout")


def sign_in(code: int, word: str, settings: Settings) -> DriverError:
    """Return the error for a refused CONNECT; `word` is what the broker or the standard calls it."""
    where = settings.where
    if code == _WRONG_VERSION:
        other = '"3.1.1"' if settings.version == 5 else "5"
        return Misconfigured(f"{where} does not speak MQTT {settings.version}; set connection.version: {other}")
    if code == _WRONG_ID:
        return Misconfigured(f"{where} refuses the client id {settings.client_id!r}; set connection.client_id")
    if code in (_WRONG_PASSWORD, _NOT_ALLOWED, _BANNED, _WRONG_METHOD):
        return Misconfigured(f"{where} refuses {_who(settings)} ({word}); {_change(settings)}", "auth_failed")
    return Unreachable(f"{where} refuses the connection for now: {word}")


def _who(settings: Settings) -> str:
    return f"user {settings.user!r}" if settings.user else "a client without a user name"


def _change(settings: Settings) -> str:
    if settings.user:
        return "check connection.user and connection.password, and that the broker knows this user"
    return "set connection.user and connection.password"


def publication(code: int, word: str, topic: str, settings: Settings) -> DriverError:
    """Return the error for a refused PUBLISH (OASIS MQTT 5.0, 3.4.2.1)."""
    if code in (_NOT_ALLOWED, _WRONG_TOPIC):
        told = f"{settings.where} takes nothing on {topic!r} from {_who(settings)}: {word}"
        return Misconfigured(told, "auth_failed")
    return Unreachable(f"{settings.where} refuses a message on {topic!r} for now: {word}")


def goodbye(code: int, word: str, settings: Settings) -> DriverError:
    """Return the error for a DISCONNECT sent by the broker."""
    if code == _TAKEN_OVER:
        return Unreachable(
            f"another client signed in at {settings.where} as {settings.client_id!r}; "
            "two hubs at one broker need different connection.client_id"
        )
    return Unreachable(f"{settings.where} ended the connection: {word}")


def spoken(name: str) -> str:
    """Return an enumeration's name as words: `not authorized`."""
    return name.replace("_", " ").lower()
