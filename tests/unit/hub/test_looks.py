"""Looks at whole plates: nobody without a grant and a purpose, and never before the journal has it."""

from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from hub.folder import StateFolder
from hub.journal import Journal
from hub.looks import Looks
from hub.model import DAY, HOUR, ManualClock, Refused, Site, StorageError
from hub.model.looking import Grant, Guarded, PassageQuery, PlateLook, broken
from hub.roles import Person, Role
from tests.support.sites import a_device, a_site

HOA, LAN = Person("hoa", Role.OPERATOR), Person("lan", Role.OPERATOR)
WHY = "Công văn 12/CSGT: tìm xe 20A-123.45"
KEY = b"k" * 32
ROW = {"id": "1", "plate": "20A12345"}


class Desk:
    def __init__(self, folder: Path) -> None:
        devices = [
            replace(a_device(name, []), zone=zone) for name, zone in (("anpr-1", "tn/ct07"), ("anpr-2", "tn/hn"))
        ]
        grants = (Grant(("tn/ct07",), users=frozenset({"hoa", "root"})),)
        self.site: Site = replace(a_site(devices, []), guarded=Guarded(grants))
        self.clock = ManualClock()
        self.journal = Journal(folder / "journal.db", reserve_bytes=0)
        self.asked: list[PassageQuery] = []
        self.known_when_shown: list[int] = []
        self.away = False
        self.looks = self.anew()

    def anew(self) -> Looks:
        looks = Looks(lambda: self.site, self.journal, self, self.clock, KEY)
        looks.restore()
        return looks

    async def passages(self, query: PassageQuery) -> list[dict[str, Any]]:
        self.asked.append(query)
        return [{"id": "1", "plate": "20A-***.45"}]

    async def plates(self, query: PassageQuery) -> list[dict[str, Any]]:
        if self.away:
            raise StorageError("the database does not answer")
        self.asked.append(query)
        return [ROW, ROW]

    def query(self, **more: Any) -> PassageQuery:
        return PassageQuery(self.clock.now() - HOUR, self.clock.now(), **more)

    @property
    def journaled(self) -> list[PlateLook]:
        return [record for _, record in self.journal.read(0) if isinstance(record, PlateLook)]


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    with closing(desk.journal):
        yield desk


async def test_who_is_granted_it_sees_plates_and_the_journal_says_who_why_what_and_how_many(at: Desk) -> None:
    assert await at.looks.look(HOA, at.query(device="anpr-1", plate="20A12345"), f"  {WHY} ") == [ROW, ROW]
    [look] = at.journaled
    assert (look.who, look.role, look.rows, look.refused) == ("hoa", "operator", 2, None)
    assert look.purpose == "Công văn 12/CSGT: tìm xe 20A-***.45", "the journal is read by many"
    assert (look.query["device"], look.query["zones"], look.query["limit"]) == ("anpr-1", "tn/ct07", 100)
    assert look.query["plate"] == "20A-***.45"
    assert look.query["plate_mark"] == at.looks.mark("20A12345") != at.looks.mark("20A12346")


async def test_nothing_is_shown_before_it_is_on_disk(at: Desk) -> None:
    order: list[str] = []
    append = at.journal.append

    def noted(records: Any, then: Any = None) -> int:
        def durable() -> None:
            order.append("on disk")
            then()

        return append(records, durable)

    at.journal.append = noted  # type: ignore[method-assign]
    await at.looks.look(HOA, at.query(), WHY)
    order.append("shown")
    assert order == ["on disk", "shown"]


async def test_a_journal_that_takes_no_writes_shows_nothing(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.looks.JOURNAL_SECONDS", 0.0)
    monkeypatch.setattr(at.journal, "append", lambda _records, _then: 1)
    with pytest.raises(Refused, match="nothing is shown"):
        await at.looks.look(HOA, at.query(), WHY)


@pytest.mark.parametrize("person", [LAN, Person("root", Role.ADMIN), Person("root", Role.VIEWER)])
async def test_without_a_grant_nothing_is_asked_and_the_attempt_is_journaled(at: Desk, person: Person) -> None:
    with pytest.raises(Refused) as no:
        await at.looks.look(person, at.query(), WHY)
    assert no.value.reason == "not_allowed"
    assert at.asked == []
    assert [(look.who, look.rows, look.refused) for look in at.journaled] == [(person.name, 0, "not_allowed")]
    assert at.looks.zones(person) == ()


@pytest.mark.parametrize("more", [{"device": "anpr-2"}, {"device": "nobody"}, {"zones": ("tn/hn",)}])
async def test_a_grant_ends_where_its_zones_end(at: Desk, more: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="only in tn/ct07"):
        await at.looks.look(HOA, at.query(**more), WHY)
    assert at.asked == []


async def test_a_wider_look_is_narrowed_to_what_is_granted(at: Desk) -> None:
    await at.looks.look(HOA, at.query(zones=("tn",)), WHY)
    await at.looks.look(HOA, at.query(limit=5000), WHY)
    assert [(q.zones, q.limit) for q in at.asked] == [(("tn/ct07",), 100), (("tn/ct07",), 200)]


@pytest.mark.parametrize("why", ["", "   ", "test", " a b c  "])
async def test_a_look_needs_a_purpose(at: Desk, why: str) -> None:
    with pytest.raises(Refused) as no:
        await at.looks.look(HOA, at.query(), why)
    assert no.value.reason == "no_purpose"
    assert (at.asked, at.journaled) == ([], [])


async def test_a_look_spans_a_month_at_most(at: Desk) -> None:
    for start in (at.clock.now() - 32 * DAY, at.clock.now()):
        with pytest.raises(Refused, match="31 days"):
            await at.looks.look(HOA, PassageQuery(start, at.clock.now()), WHY)


async def test_everybody_may_see_passages_masked_and_that_is_no_look(at: Desk) -> None:
    assert await at.looks.passages(at.query()) == [{"id": "1", "plate": "20A-***.45"}]
    assert at.journaled == []


async def test_a_store_that_is_away_is_no_look(at: Desk) -> None:
    at.away = True
    with pytest.raises(StorageError):
        await at.looks.look(HOA, at.query(), WHY)
    assert at.journaled == []


async def test_looks_are_one_chain_over_restarts(at: Desk) -> None:
    for number in range(3):
        at.clock.advance(1)
        await at.looks.look(HOA, at.query(), f"{WHY} {number}")
        at.looks = at.anew()
    looks = at.journaled
    assert (len(looks), broken(looks)) == (3, None)
    assert broken([looks[0], looks[2]]) == 1


async def test_a_record_holds_nothing_that_a_store_would_change(at: Desk) -> None:
    await at.looks.look(HOA, at.query(lane="1\0\x1b[2J"), "Công văn\0 12/CSGT")
    [look] = at.journaled
    assert (look.purpose, look.query["lane"]) == ("Công văn 12/CSGT", "1[2J")


async def test_the_chain_goes_on_when_the_journal_has_forgotten_its_beginning(at: Desk) -> None:
    await at.looks.look(HOA, at.query(), WHY)
    [first] = at.journaled
    at.journal.trim(at.journal.last_seq)
    await at.journal.flushed()
    at.looks = at.anew()
    await at.looks.look(HOA, at.query(), WHY)
    assert at.journaled[-1].previous == first.digest


def test_the_key_of_marks_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    key = folder.key("plates.key")
    assert (len(key), folder.key("plates.key")) == (32, key)
    assert (tmp_path / "plates.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "plates.key").write_bytes(b"short")
    with pytest.raises(StorageError, match="damaged"):
        folder.key("plates.key")
