"""Health of devices is news only when it changes."""

import pytest

from hub.health import Health
from hub.model import DeviceChange, DeviceState
from hub.model.ailment import AILMENTS

ON, OFF = DeviceState.ONLINE, DeviceState.OFFLINE


def test_a_device_is_waiting_until_something_is_known():
    health = Health(["d"], 5)
    assert health.state("d") is DeviceState.WAITING
    assert (health.status("d").since, health.status("d").last_heard) == (5, None)


def test_only_a_change_of_state_or_reason_is_news():
    health = Health(["d"], 0)
    assert health.report("d", ON, "", "", 1) == DeviceChange("d", ON, "", "", 1)
    assert health.report("d", ON, "", "", 2) is None
    assert health.report("d", OFF, "unreachable", "a", 3) is not None
    assert health.report("d", OFF, "unreachable", "b", 4) is None
    assert health.report("d", OFF, "silent", "b", 5) is not None


def test_a_new_detail_is_kept_though_it_is_no_news_and_since_stays():
    health = Health(["d"], 0)
    health.report("d", OFF, "unreachable", "tried once", 3)
    health.report("d", OFF, "unreachable", "tried twice", 9)
    status = health.status("d")
    assert (status.detail, status.since) == ("tried twice", 3)


def test_a_detail_says_no_plate():
    health = Health(["d"], 0)
    change = health.report("d", OFF, "unreachable", "cannot read 20A-123.45", 3)
    assert change is not None
    assert change.detail == "cannot read 20A-***.45"


def test_what_was_heard_is_remembered_apart_from_health():
    health = Health(["d"], 0)
    health.heard("d", 7)
    assert health.last_heard("d") == 7
    assert health.state("d") is DeviceState.WAITING


@pytest.mark.parametrize(
    ("said", "kept"),
    [("cert_expired", "cert_expired"), ("no_answer", "timeout"), ("silent", "stale"), ("bewitched", "protocol_error")],
)
def test_whatever_word_a_driver_uses_the_reason_is_one_of_the_closed_list(said, kept):
    health = Health(["d"], 0)
    change = health.report("d", DeviceState.OFFLINE, said, "", 1)
    assert change is not None
    assert change.reason == kept
    assert kept in AILMENTS
