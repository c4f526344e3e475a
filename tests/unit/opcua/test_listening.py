"""Which subscriptions a line asks for, and what becomes of it where a server allows fewer."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from asyncua.ua.uaerrors import BadTooManySubscriptions

from drivers.base import BoundDevice, BoundPoint
from drivers.opcua import SPEC
from drivers.opcua.driver import OpcUaDriver
from drivers.opcua.listening import Listening
from hub.model import MILLISECOND, SystemClock


class Publisher:
    """Makes so many subscriptions and refuses one more."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.made: list[int] = []

    async def subscribe(self, interval: int, *_: Any) -> Any:
        if len(self.made) >= self.most:
            raise BadTooManySubscriptions
        self.made.append(interval // MILLISECOND)
        return SimpleNamespace(number=len(self.made))


def listening(publisher: Publisher, urgent: Sequence[bool]) -> Listening:
    connection = SPEC.connection.model_validate({"url": "opc.tcp://panel", "security": "None"})
    points = tuple(
        BoundPoint(f"d/p{n}", "d", SPEC.address.model_validate({"node": f"ns=2;i={n}"}), urgent=u)
        for n, u in enumerate(urgent)
    )
    device = BoundDevice("d", connection, points)
    driver, anything = OpcUaDriver([device]), SimpleNamespace()
    given: Any = (publisher, driver.items, driver.alarms, SystemClock(), anything)
    return Listening([device], anything, *given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("urgent", "most", "made", "numbers"),
    [
        ([True, False], 9, [50, 500], {True: 1, False: 2}),
        ([True, False], 1, [50], {True: 1, False: 1}),
        ([True, False], 0, [], {}),
        ([True], 9, [50], {True: 1}),
        ([False, False], 9, [500], {False: 1}),
        ([], 9, [], {}),
    ],
)
async def test_what_is_urgent_has_a_subscription_of_its_own_or_takes_the_rest_in(
    urgent: list[bool], most: int, made: list[int], numbers: dict[bool, int]
) -> None:
    publisher = Publisher(most)
    assert await listening(publisher, urgent)._subscribe() == numbers
    assert publisher.made == made
