"""Plates on every wire: no route, frame or problem carries a whole one to somebody without the right."""

import json
from typing import Annotated, Any

import pytest
from msgspec.structs import replace
from pydantic import BaseModel, TypeAdapter

from adapters.base import JournalRow
from adapters.web.frames import Do
from adapters.web.passing import LookedPage, PassagePage
from adapters.web.server import routes
from hub.model import DeviceEvent, Refused, SystemNote
from hub.model.clock import from_iso
from hub.model.looking import Grant, Guarded
from hub.roles import Person, Role
from tests.integration.web.conftest import Running
from tests.integration.web.test_access import _path

PLATE = "20A-123.45"
KNOWN = ("20A-123.45", "20A12345")
FIRE = "fire:panel-1/z01.alarm"


def _shown(text: str) -> bool:
    return any(plate in text for plate in KNOWN)


async def _fill(web: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let plates come in wherever a device, a person or the hub itself can say something."""
    now = web.clock.now()
    web.hub.raise_(FIRE)
    passage = DeviceEvent(
        "panel-1", "traffic.passage", {"plate": PLATE, "speed": 51.5, "text": f"xe {PLATE}"}, now, now
    )
    web.hub.publish(
        passage, SystemNote("not_understood", {"error": f"what is {PLATE}?", "deep": {"plate": PLATE}}, now)
    )

    async def journal(**_: Any) -> list[JournalRow]:
        body = {"note": f"xe {PLATE}", "detail": {"plate": PLATE}, "at": now}
        return [JournalRow(1, now, "system_note", body)]

    async def events(**_: Any) -> list[dict[str, Any]]:
        attributes = {"plate": PLATE, "plate_norm": "20A12345", "speed": 51.5}
        row = {"id": "1-1", "time": "2023-11-14T22:13:19.000Z", "device": "panel-2", "lag_ms": None}
        return [row | {"kind": "traffic.passage", "attributes": attributes, "dedupe_key": None}]

    monkeypatch.setattr(web.hub, "journal", journal)
    monkeypatch.setattr(web.hub, "events", events)


@pytest.mark.parametrize("role", list(Role))
async def test_no_route_shows_a_plate_to_anybody_in_passing(
    web: Running, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    await _fill(web, monkeypatch)
    client = await web.script(role)
    heard = []
    for route in routes():
        if route.method == "GET":
            async with client.get(_path(route.path)) as answer:
                body = await answer.text()
            assert not _shown(body), f"{route.path} as {role}: {body[:500]}"
            heard.append(body)
    assert any("20A-***.45" in body for body in heard)


async def test_no_frame_shows_a_plate(web: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    console = await web.console()
    for id_, topic in enumerate(("alarms", "devices", "events", "system"), 1):
        await console.subscribe(topic, id_)
    await _fill(web, monkeypatch)
    await console.say(
        t="do", cid="c", op="comment", items=[{"alarm": FIRE, "occurrence": 0}], note=f"xe {PLATE} đã dừng"
    )
    await console.until("done")
    web.beat()
    await console.until("hb")
    assert not _shown(json.dumps(console.heard, ensure_ascii=False))
    assert "20A-***.45" in json.dumps(console.heard)
    assert web.hub.acted[-1].note == "xe 20A-***.45 đã dừng"


@pytest.mark.parametrize(
    "model",
    [Do, *sorted({route.body for route in routes() if route.body}, key=lambda m: m.__name__)],
    ids=lambda m: m.__name__,
)
def test_what_people_write_is_masked_at_the_door(model: type[BaseModel]) -> None:
    """A comment is read by everybody who may read the alarm."""
    for name in {"note", "purpose"} & model.model_fields.keys():
        field = model.model_fields[name]
        shape: Any = Annotated[field.annotation, None, *field.metadata]
        taken: str = TypeAdapter(shape).validate_python(f"xe {PLATE}")
        assert taken == "xe 20A-***.45", name


async def test_a_problem_says_no_plate_either(web: Running) -> None:
    client = await web.script("engineer")
    async with client.get(f"/api/v1/devices/{PLATE}") as answer:
        assert answer.status == 404
        assert not _shown(await answer.text())


WHY = "Công văn 12/CSGT, tìm xe 20A-123.45"


async def test_passages_are_listed_with_masked_plates_and_filters(web: Running) -> None:
    client = await web.script("viewer")
    filters = {
        "device": "panel-1", "zone": "tn", "lane": "1", "class": "car", "violation": "any", "limit": "2",
        "from": "2023-11-14T00:00:00Z", "to": "2023-11-15T00:00:00Z", "before": "1-1",
    }  # fmt: skip
    async with client.get("/api/v1/passages", params=filters) as answer:
        page = await answer.json()
    PassagePage.model_validate(page)
    assert [row["plate"] for row in page["items"]] == ["20A-***.45"] * 2
    assert page["next"] == "1700000000000000-1"
    [query] = web.hub.asked
    assert (query.device, query.zones, query.lane, query.vehicle, query.limit) == ("panel-1", ("tn",), "1", "car", 2)
    assert (query.violation, query.violations, query.before, query.plate, query.ids) == (None, True, "1-1", None, ())
    assert (query.start, query.end) == (from_iso("2023-11-14T00:00:00Z"), from_iso("2023-11-15T00:00:00Z"))


@pytest.mark.parametrize("query", ["plate=20A12345", "limit=2000", "from=now", "from=2030-01-01T00:00:00Z"])
async def test_nobody_finds_out_a_plate_by_asking_the_list(web: Running, query: str) -> None:
    client = await web.script("operator")
    async with client.get(f"/api/v1/passages?{query}") as answer:
        assert answer.status == 400
        assert not _shown(await answer.text())
    assert web.hub.asked == []


async def test_a_look_shows_whole_plates_to_who_says_why(web: Running) -> None:
    client = await web.script("operator", "hoa")
    body = {"purpose": WHY, "plate": "20A-123.45", "ids": ["0000000000000001"], "zone": "tn"}
    async with client.post("/api/v1/passages/look", json=body) as answer:
        page = await answer.json()
    LookedPage.model_validate(page)
    assert [row["plate"] for row in page["items"]] == ["20A12345"] * 2
    [(person, query, purpose)] = web.hub.looked
    assert (person, purpose) == (Person("hoa", Role.OPERATOR), "Công văn 12/CSGT, tìm xe 20A-***.45")
    assert (query.plate, query.ids, query.zones) == ("20A12345", ("0000000000000001",), ("tn",))


@pytest.mark.parametrize(
    ("body", "code"),
    [({}, "bad_request"), ({"purpose": "x"}, "bad_request"), ({"purpose": WHY, "plate": "20A-1?3.45"}, "bad_plate"),
     ({"purpose": WHY, "limit": 1000}, "bad_request"), ({"purpose": WHY, "from": "2030-01-01"}, "bad_period")],
)  # fmt: skip
async def test_a_look_without_a_purpose_or_a_plate_that_is_none_is_refused(
    web: Running, body: dict[str, Any], code: str
) -> None:
    client = await web.script("operator")
    async with client.post("/api/v1/passages/look", json=body) as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (400, code)
    assert web.hub.looked == []


@pytest.mark.parametrize(("reason", "status"), [("not_allowed", 403), ("not_recorded", 503), ("bad_period", 400)])
async def test_what_the_desk_refuses_is_told_by_its_reason(web: Running, reason: str, status: int) -> None:
    web.hub.refusal = Refused(reason, f"no, not {PLATE}")
    client = await web.script("operator")
    async with client.post("/api/v1/passages/look", json={"purpose": WHY}) as answer:
        said = await answer.json(content_type=None)
        assert (answer.status, said["code"], said["detail"]) == (status, reason, "no, not 20A-***.45")


async def test_a_page_of_another_origin_cannot_look(web: Running) -> None:
    browser = await web.browser("operator")
    headers = {"Origin": "https://evil.example"}
    async with browser.post("/api/v1/passages/look", json={"purpose": WHY}, headers=headers) as answer:
        assert answer.status == 403
    assert web.hub.looked == []


async def test_people_are_told_that_they_may_look_only_where_the_site_grants_it(web: Running) -> None:
    client = await web.script("operator", "hoa")

    async def may() -> list[str]:
        async with client.get("/api/v1/me") as answer:
            told: list[str] = (await answer.json())["may"]
        assert (await web.console(client)).hello["may"] == told
        return told

    assert "plates" not in await may()
    web.hub.site = replace(web.hub.site, guarded=Guarded((Grant(("tn",), users=frozenset({"hoa"})),)))
    assert "plates" in await may()
