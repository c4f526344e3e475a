"""`citywatch replay`: candidate rules on the history that a real database holds."""

import asyncio
import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
import typer
from psycopg.conninfo import conninfo_to_dict
from typer.testing import CliRunner

from hub.cli.replay import replay
from hub.model import Quality, Reason
from hub.model.clock import HOUR, MINUTE
from tests.integration.store.harness import NOW, SITE, reading, running

pytestmark = pytest.mark.database

YAML = """version: 1
site: {{id: {id}}}
zones: [{{id: tn}}]
store: {{url: {{env: REPLAYED}}}}
devices: [{{id: panel, profile: mqtt/smoke, zone: tn, connection: {{host: 127.0.0.1}}}}]
rules:
  - id: hot
    category: environment
    priority: low
    for_each: {{kind: env.temperature}}
    when: {{above: 50}}
    text: Hot
"""
CANDIDATE = """rules:
  - {id: hot, category: environment, priority: low, for_each: {kind: env.temperature}, when: {above: 65}, text: Hot}
  - id: climbs
    category: environment
    priority: low
    for_each: {kind: env.temperature}
    when: {rises: 30, within: 10m}
    text: Climbs
"""


@pytest.fixture
def site(tmp_path: Path, empty: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "site.yaml").write_text(YAML.format(id=SITE.id))
    parts = conninfo_to_dict(empty)
    more = urlencode({key: str(value) for key, value in parts.items() if key not in {"dbname"}})
    monkeypatch.setenv("REPLAYED", f"postgresql:///{parts['dbname']}?{more}")
    return folder


async def replayed(*arguments: object) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(replay)
    result = await asyncio.to_thread(CliRunner().invoke, app, [str(a) for a in arguments])
    assert result.exit_code == 0, (result.exception, getattr(result.exception, "problems", ""))
    return result.exit_code, result.stdout


async def test_candidate_rules_are_counted_beside_the_running_ones(tmp_path: Path, empty: str, site: Path) -> None:
    candidate = tmp_path / "candidate.yaml"
    candidate.write_text(CANDIDATE)
    start = NOW - 2 * HOUR
    values = [20.0, 60.0, 20.0, 70.0, 20.0, 40.0]
    async with running(tmp_path, empty) as store:
        past = [reading(value, start + n * 11 * MINUTE) for n, value in enumerate(values)]
        lost = reading(99.0, start + 80 * MINUTE, quality=Quality.BAD, reason=Reason.NO_COMMUNICATION)
        await store.spool_readings([*past, lost])
        await store.stored()
        code, said = await replayed(site, "--state", tmp_path, "--since", "3h", "--rules", candidate, "--json")
        code_alone, alone = await replayed(site, "--state", tmp_path, "--since", "3h", "--json")
        _, text = await replayed(site, "--state", tmp_path, "--since", "3h", "--rules", candidate)
    found = {change["rule"]: change for change in json.loads(said)["rules"]}
    assert (code, code_alone) == (0, 0)
    assert (found["hot"]["before"]["raised"], found["hot"]["after"]["raised"]) == (2, 1)
    assert found["hot"]["after"]["first"] == start + 33 * MINUTE
    assert found["climbs"]["before"] is None
    assert found["climbs"]["after"]["raised"] == 2
    assert json.loads(alone)["alarms"]["hot:panel/temperature"]["raised"] == 2
    assert "2 → 1" in text
    assert "new: 2" in text
