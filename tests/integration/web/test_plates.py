"""Plates on every wire: no route, frame or problem carries a whole one to somebody without the right."""

import json
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, TypeAdapter

from adapters.base import JournalRow
from adapters.web.frames import Do
from adapters.web.server import routes
from hub.model import DeviceEvent, SystemNote
from hub.roles import Role
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


@pytest.mark.parametrize("model", [Do, *{route.body for route in routes() if route.body}], ids=lambda m: m.__name__)
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
