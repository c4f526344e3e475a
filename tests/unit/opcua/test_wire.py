"""Status codes and reasons, severities and priorities."""

import pytest
from asyncua import ua
from hypothesis import given
from hypothesis import strategies as st

from hub.model import QUALITY_OF, Priority, Quality, Reason
from hub.wire.opcua import (
    BAD,
    overflowed,
    priority_of,
    reason_of,
    severity_of,
    severity_of_status,
    status_of,
)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Good", Reason.NONE),
        ("GoodLocalOverride", Reason.SUBSTITUTED),
        ("UncertainNoCommunicationLastUsableValue", Reason.NO_COMMUNICATION),
        ("UncertainLastUsableValue", Reason.STALE),
        ("UncertainEngineeringUnitsExceeded", Reason.OUT_OF_RANGE),
        ("UncertainSimulatedValue", Reason.SIMULATED),
        ("UncertainSubNormal", Reason.STALE),
        ("BadNoCommunication", Reason.NO_COMMUNICATION),
        ("BadWaitingForInitialData", Reason.WAITING),
        ("BadNotConnected", Reason.NOT_PROGRAMMED),
        ("BadOutOfService", Reason.OUT_OF_SERVICE),
        ("BadNodeIdUnknown", Reason.MISCONFIGURED),
        ("BadConfigurationError", Reason.MISCONFIGURED),
        ("BadUserAccessDenied", Reason.REFUSED),
        ("BadNotReadable", Reason.REFUSED),
        ("BadDeviceFailure", Reason.REFUSED),
    ],
)
def test_a_status_of_the_standard_has_the_reason_of_the_table(name: str, reason: Reason) -> None:
    assert reason_of(getattr(ua.StatusCodes, name)) is reason


@given(st.integers(0, 2**32 - 1))
def test_no_status_at_all_makes_a_bad_value_good(code: int) -> None:
    quality = QUALITY_OF[reason_of(code)]
    if severity_of_status(code) == BAD:
        assert quality is not Quality.GOOD
    if code >> 30 == 0:
        assert quality is Quality.GOOD


@pytest.mark.parametrize("reason", Reason)
def test_the_status_of_a_reason_says_the_same_quality(reason: Reason) -> None:
    code = status_of(reason)
    expected = {Quality.GOOD: 0, Quality.UNCERTAIN: 1, Quality.BAD: 2}[QUALITY_OF[reason]]
    assert severity_of_status(code) == expected
    assert status_of(Reason.NO_COMMUNICATION, has_value=True) == 0x408F_0000


def test_the_overflow_bit_counts_only_with_its_info_type() -> None:
    assert overflowed(0x0000_0480)
    assert overflowed(0x4090_0480)
    assert not overflowed(0x0000_0080)
    assert not overflowed(0)


def test_severity_and_priority_agree_both_ways() -> None:
    for priority in Priority:
        assert priority_of(severity_of(priority)) is priority
    bands = [priority_of(n) for n in (1, 400, 401, 600, 601, 800, 801, 1000)]
    assert [p.word for p in bands] == ["low", "low", "medium", "medium", "high", "high", "critical", "critical"]
