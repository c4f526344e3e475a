"""Passwords: argon2id with the parameters of OWASP ASVS 5.0 appendix C, and a delay for whoever guesses."""

import asyncio
from collections import OrderedDict

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.model import MINUTE, SECOND, Clock

SHORTEST = 15
AT_ONCE = 2
WAITING_ROOM = 50
FREE_FAILURES = 5
LONGEST_DELAY = 5 * MINUTE
REMEMBERED = 10_000

_HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
_NOBODY = "$argon2id$v=19$m=47104,t=1,p=1$Y2l0eXdhdGNoLW5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"""Checked when the user does not exist, so that the answer takes as long."""


class TooBusy(Exception):
    """More people are signing in than can be checked, so the caller may answer 503."""


def hashed(password: str) -> str:
    """Return the argon2id hash of a password; takes about 0.2 s. Raises ValueError when it is too short."""
    if len(password) < SHORTEST:
        raise ValueError(f"a password needs at least {SHORTEST} characters; a sentence is easy to remember")
    return _HASHER.hash(password)


def _matches(hash_: str, password: str) -> bool:
    try:
        return _HASHER.verify(hash_, password)
    except (VerificationError, InvalidHashError):
        return False


class Checker:
    """Checks passwords in threads, at most two at once, so that a storm of sign-ins cannot starve the hub."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def check(self, hash_: str | None, password: str) -> bool:
        """Tell whether a password fits; `None` (no such user) takes as long and never fits. Raises TooBusy."""
        if self._waiting >= WAITING_ROOM:
            raise TooBusy
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(_matches, hash_ or _NOBODY, password)
        finally:
            self._waiting -= 1


class Throttle:
    """How long (user, address) must wait after failures: nothing for four, then 1 s doubling up to five minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()

    def wait(self, user: str, address: str) -> int:
        """Return the nanoseconds until the next try is taken, 0 when it may come now."""
        failures, last = self._failures.get((user, address), (0, 0))
        if failures < FREE_FAILURES:
            return 0
        delay = min(SECOND << min(failures - FREE_FAILURES, 20), LONGEST_DELAY)
        return max(0, last + delay - self._clock.monotonic())

    def failed(self, user: str, address: str) -> None:
        """Note a failure; only the last ten thousand pairs are remembered."""
        failures, _ = self._failures.pop((user, address), (0, 0))
        self._failures[user, address] = (failures + 1, self._clock.monotonic())
        while len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)

    def passed(self, user: str, address: str) -> None:
        """Forget the failures of someone who signed in."""
        self._failures.pop((user, address), None)
