"""The load of alarms, from the database."""

import asyncio
import json
from contextlib import nullcontext
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.kpi import Occurrence, kpis
from hub.model import HOUR, SECOND, Hold, HoldKind
from hub.model.clock import iso
from tests.integration.store.harness import NOW, SITE, running
from tests.integration.store.test_store import transition

pytestmark = pytest.mark.database


async def test_occurrences_come_back_with_the_first_acknowledgement_and_what_held_them(tmp_path: Path, empty: str):
    held = (Hold(HoldKind.SUPPRESSED, NOW, by="alarm:x"),)
    async with running(tmp_path, empty) as store:
        await store.record(transition(1, "raise"), transition(2, "ack", at=30, who="lan"))
        await store.record(transition(3, "realarm", at=60), transition(4, "ack", at=90, who="anh"))
        await store.record(transition(5, "return", at=100), transition(6, "raise", occurrence=2, at=200, holds=held))
        await store.stored()
        found, coverage = await store.adapter.occurrences(NOW - HOUR, NOW + HOUR)
        assert found == [
            Occurrence("fire:panel/alarm", "critical", NOW, NOW + 100 * SECOND, NOW + 30 * SECOND),
            Occurrence("fire:panel/alarm", "critical", NOW + 200 * SECOND, held=True),
        ]
        assert 0.0 <= coverage <= 1.0
        assert kpis(found, NOW - HOUR, NOW + HOUR).ack.p50 == 30.0


async def test_the_command_prints_the_load_in_both_languages_and_as_json(
    tmp_path: Path, empty: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hub.cli.report.database", lambda _site, _state: nullcontext(empty))
    monkeypatch.setenv("CITYWATCH_LANG", "en")
    async with running(tmp_path, empty) as store:
        for n in range(12):
            await store.record(transition(1, "raise", occurrence=n + 1, at=n))
        await store.stored()
    site = tmp_path / "site"
    site.mkdir()
    (site / "site.yaml").write_text(f"version: 1\nsite: {{id: {SITE.id}}}\n")

    def run(*options: str) -> str:
        told = CliRunner().invoke(app, ["report", "alarms", str(site), "--state", str(tmp_path), *options])
        assert told.exit_code == 0, told.output
        return told.output

    whole = ("--since", iso(NOW - HOUR), "--until", iso(NOW + HOUR))
    found = json.loads(await asyncio.to_thread(run, *whole, "--json"))
    assert (found["alarms"], found["floods"][0]["alarms"]) == (12, 12)
    assert "Chattering within a minute" in await asyncio.to_thread(run, *whole)
    monkeypatch.setenv("CITYWATCH_LANG", "vi")
    assert "Thời gian bị ngập báo động" in await asyncio.to_thread(run, *whole)
    refused = await asyncio.to_thread(
        CliRunner().invoke, app, ["report", "alarms", str(site), "--state", str(tmp_path), "--since", "soon"]
    )
    assert "neither a duration" in str(refused.exception)
