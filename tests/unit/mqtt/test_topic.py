"""Topics and filters, as section 4.7 of the standard has them."""

import pytest

from drivers.mqtt.topic import checked, covers, matches

ALLOWED = frozenset({"device", "topic"})


@pytest.mark.parametrize(
    ("pattern", "topic", "expected"),
    [
        ("sport/tennis/player1/#", "sport/tennis/player1", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", True),
        ("#", "sport", True),
        ("#", "$SYS/broker", False),
        ("+/monitor", "$SYS/monitor", False),
        ("$SYS/#", "$SYS/broker", True),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("+", "/finance", False),
        ("a/+/c", "a/b/c", True),
        ("a/+/c", "a/b/d", False),
        ("a/b", "a/b/c", False),
    ],
)
def test_a_filter_matches_as_the_standard_says(pattern, topic, expected):
    assert matches(pattern, topic) is expected


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("a/#", "a/+/b", True),
        ("a/#", "a/#", True),
        ("a/+", "a/#", False),
        ("a/+/b", "a/x/b", True),
        ("a/x/b", "a/+/b", False),
        ("#", "$SYS/x", False),
        ("+", "a/b", False),
        ("a/+", "a/+", True),
        ("+/+", "a/+", True),
    ],
)
def test_a_filter_covers_another_when_it_matches_all_that_it_does(wide, narrow, expected):
    assert covers(wide, narrow) is expected


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("", "1 to"),
        ("a/#/b", "last level"),
        ("a#", "last level"),
        ("a/b+", "whole level"),
        ("a/{divice}", "unknown placeholder {divice}"),
        ("a\x00b", "control"),
        ("x" * 65_536, "1 to"),
    ],
)
def test_a_topic_that_no_broker_takes_is_refused_with_the_reason(pattern, why):
    with pytest.raises(ValueError, match=why):
        checked(pattern, ALLOWED)
