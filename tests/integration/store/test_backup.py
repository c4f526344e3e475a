"""Promise 8: a backup taken while the hub writes is restored elsewhere, and goes on without loss and doubles."""

import asyncio
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.timescale import EmbeddedPostgres
from hub.cli import backup
from hub.cli.db import app
from hub.cli.statefiles import copy_state
from hub.model import DAY, DeviceChange, DeviceState, SystemNote
from hub.model.passage import Passage
from hub.wire.passages import encode_passages
from tests.integration.store.harness import NOW, Store, reading, running, until

pytestmark = pytest.mark.database

EVERYTHING = "select value from reading order by value"
JOURNALED = "select body ->> 'what' from journal where kind = 'system_note' order by at, body ->> 'what'"


def a_site(folder: Path, url: str) -> Path:
    """Return a site folder without devices, over a database."""
    folder.mkdir()
    text = f"version: 1\nsite: {{id: test}}\nstore: {{url: {url!r}}}\nzones: [{{id: town}}]\n"
    (folder / "site.yaml").write_text(text, encoding="utf-8")
    return folder


async def pass_by(store: Store, reads: int) -> None:
    passage = Passage("1" * 16, reads, "gate", "gate", "1", NOW, NOW, NOW, reads, plate="20A12345")
    await store.spool_body("passage", encode_passages([passage], store.site.id), 1, NOW, NOW)


def url_of(dsn: str) -> str:
    parts = dict(part.split("=", 1) for part in dsn.split())
    return f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}"


async def test_a_backup_is_restored_with_every_row_once_and_the_spool_goes_on(
    tmp_path: Path, empty: str, counterpart_of_same_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, target = tmp_path / "state", tmp_path / "restored"
    state.mkdir()
    site = a_site(tmp_path / "site", url_of(empty))
    copied = copy_state

    async with running(state, empty) as store:
        await store.record(SystemNote("a", {}, NOW), DeviceChange("gate", DeviceState.ONLINE, "", "", NOW))
        await store.spool_readings([reading(float(n), NOW - n * DAY) for n in range(5)])
        await pass_by(store, 1)
        await store.stored()
        await store.adapter.roll_up()
        await store.halt()
        # Waiting in the spool when it is copied: the first is stored before the dump, so it is in both.
        await store.spool_readings([reading(100.0)])
        await store.record(SystemNote("b", {}, NOW + 1))
        copy = tmp_path / "copy"
        copy.mkdir()
        copied(state, copy)
        store.run()
        await store.stored()
        await store.halt()
        await store.spool_readings([reading(200.0)])
        after_copy = store.spool.id

    monkeypatch.setattr(backup, "copy_state", lambda _state, to: copied(copy, to))
    file = tmp_path / "backup.tar"
    await asyncio.to_thread(backup.backup, site, state, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    (tmp_path / "site" / "site.yaml").unlink()
    (tmp_path / "site").rmdir()
    site = a_site(tmp_path / "site", url_of(counterpart_of_same_kind))
    await asyncio.to_thread(backup.restore, site, target, file)

    async with running(target, counterpart_of_same_kind) as restored:
        await restored.spool_readings([reading(300.0)])
        await pass_by(restored, 2)
        await restored.record(SystemNote("c", {}, NOW + 2))
        await restored.stored()
        assert [row[0] for row in await restored.rows(EVERYTHING)] == [0.0, 1.0, 2.0, 3.0, 4.0, 100.0, 300.0]
        assert [row[0] for row in await restored.rows(JOURNALED)] == ["a", "b", "c"]
        assert await restored.one("select count(*) from reading_1h") > 0
        assert await restored.rows("select reads, plate from v_passage_plate") == [(2, "20A12345")]
        assert restored.spool.id != after_copy
        await restored.adapter.housekeep()


async def test_a_spool_brought_back_by_hand_loses_nothing_that_comes_after(tmp_path: Path, empty: str) -> None:
    state, old = tmp_path / "state", tmp_path / "old"
    state.mkdir()
    old.mkdir()
    async with running(state, empty) as store:
        await store.spool_readings([reading(1.0)])
        await store.stored()
        await store.halt()
        copy_state(state, old)
        store.run()
        for value in (2.0, 3.0):
            await store.spool_readings([reading(value)])
            await store.stored()
    async with running(old, empty) as store:
        await store.spool_readings([reading(4.0)])
        await store.stored()
        await until(lambda: _stored(store, 4))
        assert await store.rows(EVERYTHING) == [(1.0,), (2.0,), (3.0,), (4.0,)]


async def _stored(store: Store, count: int) -> bool:
    return bool(await store.one("select count(*) from reading") == count)


def test_commands_make_a_backup_restore_it_and_hold_what_is_in_it(tmp_path: Path) -> None:
    state, back, site = tmp_path / "state", tmp_path / "back", a_site(tmp_path / "site", "embedded")
    with served(state) as dsn:
        asyncio.run(one_stored_and_one_waiting(state, dsn))
    file = tmp_path / "b.tar"
    assert "it holds accounts and keys" in said("backup", site, file, "--state", state)
    assert "start the hub" in said("restore", site, file, "--state", back)
    with served(back) as dsn:
        assert asyncio.run(all_values(back, dsn)) == [1.0, 2.0]
        span = ("--from", "2026-01-01T00:00:00Z", "--to", "2026-02-01T00:00:00Z")
        assert said("hold", site, *span, "--reason", "court", "--state", back) == "hold 1\n"
        assert "court" in said("holds", site, "--state", back)
        told = said("status", site, "--state", back)
        assert "hold 1: everything 2026-01-01 to 2026-02-01" in told
        assert "reading_1m" in told
        assert said("release", site, 1, "--state", back) == "hold 1 is released\n"


@contextmanager
def served(state: Path) -> Iterator[str]:
    server = EmbeddedPostgres(state, settings={"fsync": "off"})
    try:
        yield asyncio.run(server.start())
    finally:
        asyncio.run(server.stop())


def said(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


async def one_stored_and_one_waiting(state: Path, dsn: str) -> None:
    async with running(state, dsn) as store:
        await store.spool_readings([reading(1.0)])
        await store.stored()
        await store.halt()
        await store.spool_readings([reading(2.0)])


async def all_values(state: Path, dsn: str) -> list[float]:
    async with running(state, dsn) as store:
        await store.stored()
        return [row[0] for row in await store.rows(EVERYTHING)]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["backup", "{site}", "{there}"], "exists already"),
        (["restore", "{site}", "{there}"], "is not empty"),
        (["restore", "{site}", "{there}", "--state", "{new}"], "is no backup of Citywatch"),
        (["hold", "{site}", "--from", "x", "--to", "y", "--reason", "z"], "is not a time like"),
    ],
)
def test_a_mistake_is_said_in_one_sentence(tmp_path: Path, command: list[str], message: str) -> None:
    there = tmp_path / "there"
    there.write_text("x", encoding="utf-8")
    names = {"site": str(a_site(tmp_path / "site", "embedded")), "there": str(there), "new": str(tmp_path / "new")}
    words = [word.format(**names) for word in command]
    words += [] if "--state" in words else ["--state", str(tmp_path)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code != 0
    assert message in str(done.exception)
