"""`citywatch db`: the database of a site: where it is, how it is, its tables, and moving it to another server."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec.structs import replace

from adapters.timescale import running_dsn
from adapters.timescale.connections import opened, veiled
from adapters.timescale.migrate import migrate as apply_migrations
from adapters.timescale.report import Report, report
from adapters.timescale.transfer import transfer
from drivers import REGISTRY
from hub.cli import holds as hold_orders
from hub.cli.backup import backup as write_backup
from hub.cli.backup import restore as read_backup
from hub.cli.sample import load_sample
from hub.cli.store import EMBEDDED, database
from hub.cli.waiting import pictures, waiting
from hub.config import load
from hub.model import StorageError

app = typer.Typer(help="The database. / Cơ sở dữ liệu.", no_args_is_help=True)

SiteFolder = Annotated[Path, typer.Argument(metavar="SITE", help="Folder with site.yaml.", file_okay=False)]
State = Annotated[Path, typer.Option("--state", help="The hub's state folder, where an embedded database lies.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


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


@app.command()
def backup(
    site: SiteFolder, file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")], state: State
) -> None:
    """Write state folder and database into one file, also while the hub runs. / Sao lưu."""
    size = write_backup(site, state, file)
    typer.echo(f"{file}: {size / 1e6:,.1f} MB; it holds accounts and keys: keep it safe")


@app.command()
def restore(
    site: SiteFolder, file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")], state: State
) -> None:
    """Make a new state folder and fill an empty database from a backup. / Khôi phục."""
    read_backup(site, state, file)
    typer.echo(f"restored; start the hub with --state {state}")


@app.command()
def sample(
    site: SiteFolder,
    state: State,
    seed: Annotated[int, typer.Option(help="The same seed gives the same hours.")] = 0,
) -> None:
    """Load March and April 2023, simulated, under the site's figures; for trying reports. / Nạp hai tháng mẫu."""
    rows = asyncio.run(load_sample(site, state, load(site, REGISTRY), seed))
    typer.echo(f"{rows} hours loaded; now: citywatch report month --site {site} --state {state} --month 2023-04")


@app.command()
def hold(
    site: SiteFolder,
    state: State,
    start: Annotated[str, typer.Option("--from", help="ISO 8601.")],
    end: Annotated[str, typer.Option("--to", help="ISO 8601.")],
    reason: Annotated[str, typer.Option("--reason", help="By whose order, and why.")],
    record_class: Annotated[str | None, typer.Option("--class", help="A word of store.keep; none: all.")] = None,
) -> None:
    """Keep a span of time from deletion, until released. / Giữ lại dữ liệu, không xóa."""
    typer.echo(f"hold {hold_orders.add(site, state, record_class, start, end, reason)}")


@app.command()
def holds(site: SiteFolder, state: State, as_json: AsJson = False) -> None:
    """List what is kept from deletion. / Xem dữ liệu đang giữ."""
    found = hold_orders.standing(site, state)
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    for one in found:
        span = f"{one.start:%Y-%m-%d %H:%M} to {one.end:%Y-%m-%d %H:%M}"
        typer.echo(f"{one.id:>4}  {one.record_class or 'everything':<14} {span}  {one.reason} ({one.who})")


@app.command()
def release(site: SiteFolder, number: Annotated[int, typer.Argument(metavar="NUMBER")], state: State) -> None:
    """End a hold: what is too old is deleted the next time. / Thôi giữ dữ liệu."""
    hold_orders.end(site, state, number)
    typer.echo(f"hold {number} is released")


async def _status(site: Path, state: Path) -> Report:
    async with database(site, state) as dsn:
        found = await report(dsn, load(site, REGISTRY).store.keep)
        return found if found.missing else replace(found, waiting=await waiting(dsn, state), pictures=pictures(state))


async def _migrate(site: Path, state: Path) -> list[str]:
    done: list[str] = []
    async with database(site, state) as dsn, opened(dsn) as connection:
        await apply_migrations(connection, tell=done.append)
    return done


async def _copy(site: Path, state: Path, target: str, quiet: bool) -> dict[str, int]:
    if running_dsn(state):
        raise StorageError(f"the hub runs on {state} and would go on storing into the old database: stop it first")
    async with database(site, state) as dsn:
        return await transfer(dsn, target, lambda table, n: None if quiet else typer.echo(f"{table:<16}{n:>14,}"))


def _text(found: Report) -> str:
    extension = f", TimescaleDB {found.timescaledb} ({found.licence})" if found.timescaledb else ""
    lines = [f"PostgreSQL {found.version}{extension}, {found.bytes / 1e6:,.1f} MB"]
    for migration in found.migrations:
        when = f"{migration.at:%Y-%m-%d %H:%M}" if migration.at else "missing: `citywatch db migrate`"
        lines.append(f"  {migration.version:04} {migration.name:<12} {when}")
    lines += _fill(found)
    if found.dead_letters:
        lines.append(f"{found.dead_letters} rows were refused and are kept in the table dead_letter, with the reason")
    return "\n".join(lines)


def _fill(found: Report) -> list[str]:
    lines = [f"{'table':<16}{'MB':>10}  {'oldest':<16}  {'newest':<16}  kept"] if found.tables else []
    for table in found.tables:
        span = [f"{at:%Y-%m-%d %H:%M}" if at else "-" for at in (table.oldest, table.newest)]
        keep = f"{table.keep.days} d" if table.keep else "for ever"
        lines.append(f"{table.name:<16}{table.bytes / 1e6:>10,.1f}  {span[0]:<16}  {span[1]:<16}  {keep}")
    if found.plates_keep:
        since = f"since {found.plates_since:%Y-%m-%d %H:%M}" if found.plates_since else "none"
        lines.append(f"plates: {since}, kept {found.plates_keep.days} d")
    if found.pictures:
        lines.append(f"pictures kept with alarms: {found.pictures.pictures:,}, {found.pictures.bytes / 1e6:,.1f} MB")
    if found.waiting:
        w = found.waiting
        lines.append(f"waiting in the spool: {w.records:,} records in {w.batches:,} batches, {w.bytes / 1e6:,.1f} MB")
    if found.last_stored:
        lines.append(f"last stored {datetime.fromtimestamp(found.last_stored, UTC):%Y-%m-%d %H:%M:%S} UTC")
    if found.rolled_up_to:
        lines.append(f"readings since {found.rolled_up_to:%Y-%m-%d %H:%M} wait to be rolled up")
    lines += [f"gaps by {gap.cause}: {gap.lasting} last, {gap.last_day} in the last day" for gap in found.gaps]
    lines += [f"job {job.name}: next {job.next_at:%H:%M:%S} UTC, took {job.seconds:.1f} s last" for job in found.jobs]
    lines += [
        f"hold {one.id}: {one.record_class or 'everything'} {one.start:%Y-%m-%d} to {one.end:%Y-%m-%d}"
        for one in found.holds
    ]
    return lines
