"""Zones, devices and points by name: written at start and after a reload, so that views can join them."""

import asyncio
from collections.abc import Iterable, Sequence

from psycopg import sql

from adapters.timescale.connections import Connection
from adapters.timescale.gaps import GONE, NEW
from hub.model import PointId, Site, row_id, split_point

Row = Sequence[object]

ZONE = ("id", "site", "name", "title_vi", "title_en", "parent", "latitude", "longitude")
DEVICE = (
    "id", "site", "name", "title_vi", "title_en", "profile", "driver", "zone", "behind", "tags",
    "latitude", "longitude",
)  # fmt: skip
POINT = ("id", "device_id", "name", "title_vi", "title_en", "kind", "type", "unit", "zone", "lane")
TYPES = {"id": "int8", "device_id": "int8", "tags": "text[]", "latitude": "float8", "longitude": "float8"}

YIELD_EVERY = 500


def row_ids(site: Site) -> dict[PointId, int]:
    """Return the store's number of every point of a site."""
    return {point: row_id(site.id, *split_point(point)) for point in site.points}


async def write_names(connection: Connection, site: Site) -> None:
    """Make the tables of names say what the site says; what is gone stays, marked inactive. Raises psycopg.Error."""
    of_site = sql.SQL("site = {}").format(sql.Literal(site.id))
    of_device = sql.SQL("device_id in (select id from device where {})").format(of_site)
    async with connection.transaction():
        await _replace(connection, "zone", ZONE, _zones(site), of_site)
        await _replace(connection, "device", DEVICE, _devices(site), of_site)
        await _replace(connection, "point", POINT, _points(site), of_device)
        for statement in (NEW, GONE):
            await connection.execute(statement, {"site": site.id})


def _zones(site: Site) -> Iterable[Row]:
    for zone in site.zones.values():
        at = zone.at or (None, None)
        yield row_id(site.id, zone.id), site.id, zone.id, zone.title.vi, zone.title.en, zone.parent, *at


def _devices(site: Site) -> Iterable[Row]:
    for device in site.devices.values():
        yield (
            row_id(site.id, device.id), site.id, device.id, device.title.vi, device.title.en, device.profile,
            device.driver, device.zone, device.behind, sorted(device.tags), *(device.at or (None, None)),
        )  # fmt: skip


def _points(site: Site) -> Iterable[Row]:
    for point in site.points.values():
        yield (
            row_id(site.id, *split_point(point.id)), row_id(site.id, point.device), point.name,
            point.title.vi, point.title.en, point.kind, point.type, point.unit, point.zone, point.lane.name.lower(),
        )  # fmt: skip


async def _replace(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Row], ours: sql.Composable
) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    parts = {
        "table": sql.Identifier(table),
        "new": sql.Identifier(f"new_{table}"),
        "names": names,
        "ours": ours,
        "old_row": sql.SQL(", ").join(sql.SQL("t.{}").format(sql.Identifier(c)) for c in columns),
        "new_row": sql.SQL(", ").join(sql.SQL("excluded.{}").format(sql.Identifier(c)) for c in columns),
        "sets": sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(c)) for c in columns),
    }
    await connection.execute(
        sql.SQL("create temp table {new} (like {table} including defaults) on commit drop").format(**parts)
    )
    await _fill(connection, sql.SQL("copy {new} ({names}) from stdin (format binary)").format(**parts), columns, rows)
    await connection.execute(
        sql.SQL(
            "insert into {table} as t ({names}) select {names} from {new} on conflict (id) do update"
            " set {sets}, active = true, updated_at = now()"
            " where ({old_row}, t.active) is distinct from ({new_row}, true)"
        ).format(**parts)
    )
    await connection.execute(
        sql.SQL(
            "update {table} set active = false, updated_at = now()"
            " where {ours} and active and id not in (select id from {new})"
        ).format(**parts)
    )


async def _fill(connection: Connection, statement: sql.Composed, columns: Sequence[str], rows: Iterable[Row]) -> None:
    async with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([TYPES.get(column, "text") for column in columns])
        for number, row in enumerate(rows):
            await copy.write_row(row)
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)
