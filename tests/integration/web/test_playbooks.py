"""Checklists over REST: seen by all who may read, marked by those who may acknowledge, refused with a reason."""

from pathlib import Path

from adapters.web.playing import ChecklistAnswer
from hub.model import SECOND
from tests.integration.web.conftest import Running, Start
from tests.unit.hub.test_playbooks import FIRE, desk

PATH = f"/api/v1/alarms/{FIRE}/playbook"


async def post(web: Running, path: str, body: object, role: str = "operator", name: str = "an"):
    client = await web.script(role, name)
    async with client.post(path, json=body) as answer:
        return answer.status, await answer.json()


async def test_a_step_is_marked_by_an_operator_and_seen_by_a_viewer(start: Start, tmp_path: Path):
    async with desk(tmp_path) as d:
        await d.alarm()
        web = await start(checklists=d.playbooks)
        status, said = await post(web, f"{PATH}/call", {"occurrence": 1, "note": "on my way"})
        assert status == 200, said
        client = await web.script("viewer", "screen")
        async with client.get(PATH) as answer:
            said = await answer.json()
        ChecklistAnswer.model_validate(said)
        assert (said["started_by"], said["occurrence"], said["mark"]) == ("an", 1, None)
        assert [(s["step"], s["by"], s["note"]) for s in said["steps"]][:2] == [
            ("call", "an", "on my way"),
            ("brigade", None, None),
        ]
        assert said["steps"][0]["text"] == {"vi": "Gọi xác minh", "en": "Call the site"}
        assert said["steps"][0]["due"] > said["since"]


async def test_what_may_not_be_marked_says_why(start: Start, tmp_path: Path):
    async with desk(tmp_path) as d:
        await d.alarm()
        d.clock.advance(SECOND)
        web = await start(checklists=d.playbooks)
        for path, body, role, status, code in (
            (f"{PATH}/call", {"occurrence": 2}, "operator", 409, "conflict"),
            (f"{PATH}/dance", {"occurrence": 1}, "operator", 404, "unknown"),
            ("/api/v1/alarms/none:x/playbook", {"occurrence": 1}, "operator", 404, "unknown"),
            (PATH, {"occurrence": 1}, "viewer", 403, "forbidden"),
            (PATH, {"occurrence": 1}, "admin", 403, "forbidden"),
            (PATH, {"occurrence": 0}, "operator", 400, "bad_request"),
        ):
            got, said = await post(web, path, body, role, f"{role} {path}")
            assert (got, said["code"]) == (status, code), (path, role)
        client = await web.script("viewer", "screen")
        async with client.get("/api/v1/alarms/hot:x/playbook") as answer:
            assert answer.status == 404
    assert d.playbooks.of(FIRE) is not None
