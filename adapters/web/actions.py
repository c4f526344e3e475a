"""Operator actions as the interfaces take them: checked against the role, handed to the desk, never half done."""

from typing import Literal

from msgspec import Struct

from adapters.base import Desk
from adapters.web.accounts import Who
from hub.model import Clock, OperatorAction, Outcome, StorageError, Timestamp
from hub.roles import Right, allowed

RIGHT_OF = {
    "ack": Right.ACK,
    "comment": Right.COMMENT,
    "reset": Right.RESET,
    "shelve": Right.SHELVE,
    "unshelve": Right.SHELVE,
    "out_of_service": Right.SERVICE,
    "in_service": Right.SERVICE,
}
Kind = Literal["ack", "comment", "reset", "shelve", "unshelve", "out_of_service", "in_service"]


class Wish(Struct, frozen=True):
    """What somebody asks for, as it came in."""

    kind: Kind
    alarm: str = ""
    occurrence: int = 0
    note: str | None = None
    request: str | None = None
    until: Timestamp | None = None
    once: bool = False
    scope: str | None = None


class Counter:
    """Takes actions from signed-in people to the desk."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    async def act(self, who: Who, wish: Wish) -> Outcome:
        """Carry an action out. A journal that cannot take it is an outcome (`not_recorded`), not an error."""
        if not allowed(who.role, RIGHT_OF[wish.kind]):
            return Outcome(refused="not_allowed")
        # Two people may choose the same request id; their names keep them apart.
        named = None if wish.request is None else f"{who.user}/{wish.request}"
        action = OperatorAction(
            wish.kind, wish.alarm, wish.occurrence, who.user, self._clock.now(), wish.note, named,
            until=wish.until, once=wish.once, scope=wish.scope,
        )  # fmt: skip
        try:
            return await self._desk.act(action)
        except StorageError:
            return Outcome(refused="not_recorded")
