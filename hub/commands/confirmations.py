"""Dangerous commands wait for a second person: asked by one, confirmed by another within a minute, or never sent."""

import secrets
from collections.abc import Callable

from msgspec import Struct

from hub.model import SECOND, Awaiting, Clock, Command, CommandSpec, Device, Refused

LIFE = 60 * SECOND
MOST = 64
"""Commands that may wait at once, of everybody."""


class Asked(Struct, frozen=True):
    """A command that waits."""

    awaiting: Awaiting
    device: Device
    spec: CommandSpec
    command: Command
    ends: int
    """Monotonic time (ns)."""


class Confirmations:
    """Every command that was given by one person and waits for another."""

    def __init__(self, clock: Clock, secret: Callable[[], str] = lambda: secrets.token_urlsafe(9)) -> None:
        self._clock = clock
        self._secret = secret
        self._open: dict[str, Asked] = {}

    def ask(self, device: Device, spec: CommandSpec, command: Command) -> Asked:
        """Let a command wait. Raises Refused when the same command waits already, or too many."""
        self.lapsed()
        if any((a.device.id, a.spec.name) == (device.id, spec.name) for a in self._open.values()):
            raise Refused("busy", f"{spec.name} of {device.id} waits for its second person already")
        if len(self._open) >= MOST:
            raise Refused("busy", "too many commands wait for a second person")
        awaiting = Awaiting(
            self._secret(), device.id, spec.name, command.request, command.who, command.note, command.at,
            self._clock.now() + LIFE,
        )  # fmt: skip
        asked = Asked(awaiting, device, spec, command, self._clock.monotonic() + LIFE)
        self._open[awaiting.id] = asked
        return asked

    def known(self, request: str) -> Asked | None:
        """Return what waits under a request's id."""
        return next((a for a in self._open.values() if a.command.request == request), None)

    def find(self, id_: str) -> Asked:
        """Return a command that waits. Raises Refused."""
        asked = self._open.get(id_)
        if asked is None or asked.ends <= self._clock.monotonic():
            raise Refused("not_waiting", "this command does not wait any more; it was not sent, give it anew")
        return asked

    def close(self, asked: Asked) -> None:
        """Let a command wait no more."""
        self._open.pop(asked.awaiting.id, None)

    def lapsed(self) -> list[Asked]:
        """Close and return what nobody confirmed in time."""
        now = self._clock.monotonic()
        over = [a for a in self._open.values() if a.ends <= now]
        for asked in over:
            self.close(asked)
        return over

    def all(self) -> list[Awaiting]:
        """Return what waits, oldest first."""
        return [a.awaiting for a in self._open.values() if a.ends > self._clock.monotonic()]
