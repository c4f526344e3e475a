"""Answers to informs: each once what it told is durable, and at once when it is only repeated."""

from collections import OrderedDict
from collections.abc import Callable

Answer = Callable[[], None]
MOST_REMEMBERED = 4096
"""Informs that are remembered, so that a repeated one makes no second event."""


class Answers:
    """Which informs were met: waiting for the commit, or durable and answered."""

    def __init__(self) -> None:
        self._met: OrderedDict[str, list[Answer] | None] = OrderedDict()
        self.repeated = 0
        self.sent = 0

    def first(self, key: str, answer: Answer) -> bool:
        """Note an inform; True when it is new. A repeated one is answered now, or with the first."""
        if key not in self._met:
            self._met[key] = [answer]
            if len(self._met) > MOST_REMEMBERED:
                self._met.popitem(last=False)
            return True
        self.repeated += 1
        waiting = self._met[key]
        if waiting is None:
            self._send(answer)
        else:
            waiting[:] = [answer]
        return False

    def release(self, keys: list[str]) -> None:
        """Answer the informs of a batch that is durable now."""
        for key in keys:
            waiting = self._met.get(key)
            if waiting is not None:
                self._met[key] = None
                for answer in waiting:
                    self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.sent += 1
        answer()
