"""`citywatch db backup` and `restore`: the state folder and the database of a site as one file.

The state folder is copied first: what the database stores meanwhile is in both, and is taken out of the spool again
when it is restored; what arrives later is in neither. So nothing is there twice, and nothing of before is missing.
"""

import asyncio
import os
import tarfile
import tempfile
from pathlib import Path

import msgspec

from adapters.timescale import EmbeddedPostgres
from adapters.timescale.dump import dump, fill, follow
from drivers import REGISTRY
from hub import __version__
from hub.cli.statefiles import copy_state, renew
from hub.cli.store import EMBEDDED, database
from hub.config import load
from hub.model import StorageError

DUMP, STATE, ABOUT = "database.dump", "state", "backup.json"


class About(msgspec.Struct):
    """What a backup says of itself."""

    site: str
    version: str
    files: list[str]


def backup(site: Path, state: Path, file: Path) -> int:
    """Write a backup, also while the hub runs; return its bytes. Raises StorageError."""
    found = load(site, REGISTRY)
    if file.exists():
        raise StorageError(f"{file} exists already: name another file")
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.absolute().parent) as folder:
        work = Path(folder)
        (work / STATE).mkdir(mode=0o700)
        files = copy_state(state, work / STATE)
        asyncio.run(_dump(site, state, work / DUMP))
        (work / ABOUT).write_bytes(msgspec.json.encode(About(found.id, __version__, files)))
        _pack(work, work / "whole")
        (work / "whole").replace(file)
    return file.stat().st_size


def restore(site: Path, state: Path, file: Path) -> None:
    """Make state folder and database of a backup; both must be empty. Raises StorageError."""
    found = load(site, REGISTRY)
    if state.exists() and any(state.iterdir()):
        raise StorageError(f"{state} is not empty: name a new folder, or move the old one away")
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=state.absolute().parent) as folder:
        work = Path(folder)
        _unpack(file, work, found.id)
        for path in (work / STATE).iterdir():
            path.replace(state / path.name)
        asyncio.run(_restore_database(found.store.url, work / DUMP, state))


async def _dump(site: Path, state: Path, file: Path) -> None:
    async with database(site, state) as dsn:
        await dump(dsn, file)


async def _restore_database(url: str, file: Path, state: Path) -> None:
    if url != EMBEDDED:
        await _fill(url, file, state)
        return
    server = EmbeddedPostgres(state)
    try:
        await _fill(await server.start(), file, state)
    finally:
        await server.stop()


def _pack(work: Path, whole: Path) -> None:
    # It holds accounts and keys: for its owner only, from the first byte on.
    with os.fdopen(os.open(whole, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as out:
        with tarfile.open(fileobj=out, mode="w") as tar:
            for name in (ABOUT, STATE, DUMP):
                tar.add(work / name, arcname=name)
        out.flush()
        os.fsync(out.fileno())


def _unpack(file: Path, to: Path, site: str) -> None:
    try:
        with tarfile.open(file) as tar:
            tar.extractall(to, filter="data")
        about = msgspec.json.decode((to / ABOUT).read_bytes(), type=About)
    except (OSError, tarfile.TarError, msgspec.MsgspecError) as trouble:
        raise StorageError(f"{file} is no backup of Citywatch: {trouble}") from trouble
    if about.site != site:
        raise StorageError(f"{file} is a backup of the site '{about.site}', and this is '{site}'")


async def _fill(dsn: str, file: Path, state: Path) -> None:
    stored = await fill(dsn, file)
    for name in ("spool.db", "journal.db"):
        await follow(dsn, *renew(state / name, stored))
