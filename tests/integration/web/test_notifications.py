"""Notifications over REST: channels with their health, messages that wait or were given up, another try, CAP."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from adapters.notify.board import Board
from adapters.outbound import Away
from adapters.web.telling import DeadLetterPage, NotificationsAnswer
from hub.model import SECOND, Refused
from hub.model.notify import EVENTS, Channel
from tests.integration.notify.receivers import a_channel
from tests.integration.web.conftest import Running, Start
from tests.unit.notify.station import Scripted, a_told_site, station

HOOK = Channel("hook", "webhook", None, tells=frozenset(EVENTS))


async def get(web: Running, path: str, role: str = "viewer") -> tuple[int, Any]:
    client = await web.script(role, f"{role}{path}")
    async with client.get(f"/api/v1{path}") as answer:
        return answer.status, await answer.json()


async def test_a_failing_channel_is_seen_with_its_reason_and_what_waits(start: Start, tmp_path: Path):
    away = Scripted()
    away.answers = [Away("no route to host")] * 100
    async with station(tmp_path, a_told_site(HOOK), scripted=away) as run:
        await run.alarm()
        await run.until(lambda: run.outcomes().count("failed") >= 2, step=SECOND)
        web = await start(notifier=Board(run.adapter, tmp_path))
        status, said = await get(web, "/notifications")
    NotificationsAnswer.model_validate(said)
    assert status == 200
    (channel,) = said["channels"]
    assert (channel["state"], channel["detail"], channel["waiting"]) == ("failing", "no route to host", 1)
    assert said["waiting"][0]["error"] == "no route to host"
    assert {item["outcome"] for item in said["items"]} == {"failed", "queued"}
    assert said["items"][-1]["alarms"] == ["fire:panel/zone.alarm"]


async def test_a_dead_letter_is_tried_again_by_an_engineer_and_by_nobody_else(start: Start, tmp_path: Path):
    picky = Scripted()
    picky.answers = [Refused("declined", "answers 422")]
    async with station(tmp_path, a_told_site(HOOK), scripted=picky) as run:
        await run.alarm()
        await run.until(lambda: run.adapter.ledger.dead)
        web = await start(notifier=Board(run.adapter, tmp_path))
        _, page = await get(web, "/notifications/dead-letters")
        DeadLetterPage.model_validate(page)
        (letter,) = page["items"]
        assert (letter["error"], letter["next"]) == ("answers 422", None)
        path = f"/api/v1/notifications/{letter['delivery']['key']}/retry"
        for role, status in (("viewer", 403), ("operator", 403), ("admin", 403), ("engineer", 200), ("engineer", 404)):
            client = await web.script(role)
            async with client.post(path) as answer:
                assert answer.status == status, role
        await run.until(lambda: picky.took)
        assert [r.who for r in run.adapter.recent if r.outcome == "requeued"] == ["script"]


async def test_a_channel_that_delivers_is_online_and_counted_in_the_metrics(start: Start, tmp_path: Path):
    async with station(tmp_path, a_told_site(HOOK), scripted=Scripted()) as run:
        await run.alarm()
        await run.until(lambda: "sent" in run.outcomes())
        board = Board(run.adapter, tmp_path)
        web = await start(notifier=board)
        _, said = await get(web, "/notifications?channel=hook&limit=1")
        figures = {figure.name: figure.value for figure in board.figures()}
    assert said["channels"][0]["state"] == "online"
    assert [item["outcome"] for item in said["items"]] == ["sent"]
    assert (figures["citywatch_notify_sent"], figures["citywatch_notify_failing"]) == (1, 0)


async def test_cap_documents_are_fetched_through_their_feed(start: Start, tmp_path: Path):
    channel = a_channel("cap", "warnings", sender="ioc@tn.example")
    async with station(tmp_path, a_told_site(channel)) as run:
        await run.alarm()
        await run.until(lambda: "sent" in run.outcomes())
        web = await start(notifier=Board(run.adapter, tmp_path))
        client = await web.script("viewer")
        async with client.get("/api/v1/cap/warnings") as answer:
            assert answer.headers["Content-Type"].startswith("application/atom+xml")
            atom = Xml.fromstring(await answer.read())
        (link,) = [e.get("href") for e in atom.iter("{http://www.w3.org/2005/Atom}link")]
        async with client.get(f"/api/v1/cap/{link}") as answer:
            assert answer.headers["Content-Type"].startswith("application/cap+xml")
            assert b"urn:oasis:names:tc:emergency:cap:1.2" in await answer.read()
        for wrong in ("nothing", "warnings/..%2Findex.json", "warnings/index.json"):
            async with client.get(f"/api/v1/cap/{wrong}") as answer:
                assert answer.status == 404, wrong


@pytest.mark.parametrize("path", ["/notifications", "/notifications/dead-letters"])
async def test_a_hub_that_tells_nobody_says_so(web: Running, path: str):
    status, said = await get(web, path)
    assert (status, said["code"]) == (503, "no_notifier")
