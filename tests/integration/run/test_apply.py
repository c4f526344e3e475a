"""`citywatch plan`, `apply`, `reload`, SIGHUP and REST against a running hub: whole or not at all, nothing lost."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from hub.journal import glimpse
from hub.model import SystemNote, Transition
from tests.integration.demo.process import citywatch
from tests.integration.run.test_real_devices import set_coil
from tests.support.mosquitto import Mosquitto
from tests.support.real_site import NOWHERE, write_site
from tests.support.running_hub import RunningHub, running_hub, until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(150)]
FIRE, FLAG, SLOW = "fire:panel/z01.alarm", "flagged:d0/flag", "slow:d1/level"


async def said(hub: RunningHub, *arguments: str | Path, code: int = 0) -> str:
    """Run a command against a hub; return everything that it said."""
    async with citywatch(*arguments, "--url", hub.url) as process:
        out = await process.rest()
        assert await process.ended() == code, out + process.said
        return out + process.said


def change(file: Path, *pairs: tuple[str, str]) -> None:
    text = file.read_text()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    file.write_text(text)


def journaled(state: Path) -> list[Any]:
    """Return everything in a journal whose hub has ended."""
    return glimpse(state / "journal.db", "none of this name")[1]


def without_flagged(site: Path) -> None:
    """Take the rule `flagged` out of the site's files."""
    rules = site / "rules.yaml"
    head, _, rest = rules.read_text().partition("  - id: flagged\n")
    rules.write_text(head + rest[rest.index("  - id: slow") :])


async def standing(hub: RunningHub, broker: Mosquitto, panel: int) -> None:
    """Let a fire stand that somebody acknowledged, a flag, and a delay that runs."""
    await hub.until_listening(broker)
    await hub.until_reading("panel", "temperature", 21.5, quality="good")
    await set_coil(panel, 1, on=True)
    await asyncio.to_thread(broker.publish, "real/d0", '{"flag": true}')
    await asyncio.to_thread(broker.publish, "real/d1", '{"level": 9}')
    await hub.until_alarm(FLAG, active=True)
    await hub.until_alarm(FIRE, active=True)
    body = {"occurrence": 1, "request": "a1"}
    status, answer = await hub.post(f"/alarms/{FIRE}/ack", body)
    assert status == 200, answer


async def test_what_is_shown_is_applied_and_everything_else_goes_on(
    broker: Mosquitto, panel: int, tmp_path: Path
) -> None:
    site = write_site(tmp_path / "site", dsn=NOWHERE, mqtt=broker.port, modbus=panel, slow="3s")
    state = tmp_path / "state"
    async with running_hub(site, state) as hub:
        await standing(hub, broker, panel)
        opened = (await hub.metrics())['citywatch_lines_opened_total{driver="modbus"}']
        without_flagged(site)
        change(site / "rules.yaml", ("when: {above: 5}", "when: {above: 6}"))
        change(site / "devices.yaml", ("name: Detector 2", "name: Second floor"))
        with (site / "devices.yaml").open("a") as devices:
            devices.write(
                "  - {id: d9, name: New, profile: test/detector, zone: town, "
                f'connection: {{host: 127.0.0.1, port: {broker.port}, topic: "real/{{device}}"}}}}\n'
            )
        told = await said(hub, "plan", site, "--state", state)
        for line in ("+ device d9", "~ device d2: title", "- rule flagged", "~ rule slow: when", f"alarm ends: {FLAG}"):
            assert line in told, told
        assert "panel" not in told, "its line is not touched"
        assert FLAG in await hub.alarms(), "a plan changes nothing"
        plan = await hub.get("/configuration/plan")
        assert plan["reconnect"] == ["d0", "d1", "d2"], "they share a session with the new one"
        assert "applied" in await said(hub, "apply", site, "--yes", "--state", state)
        alarms = await hub.alarms()
        assert FLAG not in alarms
        assert alarms[FIRE]["acked_by"] == "engineer"
        assert (await hub.get("/devices/d2"))["title"]["en"] == "Second floor"
        await hub.until_alarm(SLOW, active=True)  # the value 9, judged by the new limit at once
        await asyncio.to_thread(broker.publish, "real/d9", '{"alarm": true}')
        await hub.until_alarm("fire:d9/alarm", active=True)
        assert (await hub.metrics())['citywatch_lines_opened_total{driver="modbus"}'] == opened
        assert not (await hub.get("/configuration/plan"))["changes"]
        assert await hub.stop() == 0
    records = journaled(state)
    (note,) = [r for r in records if isinstance(r, SystemNote) and r.what == "configuration_applied"]
    assert note.detail["who"].startswith("cli-")
    assert note.detail["ended"] == [FLAG]
    (end,) = [r for r in records if isinstance(r, Transition) and r.input == "remove"]
    assert (end.alarm, end.who) == (FLAG, note.detail["who"])
    assert "Traceback" not in hub.process.said


async def test_mistakes_change_nothing_and_are_said_with_their_place_whoever_asks(
    broker: Mosquitto, panel: int, tmp_path: Path
) -> None:
    site = write_site(tmp_path / "site", dsn=NOWHERE, mqtt=broker.port, modbus=panel)
    state = tmp_path / "state"
    async with running_hub(site, state) as hub:
        await standing(hub, broker, panel)
        status, plan = await hub.post("/configuration/apply", {})
        assert (status, plan["changes"]) == (200, False)
        without_flagged(site)
        change(site / "rules.yaml", ("for_each: {kind: fire.alarm}", "for_each: {kind: fire.alrm}"))
        status, problem = await hub.post("/configuration/apply", {})
        assert (status, problem["code"]) == (422, "invalid_configuration")
        assert problem["problems"][0] | {"column": 0} == problem["problems"][0] | {
            "file": "rules.yaml", "line": 6, "column": 0, "level": "error"
        }  # fmt: skip
        assert "rules.yaml:6:" in await said(hub, "apply", site, "--yes", "--state", state, code=78)
        os.kill(hub.process.pid, signal.SIGHUP)
        await until(lambda: "rules.yaml:6:" in hub.process.said, "the mistake on standard error")
        assert FLAG in await hub.alarms(), "nothing has changed"
        change(site / "rules.yaml", ("fire.alrm", "fire.alarm"))
        os.kill(hub.process.pid, signal.SIGHUP)
        await until(lambda: "the files were taken over" in hub.process.said, "the reload")
        assert set(await hub.alarms()) == {FIRE}
        status, problem = await hub.post("/configuration/apply", {"digest": plan["digest"]})
        assert (status, problem["code"]) == (409, "conflict"), "that plan is not what the files say now"
        assert await hub.stop() == 0
    refused = [r.detail for r in journaled(state) if isinstance(r, SystemNote) and r.what == "configuration_refused"]
    assert [d["who"] for d in refused] == ["engineer", "SIGHUP", "engineer"]
    assert "rules.yaml:6:" in refused[0]["problems"][0]
    assert "Traceback" not in hub.process.said


async def test_a_hub_that_is_killed_while_it_applies_comes_back_whole(
    broker: Mosquitto, panel: int, tmp_path: Path
) -> None:
    site = write_site(tmp_path / "site", dsn=NOWHERE, mqtt=broker.port, modbus=panel)
    state = tmp_path / "state"
    async with running_hub(site, state) as hub:
        await standing(hub, broker, panel)
    before = (site / "rules.yaml").read_text()
    for pause in (0.0, 0.15, 0.3):
        (site / "rules.yaml").write_text(before)
        async with running_hub(site, state) as hub:
            await hub.until_listening(broker)
            await asyncio.to_thread(broker.publish, "real/d0", '{"flag": true}')
            await hub.until_alarm(FLAG, active=True)
            without_flagged(site)
            os.kill(hub.process.pid, signal.SIGHUP)
            await asyncio.sleep(pause)  # the moment of the kill is what is varied, nothing is waited for
            await hub.kill()
        async with running_hub(site, state) as hub:
            alarms = await hub.alarms()
            assert FLAG not in alarms
            assert alarms[FIRE]["acked_by"] == "engineer"
            assert (await hub.get("/site"))["rules"] == 3
            assert await hub.stop() == 0
    removed = [r.alarm for r in journaled(state) if isinstance(r, Transition) and r.input == "remove"]
    assert removed == [FLAG] * 3, "once for each time, whoever of the two hubs wrote it"
