"""The database that the hub runs itself: brought up beside everything else, tried again for ever, stopped last."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import structlog

from adapters.timescale import EmbeddedPostgres, TimescaleAdapter
from hub.model import StorageError
from hub.supervise import Supervisor

log = structlog.get_logger(__name__)

AGAIN_SECONDS = 15.0
EMBEDDED = "embedded"
Progress = Callable[[str], None]
Note = Callable[[str, dict[str, object]], None]


class OwnServer:
    """The embedded PostgreSQL of one state folder, or nothing when the site names another database."""

    def __init__(self, url: str, folder: Path, store: TimescaleAdapter, supervisor: Supervisor, note: Note) -> None:
        self._url = url
        self._folder = folder
        self._store = store
        self._supervisor = supervisor
        self._note = note
        self._postgres: EmbeddedPostgres | None = None

    async def bring(self, progress: Progress) -> None:
        """Bring the database up, or go on without it and try again; the store then carries to it."""
        if self._url == EMBEDDED:
            progress("database")
            postgres = self._postgres = EmbeddedPostgres(self._folder)
            if not await self._started(postgres, progress):
                self._supervisor.start("database", partial(self._keep_trying, postgres, self._store.run))
                return
        else:
            self._store.connect_to(self._url)
        self._supervisor.start("store", self._store.run)

    async def stop(self) -> None:
        """Stop the server, if there is one."""
        if self._postgres is not None:
            await self._postgres.stop()

    async def _started(self, postgres: EmbeddedPostgres, progress: Progress | None = None) -> bool:
        try:
            self._store.connect_to(await postgres.start(progress))
        except (StorageError, OSError) as trouble:
            log.error("the database does not start; alarms work without it", why=str(trouble))
            self._note("database_not_started", {"error": str(trouble)})
            return False
        return True

    async def _keep_trying(self, postgres: EmbeddedPostgres, then: Callable[[], Awaitable[None]]) -> None:
        started = False
        while not started:
            await asyncio.sleep(AGAIN_SECONDS)
            await postgres.stop()
            started = await self._started(postgres)
        await then()
