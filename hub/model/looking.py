"""Looking at whole plates: who may, what they ask for, and the record that is written before they see one."""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from hub.model.clock import Timestamp
from hub.model.ids import DeviceId, ZoneId, within
from hub.model.masking import mask
from hub.model.text import Text

BEGIN = "0" * 64
"""What the first record of a chain names as the one before it."""


class Grant(Struct, frozen=True):
    """Who may look at whole plates, and where; nobody may without one."""

    zones: tuple[ZoneId, ...]
    """With everything inside them."""
    roles: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    """Names of accounts or tokens, whose role must be one that can be granted the right."""


class WatchedPlate(Struct, frozen=True):
    """One plate that somebody looks for."""

    plate: str
    """Letters and digits only, upper case."""
    until: Timestamp | None = None
    """After that it is not looked for any more."""

    def __repr__(self) -> str:
        return f"WatchedPlate({mask(self.plate)!r}, {self.until!r})"


class WatchList(Struct, frozen=True):
    """Plates that somebody with a reason looks for."""

    id: str
    title: Text
    reason: Text
    plates: tuple[WatchedPlate, ...]
    until: Timestamp | None = None
    priority: str = "high"
    zones: tuple[ZoneId, ...] = ()
    """Where it is looked for; empty: everywhere."""
    near: bool = True
    """Whether plates that are the same but for one character are told too, as something to verify."""


class Guarded(Struct, frozen=True):
    """What a site says of plates: who may look at them, which are looked for."""

    grants: tuple[Grant, ...] = ()
    lists: tuple[WatchList, ...] = ()


class PassageQuery(Struct, frozen=True):
    """Which passages are asked for."""

    start: Timestamp
    end: Timestamp
    device: DeviceId | None = None
    zones: tuple[ZoneId, ...] | None = None
    """With everything inside them; None: everywhere."""
    lane: str | None = None
    vehicle: str | None = None
    violation: str | None = None
    violations: bool = False
    """Only those with a violation of any kind."""
    ids: tuple[str, ...] = ()
    plate: str | None = None
    """Letters and digits only, upper case; only a look may ask by it."""
    before: str | None = None
    limit: int = 100


class PlateLook(Struct, frozen=True, tag="plate_look"):
    """Somebody looked at whole plates, or was refused; journaled before they see anything.

    Each names the digest of the one before, so that none can be taken out or changed unseen.
    """

    who: str
    role: str
    purpose: str
    query: dict[str, str | int | bool | None]
    """What was asked for; a plate in it is masked, and `plate_mark` tells who holds the key which one it was."""
    rows: int
    """How many passages were shown."""
    at: Timestamp
    refused: str | None = None
    """Why nothing was shown."""
    previous: str = BEGIN
    digest: str = ""


def granted(grants: Iterable[Grant], who: str, role: str) -> tuple[ZoneId, ...]:
    """Return the zones in which somebody may look at plates, outermost only, in order; empty: nowhere."""
    mine = {zone for grant in grants if role in grant.roles or who in grant.users for zone in grant.zones}
    return tuple(sorted(z for z in mine if not any(z != outer and within(z, outer) for outer in mine)))


def narrowed(zone: ZoneId | None, allowed: Sequence[ZoneId]) -> tuple[ZoneId, ...]:
    """Return the part of a zone (None: everywhere) that lies in the allowed ones; empty: none of it."""
    if zone is None:
        return tuple(allowed)
    if any(within(zone, outer) for outer in allowed):
        return (zone,)
    return tuple(inner for inner in allowed if within(inner, zone))


def chained(look: PlateLook, previous: str) -> PlateLook:
    """Return a look with its place in the chain."""
    placed = replace(look, previous=previous, digest="")
    return replace(placed, digest=hashlib.sha256(msgspec.json.encode(placed, order="deterministic")).hexdigest())


def broken(looks: Sequence[PlateLook]) -> int | None:
    """Return the place of the first look that was changed, or before which one is missing; None when all are whole."""
    for place, look in enumerate(looks):
        follows = place == 0 or look.previous == looks[place - 1].digest
        if not follows or chained(look, look.previous) != look:
            return place
    return None
