"""Promise 8: a site moves from one server to the other, and its spool goes on where it was."""

import asyncio
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from adapters.timescale.embedded import EmbeddedPostgres
from adapters.timescale.report import report
from adapters.timescale.transfer import TABLES, transfer
from hub.cli.db import app
from hub.model import DeviceChange, DeviceEvent, DeviceState, StorageError, Stray
from hub.model.clock import DAY
from hub.model.passage import Passage
from hub.wire.passages import encode_passages
from tests.integration.store.harness import NOW, reading, running, until
from tests.support import postgres

pytestmark = pytest.mark.database

SITE = Path(__file__).resolve().parents[3] / "config" / "sites" / "starter"


async def test_everything_moves_in_either_direction_and_the_spool_goes_on(tmp_path: Path, empty: str, counterpart: str):
    async with running(tmp_path, empty) as store:
        await store.spool_readings([reading(float(n), NOW - n * DAY) for n in range(20)])
        await store.spool_readings([reading("mở", NOW, "panel/state")])
        await store.spool_events([DeviceEvent("gate", "net.trap", {"n": n}, None, NOW + n * 1000) for n in range(3)])
        await store.spool_strays([Stray("gate", "t", "no", b"\0", NOW)])
        passage = Passage("0" * 15 + "1", 1, "gate", "gate", "1", NOW, NOW, NOW, 1, plate="20A12345", keys=("1" * 16,))
        await store.spool_body("passage", encode_passages([passage], store.site.id), 1, NOW, NOW)
        await store.record(DeviceChange("gate", DeviceState.OFFLINE, "timeout", "", NOW))
        await until(lambda: store.adapter.statistics["latest"].connected)
        store.fresh = [reading(0.0)]
        await until(lambda: store.adapter.statistics["latest"].sent == 1)
        await store.stored()
        await store.halt()
        before = await store.rows("select * from v_reading order by time, point")
        copied = await transfer(empty, counterpart)
        assert set(copied) == set(TABLES)
        assert (copied["reading"], copied["device_event"], copied["point_state"]) == (21, 3, 1)
        assert await store.one("select plate from v_passage_plate") == "20A12345"
        store.dsn = counterpart
        store.adapter.connect_to(counterpart)
        assert await store.rows("select * from v_reading order by time, point") == before
        store.run()
        await store.spool_readings([reading(99.0)])
        await store.spool_events([DeviceEvent("gate", "net.trap", {"n": 3}, None, NOW + 3000)])
        better = replace(passage, revision=2, reads=2)
        await store.spool_body("passage", encode_passages([better], store.site.id), 1, NOW, NOW)
        await store.record(DeviceChange("gate", DeviceState.ONLINE, "", "", NOW + 1))
        await until(lambda: store.adapter.connected)
        await store.stored()
        assert await store.one("select count(*) from reading") == 22
        assert await store.rows("select reads, plate from v_passage_plate") == [(2, "20A12345")]
        assert await store.rows("select attributes->>'n' from v_event where kind = 'net.trap' order by id") == [
            ("0",),
            ("1",),
            ("2",),
            ("3",),
        ]
        assert await store.rows("select count(*), count(distinct id) from journal") == [(2, 2)]
    with pytest.raises(StorageError, match="has rows in `zone` already"):
        await transfer(empty, counterpart)


async def test_a_report_names_the_database_and_what_it_lacks(tmp_path: Path, empty: str):
    fresh = await report(empty)
    assert len(fresh.missing) == len(fresh.migrations) > 0
    async with running(tmp_path, empty) as store:
        await until(lambda: store.adapter.connected)
        found = await report(empty)
        assert found.missing == []
        assert (found.dead_letters, found.bytes > 0) == (0, True)


def test_the_command_line_starts_an_embedded_database_that_is_not_running():
    with postgres.state_folder() as state:
        run = CliRunner()
        arguments = [str(SITE), "--state", str(state)]
        absent = run.invoke(app, ["status", *arguments])
        assert "there is no embedded database" in str(absent.exception)

        async def make() -> None:
            server = EmbeddedPostgres(state)
            await server.start()
            await server.stop()

        asyncio.run(make())
        assert "missing: `citywatch db migrate`" in run.invoke(app, ["status", *arguments]).output
        assert "0001 names" in run.invoke(app, ["migrate", *arguments]).output
        assert run.invoke(app, ["migrate", *arguments]).output == "nothing to do\n"
        assert "missing" not in run.invoke(app, ["status", *arguments]).output
        assert "only while the hub does" in str(run.invoke(app, ["url", *arguments]).exception)


def test_the_command_line_hides_the_password_of_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    site = shutil.copytree(SITE, tmp_path / "site")
    monkeypatch.setenv("CITYWATCH_TEST_URL", "postgresql://hub:geheim@db.example:5432/city")
    text = (site / "site.yaml").read_text(encoding="utf-8")
    (site / "site.yaml").write_text(text.replace("url: embedded", "url: {env: CITYWATCH_TEST_URL}"), encoding="utf-8")
    shown = CliRunner().invoke(app, ["url", str(site), "--state", str(tmp_path)])
    assert "host=db.example" in shown.output
    assert "password=***" in shown.output
    assert "geheim" not in shown.output
