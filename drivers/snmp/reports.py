"""Word of messages that were not believed: an event once a minute for each host and cause, with how many there were."""

from collections import OrderedDict

from msgspec import Struct

from hub.model import MINUTE, DeviceEvent, DeviceId, Lane, Timestamp, Value

KIND = "security.auth_failure"
MOST_FOLLOWED = 1000
"""Hosts and causes that are told apart; a flood of made-up senders pushes the oldest out."""
MOST_A_MINUTE = 60
"""Events in a minute, whoever they are about."""


class _Told(Struct):
    at: int
    since: int = 0
    """Messages since it was told."""


class Reports:
    """What one receiver says of messages that it refused."""

    def __init__(self, receiver: DeviceId) -> None:
        self._receiver = receiver
        self._told: OrderedDict[tuple[str, str], _Told] = OrderedDict()
        self._minute = 0
        self._in_minute = 0

    def of(self, host: str, why: str, now: Timestamp, monotonic: int) -> DeviceEvent | None:
        """Return the event that a refused message makes, or None while its like was told less than a minute ago."""
        told = self._told.get((host, why))
        if told is not None and monotonic - told.at < MINUTE:
            told.since += 1
            return None
        if not self._room(monotonic // MINUTE):
            return None
        attributes: dict[str, Value | None] = {"from": host, "why": why, "before": told.since if told else 0}
        self._told[host, why] = _Told(monotonic)
        self._told.move_to_end((host, why))
        if len(self._told) > MOST_FOLLOWED:
            self._told.popitem(last=False)
        return DeviceEvent(self._receiver, KIND, attributes, None, now, lane=Lane.ALARM)

    def _room(self, minute: int) -> bool:
        if minute != self._minute:
            self._minute, self._in_minute = minute, 0
        self._in_minute += 1
        return self._in_minute <= MOST_A_MINUTE
