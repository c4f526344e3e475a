"""Simulated cameras are found by a probe to everybody, by one to a host, and by a question at their port."""

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from drivers import REGISTRY
from drivers.onvif.finding import TYPES, matches, probe
from hub.cli import app
from hub.config import load
from simulators.fleet import Fleet
from simulators.onvif.discovery import Announced, Responder, responder

SITE = """\
version: 1
site: {id: one, name: One, timezone: Asia/Ho_Chi_Minh}
zones: [{id: z, name: Z}]
devices:
  - id: gate
    name: Cổng Đông
    profile: onvif/camera
    zone: z
    connection: {host: 10.9.8.1, user: hub, password: {env: CAMERAS}}
  - {id: yard, name: Sân, profile: onvif/camera, zone: z, connection: {host: 10.9.8.2}}
  - {id: left, profile: onvif/camera, zone: z, connection: {host: 10.9.8.3, source: v0}}
  - {id: right, profile: onvif/camera, zone: z, connection: {host: 10.9.8.3, source: v1}}
"""


class Street:
    """A fleet of cameras and who answers for it, in a thread of their own."""

    def __init__(self, folder: Path) -> None:
        (folder / "site.yaml").write_text(SITE, encoding="utf-8")
        self.fleet = Fleet(load(folder, REGISTRY))
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self.responder: Responder = self.do(self._start())

    def do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    async def _start(self) -> Responder:
        await self.fleet.start()
        made = responder(self.fleet.site, self.fleet.where, port=0)
        await made.start()
        return made

    async def _stop(self) -> None:
        await self.responder.stop()
        await self.fleet.stop()

    def close(self) -> None:
        self.do(self._stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@contextmanager
def street(folder: Path) -> Iterator[Street]:
    made = Street(folder)
    try:
        yield made
    finally:
        made.close()


def discover(words: Sequence[str], **environment: str) -> Any:
    return CliRunner().invoke(app, ["discover", "onvif", *words], env=environment)


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    monkeypatch.setenv("CAMERAS", "kẹo dừa")
    with street(tmp_path) as made:
        yield made


def found(done: Any) -> dict[int, dict[str, Any]]:
    assert done.exit_code == 0, done.output
    return {d["connection"]["port"]: d for d in json.loads(done.stdout)["found"]}


def test_everybody_is_found_by_one_probe_and_says_who_he_is_where_he_may(town: Street) -> None:
    place = ["--probe", f"127.0.0.1:{town.responder.port}"]
    seen = found(discover([*place, "--json"]))
    ports = {d: town.fleet.where[d].port for d in ("gate", "yard", "left")}
    assert set(seen) == set(ports.values()), "three recorders, though four devices"
    assert seen[ports["yard"]]["profile"] == "onvif/camera"
    assert "Sân" in seen[ports["yard"]]["says"]
    assert "profiles M, Streaming, T" in seen[ports["yard"]]["says"]
    assert "does not accept" in seen[ports["gate"]]["says"] or "asks for a user" in seen[ports["gate"]]["says"]


def test_with_a_user_a_camera_tells_more_and_the_password_stays_out_of_the_file(town: Street, tmp_path: Path) -> None:
    place = ["--probe", f"127.0.0.1:{town.responder.port}", "-o", str(tmp_path / "new.yaml")]
    given = ["--connection", "user=hub", "--connection", "password=env:CAMERAS"]
    done = discover([*place, *given], CAMERAS="kẹo dừa")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "new.yaml").read_text(encoding="utf-8")
    assert "password: {secret: cameras}" in text
    assert "kẹo dừa" not in text
    assert "asked who it is" not in text


def test_a_host_is_asked_by_a_probe_of_its_own(town: Street) -> None:
    seen = found(discover(["127.0.0.1", "--probe", f":{town.responder.port}", "--json"]))
    assert len(seen) == 3


def test_a_host_without_discovery_is_asked_at_its_port(town: Street) -> None:
    port = town.fleet.where["yard"].port
    seen = found(discover([f"127.0.0.1:{port}", "127.0.0.1:1", "--probe", ":1", "--json"]))
    assert set(seen) == {port}


@pytest.mark.parametrize("given", ["127.0.0.1", ":0", ":x", "eth0:3702", "127.0.0.1:70000"])
def test_a_way_of_probing_that_is_none_ends_in_a_sentence(given: str) -> None:
    done = discover(["--probe", given])
    assert done.exit_code == 2
    assert "is no address of this machine and UDP port" in " ".join(done.output.replace("│", " ").split())


def test_nobody_is_said_to_be_nobody() -> None:
    done = discover(["127.0.0.1:1", "--probe", ":1"])
    assert (done.exit_code, "nobody answered" in done.output) == (1, True)


def test_an_answer_that_names_another_host_is_asked_at_its_own_and_said_so() -> None:
    async def main() -> bytes:
        made = Responder([Announced("a", "A", "http://192.0.2.66:8000")], 0)
        heard: list[bytes] = []
        made._transports.append(type("T", (), {"sendto": lambda _, data, _to: heard.append(data)})())  # type: ignore[arg-type]
        made.heard(probe(TYPES[0], "1"), ("127.0.0.1", 1))
        await asyncio.gather(*made._answering)
        return heard[0]

    (one,) = matches(asyncio.run(main()), "10.1.2.3")
    assert (one.host, one.port, one.elsewhere) == ("10.1.2.3", 80, "192.0.2.66")


@pytest.mark.parametrize(
    "datagram", [b"", b"<a/>", b"\xff" * 99, b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<ProbeMatch/>"]
)
def test_what_is_no_answer_finds_nobody(datagram: bytes) -> None:
    assert matches(datagram, "10.1.2.3") == []
