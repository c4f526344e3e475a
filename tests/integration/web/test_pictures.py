"""The pictures of an alarm over REST: listed for readers, shown to who may look, once the journal has it."""

import pytest

from hub.album import Asked, Entry
from hub.model import SECOND, Refused
from hub.roles import Role

FIRE = "fire:panel-1/z01.alarm"
OF = {"alarm": FIRE, "occurrence": 1}


class Shelf:
    """Two pictures of one alarm; remembers who looked."""

    def __init__(self, end: int = 0) -> None:
        self.asked = Asked(FIRE, 1, 100 * SECOND, 95 * SECOND, end or 110 * SECOND, ("gate", "hall"))
        self.looked: list[str] = []
        self.refuse = False

    async def listed(self, alarm, occurrence):
        if (alarm, occurrence) != (FIRE, 1):
            return None, []
        return self.asked, [Entry("gate", 96 * SECOND, 9), Entry("hall", 97 * SECOND, 9)]

    async def shown(self, person, alarm, occurrence, camera, at):
        if self.refuse:
            raise Refused("not_recorded", "the journal could not take the record, so nothing is shown")
        if (camera, at) != ("gate", 96 * SECOND):
            return None
        self.looked.append(person.name)
        return b"\xff\xd8 a jpeg"


async def test_the_pictures_of_an_alarm_are_listed_camera_by_camera(start):
    web = await start(pictured=Shelf())
    client = await web.script("viewer")
    async with client.get("/api/v1/pictures", params=OF) as answer:
        said = await answer.json()
    assert said["cameras"] == ["gate", "hall"]
    assert [(row["camera"], row["at"]) for row in said["items"]] == [
        ("gate", "1970-01-01T00:01:36.000Z"), ("hall", "1970-01-01T00:01:37.000Z"),
    ]  # fmt: skip
    assert said["complete"]


async def test_while_more_will_come_the_list_says_so(start):
    web = await start(pictured=Shelf(end=1 << 62))
    client = await web.script("viewer")
    async with client.get("/api/v1/pictures", params=OF) as answer:
        assert not (await answer.json())["complete"]


async def test_an_alarm_that_asked_for_none_has_none(start):
    web = await start(pictured=Shelf())
    client = await web.script("viewer")
    async with client.get("/api/v1/pictures", params=OF | {"occurrence": 2}) as answer:
        said = await answer.json()
    assert (said["cameras"], said["items"], said["start"], said["complete"]) == ([], [], None, True)


async def test_a_picture_is_a_jpeg_that_no_cache_keeps(start):
    shelf = Shelf()
    web = await start(pictured=shelf)
    client = await web.script("operator")
    async with client.get(f"/api/v1/pictures/gate/{96 * SECOND}.jpg", params=OF) as answer:
        assert answer.status == 200
        assert answer.content_type == "image/jpeg"
        assert "no-store" in answer.headers["Cache-Control"]
        assert await answer.read() == b"\xff\xd8 a jpeg"
    assert len(shelf.looked) == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
async def test_who_does_not_work_with_alarms_sees_no_picture(start, role):
    shelf = Shelf()
    web = await start(pictured=shelf)
    client = await web.script(role)
    async with client.get(f"/api/v1/pictures/gate/{96 * SECOND}.jpg", params=OF) as answer:
        assert answer.status == 403
    assert shelf.looked == []


@pytest.mark.parametrize("key", ["7", "-1", "x", "99999999999999999999999"])
async def test_a_picture_that_is_not_the_alarms_is_not_found(start, key):
    web = await start(pictured=Shelf())
    client = await web.script("operator")
    async with client.get(f"/api/v1/pictures/gate/{key}.jpg", params=OF) as answer:
        assert answer.status == 404


async def test_what_the_journal_cannot_take_is_not_shown(start):
    shelf = Shelf()
    shelf.refuse = True
    web = await start(pictured=shelf)
    client = await web.script("operator")
    async with client.get(f"/api/v1/pictures/gate/{96 * SECOND}.jpg", params=OF) as answer:
        assert answer.status == 503


async def test_a_hub_without_an_album_says_so(start):
    web = await start()
    client = await web.script("operator")
    async with client.get("/api/v1/pictures", params=OF) as answer:
        assert answer.status == 503
