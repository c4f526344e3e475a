"""Who looks at pictures is in the journal before they see anything."""

import pytest

from hub.album import Album, Asked
from hub.journal import Journal
from hub.model import MINUTE, SECOND, ManualClock, Refused, SystemNote
from hub.roles import Person, Role
from hub.showing import Showing
from hub.state import State
from hub.stream import Stream
from tests.support.sites import a_site

FIRE = "fire:panel/z07.alarm"
AN = Person("an", Role.OPERATOR)


class Room:
    def __init__(self, folder):
        self.clock = ManualClock(1_000 * SECOND)
        self.journal = Journal(folder / "journal.db", reserve_bytes=0)
        self.album = Album(folder / "pictures.db", keep_free=0)
        self.album.ask(Asked(FIRE, 1, 100 * SECOND, 95 * SECOND, 110 * SECOND, ("gate",)))
        for camera, at in (("gate", 96), ("gate", 120), ("yard", 96)):
            self.album.keep(camera, at * SECOND, b"jpeg")
        self.stream = Stream("test")
        state = State(a_site([]), self.stream, lambda _device: None)
        self.showing = Showing(self.album, self.journal, state, self.clock)

    async def look(self, person=AN, camera="gate", at=96, occurrence=1):
        return await self.showing.shown(person, FIRE, occurrence, camera, at * SECOND)

    def looks(self):
        records = [record for _, record in self.journal.read(0)]
        return [r.detail["who"] for r in records if isinstance(r, SystemNote) and r.what == "pictures_looked_at"]


@pytest.fixture
async def room(tmp_path):
    made = Room(tmp_path)
    yield made
    made.journal.close()
    made.album.close()


async def test_a_look_is_journaled_and_told(room):
    _, heard = room.showing._state.snapshot_and_subscribe("test")
    assert await room.look() == b"jpeg"
    assert room.looks() == ["an"]
    assert heard.waiting == 1


async def test_the_pictures_of_one_alarm_are_one_look_within_ten_minutes(room):
    await room.look()
    await room.look()
    room.clock.advance(11 * MINUTE)
    await room.look()
    assert room.looks() == ["an", "an"]


async def test_everybody_who_looks_is_named(room):
    await room.look()
    await room.look(Person("binh", Role.ENGINEER))
    assert room.looks() == ["an", "binh"]


@pytest.mark.parametrize("wrong", [{"camera": "yard"}, {"at": 120}, {"occurrence": 2}, {"at": 97}])
async def test_what_does_not_belong_to_the_alarm_is_not_shown_and_is_no_look(room, wrong):
    assert await room.look(**wrong) is None
    assert room.looks() == []


async def test_nothing_is_shown_that_the_journal_did_not_take(room, monkeypatch):
    monkeypatch.setattr("hub.showing.JOURNAL_SECONDS", 0.01)
    monkeypatch.setattr(room.journal, "append", lambda _records, _then: 0)
    with pytest.raises(Refused, match="nothing is shown"):
        await room.look()
