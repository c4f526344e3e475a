"""A device event's lane."""

import pytest

from hub.model import DeviceEvent, Lane


@pytest.mark.parametrize(
    ("kind", "lane"),
    [
        ("traffic.passage", Lane.MEDIA),
        ("security.auth_failure", Lane.ALARM),
        ("net.trap", Lane.BULK),
        ("x.own", Lane.BULK),
    ],
)
def test_an_event_has_the_lane_of_its_kind_where_nobody_says_another(kind: str, lane: Lane) -> None:
    assert DeviceEvent("d", kind, {}, None, 0).lane is lane


def test_an_event_keeps_the_lane_that_is_said() -> None:
    assert DeviceEvent("d", "traffic.passage", {}, None, 0, lane=Lane.ALARM).lane is Lane.ALARM
