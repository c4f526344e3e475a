"""Where a site's database is, for commands; an embedded one that is not running runs meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.timescale import EmbeddedPostgres, running_dsn
from drivers import REGISTRY
from hub.config import load
from hub.model import StorageError

EMBEDDED = "embedded"


@asynccontextmanager
async def database(site: Path, state: Path) -> AsyncIterator[str]:
    """Give the DSN of a site's database. Raises StorageError, ConfigError."""
    found = load(site, REGISTRY).store.url
    if found != EMBEDDED:
        yield found
    elif running := running_dsn(state):
        yield running
    elif not (state / "postgres" / "data").is_dir():
        raise StorageError(f"there is no embedded database in {state}: the hub makes it when it first starts")
    else:
        server = EmbeddedPostgres(state)
        try:
            yield await server.start()
        finally:
            await server.stop()
