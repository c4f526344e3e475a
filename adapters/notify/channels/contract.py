"""What a channel's sender is, and the one trouble that is neither an absence nor a refusal."""

from typing import Protocol

from adapters.notify.message import Message
from adapters.outbound import Away


class Doubtful(Away):
    """The receiver answered, but not that it took the message, so the caller may try a few times more."""


class Sender(Protocol):
    """One way out."""

    async def send(self, message: Message) -> str:
        """Deliver; return what there is to say about it. Raises Away to be tried again, Refused when that is no use."""
        ...

    async def close(self) -> None:
        """Let go of connections. Safe to call twice."""
        ...
