"""Quiet hours: what waits, until when, and what is not told at all when they end."""

import pytest

from adapters.notify.hours import quiet_until
from hub.model import DAY, SECOND, Priority
from hub.model.clock import from_iso
from hub.model.notify import Channel, Notifying, Quiet
from tests.unit.notify.evening import NOTIFYING, ZONE, Evening


def at_night(*priorities: Priority) -> Evening:
    quiet = Quiet(22 * 60, 6 * 60, frozenset(priorities))
    night = Channel("mail", "email", None, gather=10 * SECOND, quiet=quiet)
    evening = Evening(Notifying({"mail": night}, escalations=NOTIFYING.escalations))
    evening.now = from_iso("2026-11-24T23:00:00+07:00")
    return evening


def test_in_quiet_hours_lower_priorities_wait_until_they_end():
    evening = at_night(Priority.MEDIUM)
    evening.change("lost:cam1")
    told = evening.pass_time(8 * 3600)
    assert [d.at for d in told] == [from_iso("2026-11-25T06:00:00+07:00")]


def test_in_quiet_hours_other_priorities_go_out():
    evening = at_night(Priority.LOW)
    evening.change("lost:cam1")
    assert len(evening.pass_time(60)) == 1


def test_what_is_over_when_quiet_hours_end_is_not_told():
    evening = at_night(Priority.MEDIUM)
    evening.change("lost:cam1")
    evening.pass_time(3600)
    evening.change("lost:cam1", "ack")
    evening.change("lost:cam1", "return")
    assert evening.pass_time(8 * 3600) == []


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("21:59", "21:59"),
        ("22:00", "06:00+1"),
        ("23:59", "06:00+1"),
        ("00:00", "06:00"),
        ("05:59", "06:00"),
        ("06:00", "06:00"),
    ],
)
def test_quiet_hours_begin_and_end_on_the_minute(at: str, until: str):
    quiet = Quiet(22 * 60, 6 * 60, frozenset({Priority.LOW}))
    clock, _, day = until.partition("+")
    expected = from_iso(f"2026-11-24T{clock}:00+07:00") + int(day or 0) * DAY
    assert quiet_until(quiet, Priority.LOW, from_iso(f"2026-11-24T{at}:00+07:00"), ZONE) == expected
