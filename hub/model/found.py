"""A site and the rows that its devices were found to have: the points that come with them. Pure.

A row keeps its word for ever, so its points keep their ids, and their history goes on when the row comes back.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from hub.model.device import Device, FoundRow
from hub.model.ids import DeviceId
from hub.model.naming import unique, word
from hub.model.site import Site


class NamedRow(Struct):
    """A row and the word that its points have in their names."""

    word: str
    row: FoundRow
    since: int = 0
    """When it was first found (ns)."""
    gone: int | None = None
    """Since when it is not there (ns); None: it is."""


Rows = Mapping[DeviceId, Mapping[str, Sequence[NamedRow]]]
"""Device and group → its rows, those that are gone included."""


def named(rows: Iterable[FoundRow], taken: Iterable[str] = (), now: int = 0) -> list[NamedRow]:
    """Give rows their words: by one rule, each once."""
    used = set(taken)
    made = []
    for row in rows:
        chosen = unique(word(row.label, "row"), used)
        used.add(chosen)
        made.append(NamedRow(chosen, row, now))
    return made


def with_rows(site: Site, rows: Rows) -> Site:
    """Return a site in which every device has the points of its rows too."""
    devices = {d.id: _with_rows(d, rows.get(d.id, {})) for d in site.devices.values()}
    return replace(site, devices=devices, points={p.id: p for d in devices.values() for p in d.points})


def simulated(site: Site) -> Site:
    """Return a site whose devices have the rows that their profiles give to simulated ones."""
    return with_rows(
        site, {d.id: {g.name: named(map(FoundRow, g.simulated)) for g in d.found} for d in site.devices.values()}
    )


def _with_rows(device: Device, groups: Mapping[str, Sequence[NamedRow]]) -> Device:
    if not device.found:
        return device
    names = {group.name for group in device.found}
    own = tuple(p for p in device.points if p.name.partition(".")[0] not in names)
    brought = (p for g in device.found for known in groups.get(g.name, ()) for p in g.points(known.word, known.row))
    return replace(device, points=(*own, *brought))
