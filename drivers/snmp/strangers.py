"""Which addresses of a switch were never seen before: learnt for a while, then told, remembered within bounds. Pure."""

from collections.abc import Mapping

from msgspec import Struct

from drivers.snmp import oid as oids
from drivers.snmp.value import Raw
from hub.model import SECOND, Timestamp

HOUR = 3600 * SECOND
OCTETS = 6


class Place(Struct, frozen=True):
    """Where an address was learnt."""

    mac: str
    """Six octets, `00:1b:21:…`."""
    port: int
    """The bridge's own number of the port."""
    vlan: int | None = None
    """The filtering database, which in most switches is the VLAN (RFC 4363)."""


class Memory(Struct):
    """What is known of one switch; kept over restarts."""

    since: Timestamp
    """When it was first looked at."""
    seen: dict[str, Timestamp] = {}
    """Address → when it was last there, to the hour."""
    forgotten: int = 0
    """Addresses that had to make room."""

    def take(self, places: Mapping[str, Place], now: Timestamp, learn: float, most: int) -> tuple[list[Place], bool]:
        """Return the strangers, and whether anything else is new that must be kept.

        In the first `learn` hours nobody is a stranger. A stranger becomes known by `know`, once it was told.
        """
        new = [place for mac, place in places.items() if mac not in self.seen]
        changed = False
        for mac in places.keys() & self.seen.keys():
            changed |= now - self.seen[mac] >= HOUR
            self.seen[mac] = now if now - self.seen[mac] >= HOUR else self.seen[mac]
        if now - self.since >= learn * HOUR:
            return new, changed
        self.know([place.mac for place in new], now, most)
        return [], changed or bool(new)

    def know(self, macs: list[str], now: Timestamp, most: int) -> None:
        """Remember addresses; beyond `most` the ones that were not seen for longest are forgotten."""
        self.seen.update(dict.fromkeys(macs, now))
        for mac in sorted(self.seen, key=self.seen.__getitem__)[: max(0, len(self.seen) - most)]:
            del self.seen[mac]
            self.forgotten += 1


def places(rows: Mapping[str, Raw]) -> dict[str, Place]:
    """Return who is where, out of dot1dTpFdbPort (index: address) or dot1qTpFdbPort (index: database, address).

    Port 0 means that the bridge does not know the port (RFC 4188, 4363); such rows say nothing of who is plugged in.
    """
    found: dict[str, Place] = {}
    for index, port in rows.items():
        arcs = oids.arcs(index)
        mac = arcs[-OCTETS:]
        if len(arcs) not in (OCTETS, OCTETS + 1) or max(mac) > 255 or not isinstance(port, int) or port <= 0:
            continue
        text = bytes(mac).hex(":")
        found.setdefault(text, Place(text, port, arcs[0] if len(arcs) > OCTETS else None))
    return found
