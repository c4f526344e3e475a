"""`citywatch db`: the database of a site: where it is, how it is, its tables, and moving it to another server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from adapters.timescale import EmbeddedPostgres, running_dsn
from adapters.timescale.connections import opened, veiled
from adapters.timescale.migrate import migrate as apply_migrations
from adapters.timescale.report import Report, report
from adapters.timescale.transfer import transfer
from drivers import REGISTRY
from hub.config import load
from hub.model import StorageError

app = typer.Typer(help="The database. / Cơ sở dữ liệu.", no_args_is_help=True)

SiteFolder = Annotated[Path, typer.Argument(metavar="SITE", help="Folder with site.yaml.", file_okay=False)]
State = Annotated[Path, typer.Option("--state", help="The hub's state folder, where an embedded database lies.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

EMBEDDED = "embedded"


@app.command()
def url(
    site: SiteFolder, state: State, show_password: Annotated[bool, typer.Option("--show-password")] = False
) -> None:
    """Print the database's address, for psql and reports. / In địa chỉ cơ sở dữ liệu."""
    found = load(site, REGISTRY).store.url
    if found == EMBEDDED:
        found = running_dsn(state) or ""
        if not found:
            raise StorageError("the embedded database runs only while the hub does: start the hub, then ask again")
    typer.echo(found if show_password else veiled(found))


@app.command()
def status(site: SiteFolder, state: State, as_json: AsJson = False) -> None:
    """Show which database it is and which migrations it has. / Xem tình trạng cơ sở dữ liệu."""
    found = asyncio.run(_status(site, state))
    typer.echo(msgspec.json.encode(found).decode() if as_json else _text(found))


@app.command()
def migrate(site: SiteFolder, state: State, as_json: AsJson = False) -> None:
    """Bring the tables to what this version needs; the hub does the same when it starts. / Cập nhật bảng."""
    done = asyncio.run(_migrate(site, state))
    typer.echo(msgspec.json.encode(done).decode() if as_json else "\n".join(done) or "nothing to do")


@app.command()
def copy(
    site: SiteFolder,
    target: Annotated[str, typer.Argument(metavar="URL", help="An empty database: postgresql://…")],
    state: State,
    as_json: AsJson = False,
) -> None:
    """Copy everything into an empty database, of either kind; stop the hub first. / Chuyển sang máy chủ khác."""
    rows = asyncio.run(_copy(site, state, target, as_json))
    if as_json:
        typer.echo(msgspec.json.encode(rows).decode())
    else:
        typer.echo(f"{sum(rows.values())} rows copied; now set store.url of {site} and start the hub")


@asynccontextmanager
async def _database(site: Path, state: Path) -> AsyncIterator[str]:
    """Give the DSN of a site's database; an embedded one that is not running runs while inside."""
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


async def _status(site: Path, state: Path) -> Report:
    async with _database(site, state) as dsn:
        return await report(dsn)


async def _migrate(site: Path, state: Path) -> list[str]:
    done: list[str] = []
    async with _database(site, state) as dsn, opened(dsn) as connection:
        await apply_migrations(connection, tell=done.append)
    return done


async def _copy(site: Path, state: Path, target: str, quiet: bool) -> dict[str, int]:
    if running_dsn(state):
        raise StorageError(f"the hub runs on {state} and would go on storing into the old database: stop it first")
    async with _database(site, state) as dsn:
        return await transfer(dsn, target, lambda table, n: None if quiet else typer.echo(f"{table:<16}{n:>14,}"))


def _text(found: Report) -> str:
    extension = f", TimescaleDB {found.timescaledb} ({found.licence})" if found.timescaledb else ""
    lines = [f"PostgreSQL {found.version}{extension}, {found.bytes / 1e6:,.1f} MB"]
    for migration in found.migrations:
        when = f"{migration.at:%Y-%m-%d %H:%M}" if migration.at else "missing: `citywatch db migrate`"
        lines.append(f"  {migration.version:04} {migration.name:<12} {when}")
    if found.dead_letters:
        lines.append(f"{found.dead_letters} rows were refused and are kept in the table dead_letter, with the reason")
    return "\n".join(lines)
