"""Searches on real servers of the loopback: files for review, bounded, and kept when they are stopped."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drivers import REGISTRY
from hub.cli import app
from hub.cli.sweeping import TOGETHER, sweep
from hub.config import inspect
from tests.support import mosquitto, snmpd
from tests.support.opcua_shared import shared


def discover(*words: str, **environment: str):
    return CliRunner().invoke(app, ["discover", *words], env=environment)


def test_an_agent_is_found_and_matched_to_a_shipped_profile(tmp_path: Path):
    if reason := snmpd.available():
        pytest.skip(reason)
    with snmpd.running(tmp_path / "agent") as agent:
        out = tmp_path / "new.yaml"
        given = ["--connection", "version=2c", "--connection", "community=env:WORD"]
        done = discover("snmp", f"127.0.0.1:{agent.port}", *given, "-o", str(out), WORD=snmpd.COMMUNITY)
        assert done.exit_code == 0, done.output
        wrong = discover("snmp", f"127.0.0.1:{agent.port}", *given, WORD="another")
    text = out.read_text()
    assert "profile: net/linux-host" in text
    assert "community: {secret: snmp_community}" in text
    assert snmpd.COMMUNITY not in text
    assert (wrong.exit_code, "nobody answered" in wrong.output) == (1, True)


def test_units_tell_what_they_are_and_a_refusal_is_an_answer():
    identity = b"\x2b\x0e\x01\x01\x00\x00\x02\x00\x05Maker\x01\x05Panel"
    answers = {1: identity, 2: b"\xab\x01", 3: b"\xab\x0b"}
    with modbus(answers) as port:
        done = discover("modbus", f"127.0.0.1:{port}", "--units", "1-4", "--json")
    found = json.loads(done.stdout)["found"]
    assert [(d["connection"]["unit"], d["says"]) for d in found] == [
        (1, "vendor Maker, product Panel"),
        (2, "does not say what it is"),
    ], "unit 3 is a gateway's word for nobody, unit 4 is silent"


class modbus:  # noqa: N801 - reads as a context, `with modbus(answers) as port`
    """A Modbus/TCP server of a few lines: what each unit answers; the others say nothing."""

    def __init__(self, answers: dict[int, bytes]) -> None:
        self._answers = answers
        self.asked = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> int:
        self._thread.start()
        start = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result(5)
        return self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readexactly(7)
                self.asked.set()
                await reader.readexactly(4)
                body = self._answers.get(head[6])
                if body is not None:
                    writer.write(head[:4] + (1 + len(body)).to_bytes(2, "big") + head[6:7] + body)
        except asyncio.IncompleteReadError:
            writer.close()

    def __exit__(self, *_: object) -> None:
        async def end() -> None:
            self._server.close()
            await self._server.wait_closed()

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


def test_ctrl_c_ends_a_search_keeps_what_it_found_and_says_what_it_did_not_ask():
    server = modbus({1: b"\xab\x01"})
    with server as port:
        command = [sys.executable, "-m", "hub", "discover", "modbus", f"127.0.0.0/22:{port}", "--units", "1", "--json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert server.asked.wait(60)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    (note,) = json.loads(out)["notes"]
    assert "of 1022 addresses; the rest was not asked" in note


def test_an_opc_ua_server_shows_its_endpoints_and_their_security():
    done = discover("opcua", f"127.0.0.1:{shared().port}")
    assert done.exit_code == 0, done.output
    assert "Basic256Sha256 SignAndEncrypt" in done.output
    assert "certificate sha256:" in done.output


@pytest.mark.broker
def test_a_broker_is_listened_at_and_the_file_asks_for_zone_and_profile(tmp_path: Path):
    if why := mosquitto.available():
        pytest.skip(why)
    out = tmp_path / "site" / "devices" / "new.yaml"
    with mosquitto.running(tmp_path / "broker") as broker:
        broker.publish("zigbee2mqtt/bridge/state", "{}", retain=True)
        broker.publish("zigbee2mqtt/hall", '{"smoke": false}', retain=True)
        done = discover("mqtt", f"127.0.0.1:{broker.port}", "--seconds", "1", "-o", str(out))
    assert done.exit_code == 0, done.output
    assert "profile: mqtt/smoke" in out.read_text()
    (tmp_path / "site" / "site.yaml").write_text(
        "version: 1\nsite: {id: s}\nzones: [{id: z}]\ninclude: [devices/*.yaml]\n"
    )
    _, problems = inspect(tmp_path / "site", REGISTRY)
    assert [p.message for p in problems] == ["unknown zone 'choose'"]


def test_a_large_network_is_not_searched_unasked():
    done = discover("modbus", "10.0.0.0/20")
    assert done.exit_code == 2
    assert "--yes" in done.output


async def test_a_search_asks_few_at_once_and_keeps_what_it_found_when_it_is_stopped():
    stop, busy, most, told = asyncio.Event(), 0, 0, []

    async def ask(host: str) -> list[str]:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        if int(host) >= 100:
            stop.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        busy -= 1
        return [host]

    found = await sweep(map(str, range(100_000)), ask, stop, lambda *at: told.append(at), pause=0)
    assert found[:100] == [str(n) for n in range(100)]
    assert most <= TOGETHER
    assert told[-1][0] >= 100
