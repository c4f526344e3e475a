"""Selected commands: a token for ten seconds, bound to the command and to who chose it, good once."""

import secrets
from collections.abc import Callable

from msgspec import Struct

from hub.model import SECOND, Clock, Refused, Selection

LIFE = 10 * SECOND
MOST = 256
"""Selections that may be open at once, of everybody."""

Chosen = tuple[str, str, str]
"""Device, name of the command, who."""


class _Open(Struct, frozen=True):
    chosen: Chosen
    ends: int
    """Monotonic time (ns)."""


class Selections:
    """Every command that is selected and not yet given."""

    def __init__(self, clock: Clock, secret: Callable[[], str] = lambda: secrets.token_urlsafe(16)) -> None:
        self._clock = clock
        self._secret = secret
        self._open: dict[str, _Open] = {}

    def choose(self, chosen: Chosen) -> Selection:
        """Open a selection; an earlier one of the same command by the same person ends. Raises Refused."""
        now = self._clock.monotonic()
        self._open = {t: o for t, o in self._open.items() if o.ends > now and o.chosen != chosen}
        if len(self._open) >= MOST:
            raise Refused("busy", "too many commands are selected; wait ten seconds")
        token = self._secret()
        self._open[token] = _Open(chosen, now + LIFE)
        return Selection(token, self._clock.now() + LIFE)

    def take(self, token: str | None, chosen: Chosen) -> None:
        """Use a selection up. Raises Refused when it is not one of this command by this person, or too old."""
        if token is None:
            raise Refused("not_selected", "select the command first; the selection's token comes with the command")
        found = self._open.get(token)
        if found is None or found.chosen != chosen:
            raise Refused("not_selected", "this selection is not one of yours for this command; select it anew")
        del self._open[token]
        if found.ends <= self._clock.monotonic():
            raise Refused("not_selected", "the selection is older than ten seconds; select the command anew")
