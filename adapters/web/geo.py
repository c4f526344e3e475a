"""The map as GeoJSON (RFC 7946): outlines from files of the site's folder, zones and devices as points.

Only files inside the site's folder are read, and only GeoJSON comes out of them.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapters.base import View
from adapters.web.rows import JsonRow, text

LARGEST = 8 * 1024 * 1024
GEOMETRIES = {
    "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection",
}  # fmt: skip


class OutlineError(Exception):
    """An outline file cannot be used, so the caller may name it among the map's problems."""


async def map_of(view: View) -> JsonRow:
    """Return a `MapAnswer` of the site."""
    features, problems = await asyncio.to_thread(_outlines, view)
    features += [*_zones(view), *_devices(view)]
    return {"type": "FeatureCollection", "features": features, "problems": problems}


def _outlines(view: View) -> tuple[list[JsonRow], list[str]]:
    site = view.site
    files: list[tuple[str, JsonRow]] = [(site.map, {})] if site.map else []
    files += [(z.outline, {"zone": z.id, "title": text(z.title)}) for z in site.zones.values() if z.outline]
    features: list[JsonRow] = []
    problems: list[str] = []
    for name, properties in files:
        try:
            features += [_outline(feature, properties) for feature in read_outlines(Path(site.folder), name)]
        except OutlineError as error:
            problems.append(f"{name}: {error}")
    return features, problems


def _outline(feature: JsonRow, properties: JsonRow) -> JsonRow:
    own = feature.get("properties")
    kept = own if isinstance(own, dict) else {}
    return {
        "type": "Feature",
        "geometry": feature["geometry"],
        "properties": {**kept, **properties, "what": "outline"},
    }


def read_outlines(folder: Path, name: str) -> list[JsonRow]:
    """Return the features of a GeoJSON file inside `folder`. Raises OutlineError."""
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise OutlineError("lies outside the site's folder")
    try:
        if path.stat().st_size > LARGEST:
            raise OutlineError("is larger than 8 MiB")
        return _features(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise OutlineError(f"cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise OutlineError("is not JSON in UTF-8") from error


def _features(found: Any) -> list[JsonRow]:
    kind = found.get("type") if isinstance(found, dict) else None
    if kind == "FeatureCollection" and isinstance(found.get("features"), list):
        return [feature for part in found["features"] for feature in _features(part)]
    if kind == "Feature":
        geometry = found.get("geometry")
        if isinstance(geometry, dict) and geometry.get("type") in GEOMETRIES:
            return [found]
        return []
    if kind in GEOMETRIES:
        return [{"type": "Feature", "geometry": found, "properties": {}}]
    raise OutlineError("is not GeoJSON")


def _point(at: tuple[float, float], properties: JsonRow) -> JsonRow:
    latitude, longitude = at
    geometry = {"type": "Point", "coordinates": [longitude, latitude]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _zones(view: View) -> Iterator[JsonRow]:
    for zone in view.site.zones.values():
        if zone.at is not None:
            yield _point(zone.at, {"what": "zone", "zone": zone.id, "title": text(zone.title)})


def _devices(view: View) -> Iterator[JsonRow]:
    for device in view.site.devices.values():
        zone = view.site.zones.get(device.zone)
        # A device without a place of its own stands where its zone does, and says so.
        at = device.at or (zone.at if zone else None)
        if at is not None:
            status = view.device(device.id)
            yield _point(
                at,
                {
                    "what": "device",
                    "device": device.id,
                    "title": text(device.title),
                    "profile": device.profile,
                    "zone": device.zone,
                    "state": status.state.value,
                    "reason": status.reason,
                    "placed": "device" if device.at else "zone",
                },
            )
