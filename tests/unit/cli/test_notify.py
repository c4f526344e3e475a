"""`citywatch notify`: a test message that says it is one, and dead letters with another try."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.notify import app
from hub.model import CitywatchError, Refused
from hub.model.notify import EVENTS, Channel
from tests.integration.notify.receivers import Receiver, receiver
from tests.unit.notify.station import Scripted, a_told_site, station

SITE = """
version: 1
site: {{id: lab, name: Lab, language: en}}
zones: [{{id: a}}]
contacts: {{an: {{name: An, phone: "0912"}}}}
channels:
  sms: {{type: http, url: "{url}", local: true, json: {{to: "{{phone}}", text: "{{text}}"}}}}
  cap: {{type: cap, sender: lab, status: Actual}}
"""


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    if isinstance(result.exception, CitywatchError):
        return 1, str(result.exception)
    return result.exit_code, result.output


def a_site(folder: Path, url: str = "http://127.0.0.1:1/") -> str:
    (folder / "site.yaml").write_text(SITE.format(url=url))
    return str(folder)


async def served(folder: Path, *words: str, there: Receiver | None = None) -> tuple[int, str]:
    site = a_site(folder, there.url if there else "http://127.0.0.1:1/")
    return await asyncio.to_thread(run, words[0], site, *words[1:])


async def test_a_test_message_goes_the_way_an_alarm_would(tmp_path: Path):
    async with receiver() as there:
        code, text = await served(tmp_path, "test", "sms", "--to", "an", there=there)
    assert (code, text) == (0, "sent over sms → An: 200\n")
    said = json.loads(there.got[0][2])
    assert said["to"] == "0912"
    assert said["text"].startswith("[LOW] TEST MESSAGE: Test message from Citywatch, there is no alarm")


async def test_a_test_over_cap_is_a_cap_test_whatever_the_channel_says(tmp_path: Path):
    code, text = await served(tmp_path, "test", "cap", "--state", str(tmp_path / "state"), "--json")
    assert code == 0
    (name,) = json.loads(text)["answers"]
    assert b"<status>Test</status>" in (tmp_path / "state" / "cap" / "cap" / name).read_bytes()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("test", "smss"), "there is no channel 'smss'; the channels are cap, sms"),
        (("test", "sms"), "'sms' reaches people: name one with --to (an)"),
        (("test", "sms", "--to", "ann"), "there is no contact 'ann'; the contacts are an"),
        (("test", "sms", "--to", "an"), "127.0.0.1:1 cannot be reached"),
    ],
)
async def test_what_does_not_work_is_a_sentence(tmp_path: Path, words: tuple[str, ...], why: str):
    code, text = await served(tmp_path, *words)
    assert code == 1
    assert why in text


async def test_dead_letters_are_listed_beside_a_running_hub_and_tried_again_on_order(tmp_path: Path):
    picky = Scripted()
    picky.answers = [Refused("declined", "answers 422")]
    hook = Channel("hook", "webhook", None, tells=frozenset(EVENTS))
    state = str(tmp_path)
    async with station(tmp_path, a_told_site(hook), scripted=picky) as hub:
        await hub.alarm()
        await hub.until(lambda: hub.adapter.ledger.dead)
        _, listed = await asyncio.to_thread(run, "dead-letters", "--state", state, "--json")
        (letter,) = json.loads(listed)
        assert (letter["error"], letter["alarms"], letter["to"]) == ("answers 422", 1, "an")
        code, text = await asyncio.to_thread(run, "dead-letters", "--state", state, "--retry")
        assert code == 0
        assert "1 will be tried again" in text
        hub.adapter.wake()
        await hub.until(lambda: picky.took)
        await hub.until(lambda: hub.outcomes()[-1] == "sent")
        assert await asyncio.to_thread(run, "dead-letters", "--state", state) == (0, "none\n")
        code, text = await asyncio.to_thread(run, "dead-letters", "--state", state, "--key", "x")
        assert (code, text) == (1, f"there is no dead letter 'x' in {state}")


def test_a_folder_without_a_journal_is_named(tmp_path: Path):
    assert "name the hub's state folder" in run("dead-letters", "--state", str(tmp_path))[1]
