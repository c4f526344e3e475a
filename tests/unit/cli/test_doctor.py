"""`citywatch doctor`: each step in its turn, the first that fails with what cures it, in both languages."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from drivers import REGISTRY
from drivers.runner import bind
from hub.cli.cures import CURES
from hub.cli.doctor import doctor, examine
from hub.cli.examining import Examination, Step
from hub.config import load
from hub.model import NoAnswer, Refused, Unreachable
from tests.integration.web.conftest import Start, start
from tests.support.broken_modbus import broken_modbus, exception, good, never
from tests.unit.http.test_ingest import signed

__all__ = ["start"]

SITE = """
version: 1
site: {{id: sick, name: {{vi: Thử, en: Test}}, timezone: Asia/Ho_Chi_Minh, language: en}}
web: {{host: 127.0.0.1, port: 0}}
zones: [{{id: town, name: {{vi: Phố, en: Town}}}}]
devices:
  - {{id: meter, profile: test/meter, zone: town, timeout: 200ms, connection: {{host: {host}, port: {port}}}{more}}}
"""
METER = """
profile: test/meter
title: {vi: Đồng hồ, en: Meter}
driver: modbus
source: this test
points:
  level: {kind: device.value, range: [0, 1000], address: {table: holding, register: 20}}
  mode: {kind: device.state, map: {"265": one, "266": two}, address: {table: holding, register: 10}}
examples:
""" + "".join(f"  - {{point: level, raw: [{n}], value: {n}}}\n" for n in range(5))
DESK = """
profile: test/desk
title: {vi: Bàn, en: Desk}
driver: http-ingest
source: this test
points:
  open: {kind: report.open, address: {path: open}}
examples:
""" + "".join(f"  - {{point: open, raw: '{{\"open\": {n}}}', value: {n}}}\n" for n in range(5))


def written(folder: Path, port: int, host: str = "127.0.0.1", more: str = "", meter: str = METER) -> Path:
    (folder / "profiles" / "test").mkdir(parents=True)
    (folder / "profiles" / "test" / "meter.yaml").write_text(meter, encoding="utf-8")
    (folder / "site.yaml").write_text(SITE.format(host=host, port=port, more=more), encoding="utf-8")
    return folder


async def examined(folder: Path, port: int, spoken: str = "en", **site: str) -> dict[str, Any]:
    loaded = load(written(folder, port, **site), REGISTRY)
    (row,) = await examine(loaded, list(loaded.devices.values()), spoken, 1.0)
    return row


def ends(row: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    return [step["step"] for step in row["steps"]], row["steps"][-1]


async def test_a_well_device_passes_every_step(tmp_path: Path) -> None:
    async with broken_modbus() as server:
        server.script = [good]
        row = await examined(tmp_path, server.port)
    names, last = ends(row)
    assert (row["ok"], names) == (True, ["configuration", "name", "port", "sign_in", "read", "decode"])
    assert last["says"] == "2 values"
    assert all(step["fix"] == "" for step in row["steps"])


async def test_a_name_that_nobody_knows_ends_at_the_name(tmp_path: Path) -> None:
    names, last = ends(await examined(tmp_path, 502, host="no-such-host.invalid"))
    assert (names[-1], last["ok"]) == ("name", False)
    assert "try its IP address" in last["fix"]


async def test_a_closed_port_ends_at_the_port(tmp_path: Path) -> None:
    async with broken_modbus() as server:
        port = server.port
    names, last = ends(await examined(tmp_path, port, "vi"))
    assert (names[-1], last["ok"]) == ("port", False)
    assert "kiểm tra `port:`" in last["fix"]


@pytest.mark.parametrize(
    ("behaviour", "step", "cure"),
    [(never, "read", "check unit id"), (exception(2), "read", "does not have these points"),
     (exception(11), "read", "check unit id")],
)  # fmt: skip
async def test_a_device_that_does_not_answer_its_read_ends_there(
    tmp_path: Path, behaviour: Any, step: str, cure: str
) -> None:
    async with broken_modbus() as server:
        server.script = [behaviour]
        names, last = ends(await examined(tmp_path, server.port))
    assert (names[-1], last["ok"]) == (step, False)
    assert cure in last["fix"] or cure in last["fix"].replace("do not", "does not")


@pytest.mark.parametrize(
    ("old", "new", "says", "cure"),
    [
        ('"266": two', '"7": two', "mode = 266", "compare type, byte order"),
        ("[0, 1000]", "[0, 5]", "level = 276", "scale"),
    ],
)
async def test_values_that_make_no_sense_end_at_decoding(
    tmp_path: Path, old: str, new: str, says: str, cure: str
) -> None:
    async with broken_modbus() as server:
        server.script = [good]
        row = await examined(tmp_path, server.port, meter=METER.replace(old, new))
    names, last = ends(row)
    assert (names[-1], last["ok"]) == ("decode", False)
    assert says in last["says"]
    assert cure in last["fix"]


async def test_a_device_that_is_switched_off_says_so(tmp_path: Path) -> None:
    names, last = ends(await examined(tmp_path, 502, more=", enabled: false"))
    assert names == ["configuration"]
    assert "enabled: false" in last["fix"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [(Unreachable("no", "auth_failed"), "correct the secret"), (Unreachable("no", "cert_expired"), "renew it"),
     (NoAnswer("no"), "check unit id"), (ImportError("no module"), "library is missing")],
)  # fmt: skip
def test_every_reason_of_a_refused_sign_in_has_its_cure(tmp_path: Path, fault: Exception, words: str) -> None:
    device = load(written(tmp_path, 502), REGISTRY).devices["meter"]
    examination = Examination(device, bind(device), REGISTRY["modbus"], "en", 1.0)
    examination._fault("sign_in", fault)
    assert isinstance(examination.steps[0], Step)
    assert words in examination.steps[0].fix


def test_every_cure_is_said_in_both_languages() -> None:
    assert all(vi and en and vi != en for vi, en in CURES.values())


def test_the_command_prints_steps_and_cure_and_ends_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYWATCH_LANG", "vi")
    folder = written(tmp_path, 502, host="no-such-host.invalid")
    with pytest.raises(typer.Exit) as ended:
        doctor("meter", folder)
    assert ended.value.exit_code == 1
    said = capsys.readouterr().out
    assert "ok   cấu hình" in said
    assert "FAIL tên máy (DNS): no-such-host.invalid" in said
    assert "→ sửa `host:`" in said
    with pytest.raises(typer.Exit):
        doctor("", folder, as_json=True)
    assert json.loads(capsys.readouterr().out)[0]["ok"] is False
    with pytest.raises(typer.Exit):
        doctor("metre", folder)
    assert "did you mean 'meter'" in capsys.readouterr().err


def inlet_site(folder: Path, port: int) -> Path:
    (folder / "profiles" / "test").mkdir(parents=True)
    (folder / "profiles" / "test" / "desk.yaml").write_text(DESK, encoding="utf-8")
    (folder / "key").write_text("k" * 32, encoding="utf-8")
    (folder / "site.yaml").write_text(
        "version: 1\nsite: {id: sick, timezone: Asia/Ho_Chi_Minh, language: en}\n"
        f"web: {{host: 127.0.0.1, port: {port}}}\nzones: [{{id: town}}]\ndevices:\n"
        f"  - {{id: desk, profile: test/desk, zone: town, connection: {{secret: {{file: {folder / 'key'}}}}}}}\n",
        encoding="utf-8",
    )
    return folder


class Inlets:
    """A hub's inlets, and how they answer."""

    def __init__(self, reason: str) -> None:
        self.reason, self.bodies = reason, list[bytes]()

    def largest(self, device: str) -> int | None:
        return 4096 if device == "desk" and self.reason != "gone" else None

    async def receive(self, _device: str, key: str, signed_at: str, signature: str, body: bytes) -> bool:
        assert signature == signed(body, key, int(signed_at), "k" * 32)
        self.bodies.append(body)
        raise Refused(self.reason, f"says the hub: {self.reason}")


@pytest.mark.parametrize(
    ("reason", "steps", "ok", "fix"),
    [
        ("schema", ["configuration", "port", "sign_in", "read"], True, ""),
        ("unsigned", ["configuration", "sign_in"], False, CURES["unsigned"][1]),
        ("gone", ["configuration", "sign_in"], False, CURES["misconfigured"][1]),
        ("not_ready", ["configuration", "sign_in"], False, CURES["refused"][1]),
    ],
)
async def test_a_device_that_pushes_is_examined_at_the_hub_itself_and_nothing_is_stored(
    tmp_path: Path, start: Start, reason: str, steps: list[str], ok: bool, fix: str
) -> None:
    inlets = Inlets(reason)
    web = await start(inlets=inlets)
    loaded = load(inlet_site(tmp_path, int(web.url.rpartition(":")[2])), REGISTRY)
    (row,) = await examine(loaded, list(loaded.devices.values()), "en", 1.0)
    names, last = ends(row)
    assert (names, row["ok"], last["fix"]) == (steps, ok, fix)
    assert inlets.bodies == ([] if reason == "gone" else [b"[]"]), "no object: nothing that a hub would take"


async def test_without_a_hub_a_device_that_pushes_is_told_to_start_one(tmp_path: Path) -> None:
    loaded = load(inlet_site(tmp_path, 9), REGISTRY)
    (row,) = await examine(loaded, list(loaded.devices.values()), "en", 1.0)
    names, last = ends(row)
    assert (names, last["fix"]) == (["configuration", "port"], CURES["no_hub"][1])
