"""The commands that read configuration: what they print and how they end."""

import json
import socket
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hub.cli.check import check
from hub.cli.schema import schema
from hub.cli.show import show
from hub.config import shipped

STARTER = str(shipped() / "sites" / "starter")
CASES = Path(__file__).parents[2] / "cases" / "config"


@pytest.fixture(name="app")
def _app() -> typer.Typer:
    app = typer.Typer()
    for command in (check, show, schema):
        app.command()(command)
    return app


def run(app: typer.Typer, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def test_a_good_site_is_summed_up(app: typer.Typer) -> None:
    code, text = run(app, "check", STARTER)
    assert code == 0
    assert "10 devices" in text
    assert "3 × mqtt/smoke" in text


def test_a_bad_site_ends_with_78_and_every_mistake(app: typer.Typer) -> None:
    code, text = run(app, "check", str(CASES / "many-mistakes-at-once"))
    assert code == 78
    assert "site.yaml:4:7: error: unknown key 'prot'" in text
    assert "zones.yaml:2:14" in text
    assert "5 errors" in text


def test_json_says_the_same(app: typer.Typer) -> None:
    code, text = run(app, "check", str(CASES / "device-unknown-zone"), "--json")
    told = json.loads(text)
    assert code == 78
    assert told["valid"] is False
    assert told["problems"][0]["hint"] == "did you mean 'tn/market'?"
    assert json.loads(run(app, "check", STARTER, "--json")[1])["site"]["devices"] == 10


def test_connect_tells_which_devices_do_not_answer(app: typer.Typer, tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound and not listening: a port that refuses
        port = held.getsockname()[1]
        device = f"{{id: d, profile: power/en54-psu-modbus, zone: z, connection: {{host: 127.0.0.1, port: {port}}}}}"
        text = f"version: 1\nsite: {{id: s}}\nzones: [{{id: z}}]\ndevices:\n  - {device}\n"
        (tmp_path / "site.yaml").write_text(text)
        code, told = run(app, "check", str(tmp_path), "--connect")
    assert code == 1
    assert f"FAIL d: 127.0.0.1:{port}: connection refused" in told


def test_show_prints_a_device_without_its_secrets(app: typer.Typer, tmp_path: Path) -> None:
    connection = "{host: h, user: u, password: {secret: broker}}"
    device = f"{{id: d, profile: mqtt/smoke, zone: z, connection: {connection}}}"
    (tmp_path / "site.yaml").write_text(f"version: 1\nsite: {{id: s}}\nzones: [{{id: z}}]\ndevices:\n  - {device}\n")
    (tmp_path / "secrets.yaml").write_text("broker: hunter2\n")
    (tmp_path / "secrets.yaml").chmod(0o600)
    outputs = [run(app, "show", "d", "--site", str(tmp_path), *more)[1] for more in ([], ["--json"], ["--origin"])]
    assert all("hunter2" not in text and "***" in text for text in outputs)
    assert json.loads(outputs[1])["silent_after"] == "25h"
    assert "shipped/profiles/mqtt/smoke.yaml" in outputs[2]


def test_show_suggests_the_device_that_was_meant(app: typer.Typer) -> None:
    code, text = run(app, "show", "panel-markt", "--site", STARTER)
    assert code == 1
    assert "did you mean 'panel-market'?" in text


def test_schema_writes_what_is_shipped(app: typer.Typer, tmp_path: Path) -> None:
    code, text = run(app, "schema", "--out", str(tmp_path))
    assert code == 0
    assert text.count(".schema.json") == len(list(tmp_path.iterdir()))
    for path in tmp_path.iterdir():
        assert path.read_text() == (shipped() / "schema" / path.name).read_text()


def test_check_says_how_many_points_may_come_with_rows(app: typer.Typer, tmp_path: Path) -> None:
    connection = "{host: h, version: 2c, community: {env: HOME}}"
    device = f"{{id: sw, profile: net/switch-ifmib, zone: z, connection: {connection}}}"
    (tmp_path / "site.yaml").write_text(f"version: 1\nsite: {{id: s}}\nzones: [{{id: z}}]\ndevices: [{device}]\n")
    assert "up to 2048 more points may come" in run(app, "check", str(tmp_path))[1]
    told = json.loads(run(app, "check", str(tmp_path), "--json")[1])
    assert told["site"]["points_to_come"] == 2048
