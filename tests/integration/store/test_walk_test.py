"""`citywatch walktest` on the journal in a real database."""

import asyncio
import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
import typer
from psycopg.conninfo import conninfo_to_dict
from typer.testing import CliRunner

from hub.cli.walktest import walk_test
from hub.model import Priority, Text, Transition
from tests.integration.store.harness import NOW, SITE, running

pytestmark = pytest.mark.database

YAML = """version: 1
site: {{id: {id}}}
zones: [{{id: tn}}]
include: [shipped/rules/fire.yaml]
store: {{url: {{env: WALKED}}}}
devices:
  - id: panel
    profile: fire/en54-modbus
    zone: tn
    connection: {{host: 127.0.0.1}}
    with: {{zones: 2}}
"""


def raised(point: str, mark: str | None) -> Transition:
    return Transition(
        alarm=f"fire:{point}", occurrence=1, n=1, input="raise", active=True, acked=False, latched=False,
        priority=Priority.CRITICAL, category="fire", rule="fire", device="panel", point=point, zone="tn",
        text=Text.same("x"), cause={}, at=NOW, mark=mark,
    )  # fmt: skip


async def test_marked_alarms_are_seen_and_others_are_missing(
    tmp_path: Path, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "site.yaml").write_text(YAML.format(id=SITE.id))
    parts = conninfo_to_dict(empty)
    more = urlencode({key: str(value) for key, value in parts.items() if key != "dbname"})
    monkeypatch.setenv("WALKED", f"postgresql:///{parts['dbname']}?{more}")
    async with running(tmp_path, empty) as store:
        await store.record(raised("panel/z01.alarm", "TEST"))
        await store.record(raised("panel/z02.alarm", None))
        await store.stored()
        app = typer.Typer()
        app.command()(walk_test)
        asked = [str(folder), "--state", str(tmp_path), "--json"]
        result = await asyncio.to_thread(CliRunner().invoke, app, asked)
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [one["point"] for one in found["seen"]] == ["panel/z01.alarm"]
    assert "panel/z02.alarm" in found["not_seen"]
