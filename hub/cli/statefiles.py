"""The files of a state folder for backup and restore: copied while a hub writes, and given new names afterwards."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

NOT_COPIED = {"postgres", "lock"}
BESIDE = ("-wal", "-shm", "-journal")
LAST = {
    "spool.db": "select seq from sqlite_sequence where name = 'batch' union all select 0",
    "journal.db": "select max(last) from (select seq + n - 1 as last from batch union all select seq from checkpoint)",
}
"""The highest number that each file has given out."""
MAGIC = b"SQLite format 3\0"


def copy_state(state: Path, to: Path) -> list[str]:
    """Copy a state folder except its database server; databases as of one moment each. Return what was copied."""
    copied = []
    for path in sorted(state.iterdir()):
        if path.name in NOT_COPIED or path.name.endswith(BESIDE) or ".damaged-" in path.name or path.is_socket():
            continue
        target = to / path.name
        if path.is_dir():
            shutil.copytree(path, target)
        elif _is_database(path):
            _copy_database(path, target)
        else:
            shutil.copy2(path, target)
        copied.append(path.name)
    return copied


def renew(path: Path, stored: dict[str, int]) -> tuple[str, int]:
    """Give a journal or spool a new name, without what is stored already; return it and how far it is stored.

    The database knows the old name up to a number; new batches would take numbers that it believes to have.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("begin immediate")
        old = connection.execute("select id from identity").fetchone()[0]
        upto = max((seq for source, seq in stored.items() if source.replace("-", "") == old), default=0)
        if path.name == "spool.db":
            connection.execute("delete from batch where seq <= ?", (upto,))
        connection.execute("update identity set id = lower(hex(randomblob(16)))")
        new = connection.execute("select id from identity").fetchone()[0]
        last = connection.execute(LAST[path.name]).fetchone()[0] or 0
        connection.execute("commit")
    return new, min(upto, last)


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _copy_database(path: Path, target: Path) -> None:
    # A file made here is for its owner only, as the original is.
    target.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
