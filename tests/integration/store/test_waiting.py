"""`db status` says what waits in the spool for the database, and which pictures lie beside it."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.timescale.connections import opened
from adapters.timescale.migrate import migrate
from adapters.timescale.report import report
from hub.album import Album
from hub.cli.db import _text
from hub.cli.waiting import pictures, waiting
from hub.model import Lane, StorageError
from hub.spool import Rows, Spool

pytestmark = pytest.mark.database


async def spooled(folder: Path, batches: int) -> str:
    """Leave a spool with so many batches of ten records behind; return its name."""
    spool = Spool(folder / "spool.db", keep_free=0)
    for n in range(batches):
        spool.append(Rows("reading", Lane.LIVE, 10, n, n, b"x" * 100))
        await spool.flushed()
    spool.close()
    return spool.id


async def test_what_is_not_stored_yet_is_counted(empty: str, tmp_path: Path) -> None:
    source = await spooled(tmp_path, 3)
    async with opened(empty) as connection:
        await migrate(connection)
        await connection.execute("insert into ingest_cursor (source_id, last_seq) values (%s, 1)", (source,))
    found = await waiting(empty, tmp_path)
    assert found is not None
    assert (found.batches, found.records, found.bytes) == (2, 20, 200)
    text = _text(replace(await report(empty), waiting=found))
    assert "waiting in the spool: 20 records in 2 batches" in text


async def test_a_spool_that_this_database_never_saw_waits_whole(empty: str, tmp_path: Path) -> None:
    await spooled(tmp_path, 2)
    async with opened(empty) as connection:
        await migrate(connection)
    found = await waiting(empty, tmp_path)
    assert found is not None
    assert found.records == 20


async def test_without_a_state_folder_nothing_is_said(empty: str, tmp_path: Path) -> None:
    assert await waiting(empty, tmp_path) is None
    assert pictures(tmp_path) is None


def test_pictures_are_counted(tmp_path: Path) -> None:
    album = Album(tmp_path / "pictures.db", keep_free=0)
    album.keep("gate", 7, b"123456789")
    album.close()
    found = pictures(tmp_path)
    assert found is not None
    assert (found.pictures, found.bytes, found.oldest) == (1, 9, 7)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "pictures.db").write_bytes(b"no database" * 100)
    with pytest.raises(StorageError, match=r"pictures\.db cannot be read"):
        pictures(tmp_path)
