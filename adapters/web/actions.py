"""Operator actions as the interfaces take them: checked against the role, handed to the desk, never half done."""

from typing import Literal

from adapters.base import Desk
from adapters.web.accounts import Who
from hub.model import Clock, OperatorAction, Outcome, StorageError
from hub.roles import Right, allowed

RIGHT_OF = {"ack": Right.ACK, "comment": Right.COMMENT, "reset": Right.RESET}
Kind = Literal["ack", "comment", "reset"]


class Counter:
    """Takes actions from signed-in people to the desk."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    async def act(
        self, who: Who, kind: Kind, alarm: str, occurrence: int, note: str | None, request: str | None
    ) -> Outcome:
        """Carry an action out. A journal that cannot take it is an outcome (`not_recorded`), not an error."""
        if not allowed(who.role, RIGHT_OF[kind]):
            return Outcome(refused="not_allowed")
        # Two people may choose the same request id; their names keep them apart.
        named = None if request is None else f"{who.user}/{request}"
        action = OperatorAction(kind, alarm, occurrence, who.user, self._clock.now(), note, named)
        try:
            return await self._desk.act(action)
        except StorageError:
            return Outcome(refused="not_recorded")
