"""Who is on duty: calendars as people keep them, read again when they change, and never nobody."""

import os
from pathlib import Path

import pytest

from adapters.notify.duty import Duty
from hub.model.clock import from_iso
from hub.model.notify import Contact, Notifying, Roster
from tests.unit.notify.evening import ZONE

CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//room//duty//VI
BEGIN:VTIMEZONE
TZID:Asia/Ho_Chi_Minh
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0700
TZOFFSETTO:+0700
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:day@room
DTSTART;TZID=Asia/Ho_Chi_Minh:20261101T070000
DTEND;TZID=Asia/Ho_Chi_Minh:20261101T190000
RRULE:FREQ=DAILY
EXDATE;TZID=Asia/Ho_Chi_Minh:20261125T070000
SUMMARY:Trực: An, Bình
END:VEVENT
BEGIN:VEVENT
UID:day@room
RECURRENCE-ID;TZID=Asia/Ho_Chi_Minh:20261126T070000
DTSTART;TZID=Asia/Ho_Chi_Minh:20261126T090000
DTEND;TZID=Asia/Ho_Chi_Minh:20261126T190000
SUMMARY:Trực: Chi
END:VEVENT
BEGIN:VEVENT
UID:night@room
DTSTART:20261101T120000Z
DURATION:PT12H
RRULE:FREQ=DAILY
SUMMARY:ca đêm
ATTENDEE:MAILTO:chi@x.example
END:VEVENT
BEGIN:VEVENT
UID:holiday@room
DTSTART;VALUE=DATE:20261225
SUMMARY:dung
END:VEVENT
END:VCALENDAR
"""
PEOPLE = {
    "an": Contact("an", "An"),
    "binh": Contact("binh", "Bình"),
    "chi": Contact("chi", "Trần Thị Chi", {"email": "chi@x.example"}),
    "dung": Contact("dung", "Dũng"),
}


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    path = tmp_path / "duty.ics"
    path.write_bytes(CALENDAR.replace("\n", "\r\n").encode())
    return path


def duty(path: Path) -> Duty:
    return Duty(Notifying(contacts=PEOPLE, rosters={"room": Roster("room", ("dung",), str(path))}), ZONE)


@pytest.mark.parametrize(
    ("at", "people"),
    [
        ("2026-11-24T06:59", ("chi",)),
        ("2026-11-24T07:00", ("an", "binh")),
        ("2026-11-24T18:59", ("an", "binh")),
        ("2026-11-24T19:00", ("chi",)),
        ("2026-11-25T03:00", ("chi",)),
        ("2026-11-25T12:00", ("dung",)),
        ("2026-11-26T08:00", ("dung",)),
        ("2026-12-25T23:59", ("dung", "chi")),
    ],
)
def test_the_events_that_run_say_who_is_told(file: Path, at: str, people: tuple[str, ...]):
    """Repeated, taken out for one day, moved for one day, in UTC with a duration, and whole days."""
    assert duty(file).on_duty(["room"], from_iso(f"{at}:00+07:00")) == people


NOON = from_iso("2026-11-24T12:00:00+07:00")


def test_contacts_and_rosters_are_told_each_once(file: Path):
    assert duty(file).on_duty(["chi", "room", "an", "nobody"], NOON) == ("chi", "an", "binh")


def test_a_calendar_that_changes_is_read_again(file: Path):
    room = duty(file)
    assert room.on_duty(["room"], NOON) == ("an", "binh")
    file.write_text(CALENDAR.replace("Trực: An, Bình", "An"), encoding="utf-8")
    os.utime(file, (1, 1))
    assert room.on_duty(["room"], NOON) == ("an",)


@pytest.mark.parametrize("broken", ["", "garbage", None])
def test_a_calendar_that_cannot_be_read_never_means_nobody(file: Path, broken: str | None):
    room = duty(file)
    if broken is None:
        file.unlink()
    else:
        file.write_text(broken)
    assert room.on_duty(["room"], NOON) == ("dung",)
    assert room.on_duty(["room"], NOON) == ("dung",)
    assert "room" in room.troubles
    file.write_text(CALENDAR, encoding="utf-8")
    os.utime(file, (2, 2))
    assert room.on_duty(["room"], NOON) == ("an", "binh")
    assert room.troubles == {}


def test_an_hour_that_nobody_has_is_the_fallbacks_and_is_said(file: Path):
    room = duty(file)
    assert room.on_duty(["room"], from_iso("2026-11-25T12:00:00+07:00")) == ("dung",)
    assert room.troubles == {"room": "names nobody at this time"}
