"""`citywatch` as a person meets it: what it teaches, what it refuses, and in which words."""

import asyncio
import os
import signal
import socket
from pathlib import Path

import pytest

from hub.cli import COMMANDS
from tests.integration.demo.process import citywatch, gone
from tests.support.mosquitto import free_port
from tests.support.real_site import NOWHERE, write_site
from tests.support.running_hub import running_hub

pytestmark = pytest.mark.timeout(120)


async def said(*arguments: str | Path) -> tuple[int, str]:
    """Run a command to its end; return its exit code and everything that it said."""
    async with citywatch(*arguments) as process:
        out = await process.rest()
        code = await process.ended()
        return code, out + process.said


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site whose broker and database nobody serves."""
    tmp_path.chmod(0o755)
    return write_site(tmp_path / "site", dsn=NOWHERE, mqtt=free_port())


async def test_without_arguments_it_teaches() -> None:
    _, text = await said()
    assert "Usage" in text
    for name in COMMANDS:
        assert name in text


async def test_every_command_has_help() -> None:
    async def helps(name: str) -> None:
        code, text = await said(name, "--help")
        assert code == 0, text
        assert "Usage" in text
        assert "--help" in text

    for names in (list(COMMANDS)[:5], list(COMMANDS)[5:]):
        await asyncio.gather(*(helps(name) for name in names))


async def test_a_word_that_is_no_command_is_answered_with_exit_2_and_no_traceback() -> None:
    code, text = await said("rnu")
    assert code == 2
    assert "rnu" in text
    assert "Traceback" not in text


async def test_a_wrong_site_is_refused_with_78_and_the_place(site: Path) -> None:
    devices = site / "devices.yaml"
    devices.write_text(devices.read_text().replace("profile: test/detector", "profile: test/detectr", 1))
    code, text = await said("run", site, "--state", site.parent / "state", "--port", "0")
    assert code == 78
    assert "devices.yaml:2:" in text
    assert "test/detector" in text, "what was meant"
    assert "^" in text, "a caret below the place"
    assert "Traceback" not in text
    assert not (site.parent / "state").exists(), "nothing was begun"


async def test_a_folder_that_is_no_site_is_refused_with_a_sentence(tmp_path: Path) -> None:
    code, text = await said("run", tmp_path)
    assert code in (2, 78)
    assert "site.yaml" in text
    assert "Traceback" not in text


async def test_a_port_in_use_is_said_and_nothing_stays_behind(site: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, text = await said("run", site, "--state", site.parent / "state", "--port", str(port))
    assert code == 1
    assert f"127.0.0.1:{port}" in text
    assert "choose another" in text
    assert "Traceback" not in text


async def test_a_state_folder_that_cannot_be_one_is_said(site: Path) -> None:
    code, text = await said("run", site, "--state", site / "site.yaml", "--port", "0")
    assert code == 1
    assert "--state" in text
    assert "Traceback" not in text


async def test_a_second_hub_on_the_same_state_is_refused_and_the_first_goes_on(site: Path) -> None:
    state = site.parent / "state"
    async with running_hub(site, state) as hub:
        code, text = await said("run", site, "--state", state, "--port", "0")
        assert code == 1
        assert "another hub runs on" in text
        assert "--state" in text
        assert "Traceback" not in text
        assert await hub.get("/site")
        family = hub.process.family()
        assert await hub.stop() == 0
    assert await gone(family)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_also_when_broker_and_database_are_away(site: Path, number: signal.Signals) -> None:
    async with running_hub(site, site.parent / "state") as hub:
        async with asyncio.timeout(20):
            assert await hub.process.send(number) == 0
    assert "Traceback" not in hub.process.said


async def test_a_signal_while_it_starts_stops_it(site: Path) -> None:
    slow = site / "site.yaml"
    slow.write_text(slow.read_text().replace(f'"{NOWHERE}"', "embedded"))
    async with citywatch("run", site, "--state", site.parent / "state", "--port", "0") as process:
        async with asyncio.timeout(30):
            while "journal" not in process.said:
                await asyncio.sleep(0.02)
        family = process.family()
        async with asyncio.timeout(20):
            assert await process.send(signal.SIGTERM) == 0
    assert await gone(family)
    assert "Traceback" not in process.said


@pytest.mark.database
async def test_a_damaged_state_is_set_aside_and_said_and_alarms_work(site: Path) -> None:
    state = site.parent / "state"
    state.mkdir()
    for name in ("journal.db", "spool.db"):
        (state / name).write_bytes(os.urandom(9000))
    async with running_hub(site, state) as hub:
        assert await hub.get("/site")
        assert await hub.stop() == 0
    assert {p.name.split(".db")[0] for p in state.glob("*.damaged-*")} == {"journal", "spool"}
    assert hub.process.said.count("set aside") == 2
    assert "Traceback" not in hub.process.said


@pytest.mark.database
async def test_a_database_that_cannot_be_started_is_no_reason_not_to_watch(site: Path) -> None:
    slow, state = site / "site.yaml", site.parent / "state"
    slow.write_text(slow.read_text().replace(f'"{NOWHERE}"', "embedded"))
    (state / "postgres" / "data").mkdir(parents=True)
    (state / "postgres" / "data" / "PG_VERSION").write_text("9\n")
    async with running_hub(site, state) as hub:
        assert "the database does not start" in hub.process.said
        async with hub.web.get(f"{hub.url}/readyz") as answer:
            detail = await answer.json()
        assert (answer.status, detail["database"], detail["journal"], detail["spool"]) == (503, False, True, True)
        assert await hub.get("/alarms")
        assert await hub.stop() == 0
    assert "Traceback" not in hub.process.said
