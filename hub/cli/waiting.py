"""What of a state folder belongs to the report on a database: what waits for it, and the pictures beside it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import UUID

from adapters.timescale.connections import away_on_error, opened
from adapters.timescale.report import Kept, Waiting
from hub.model import StorageError

CURSOR = "select last_seq from ingest_cursor where source_id = %s"
BATCHES = "select count(*), coalesce(sum(n), 0), coalesce(sum(length(body)), 0) from batch where seq > ?"
PICTURES = "select count(*), coalesce(sum(length(body)), 0), min(at) from picture"


async def waiting(dsn: str, state: Path) -> Waiting | None:
    """Return what lies in the spool and is not in the database; None without a spool. Raises Away, StorageError."""
    spool = state / "spool.db"
    if not spool.is_file():
        return None
    with _reading(spool) as file:
        source = UUID(file.execute("select id from identity").fetchone()[0])
        with away_on_error():
            async with opened(dsn) as connection:
                row = await (await connection.execute(CURSOR, (source,))).fetchone()
        return Waiting(*file.execute(BATCHES, (row[0] if row else 0,)).fetchone())


def pictures(state: Path) -> Kept | None:
    """Return how many pictures are kept with alarms; None without an album. Raises StorageError."""
    album = state / "pictures.db"
    if not album.is_file():
        return None
    with _reading(album) as file:
        return Kept(*file.execute(PICTURES).fetchone())


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            yield file
    except sqlite3.Error as error:
        raise StorageError(f"{path} cannot be read: {error}") from error
