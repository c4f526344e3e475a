"""What a search may ask: one host or a network, never more than was meant. Pure."""

import re
from collections.abc import Iterator
from ipaddress import ip_network

from msgspec import Struct

MOST_UNASKED = 1024
"""Addresses of a /22: beyond, somebody has to say that it is meant."""
MOST = 65_536


class Targets(Struct, frozen=True):
    """Hosts and the port they are asked at."""

    network: str
    port: int
    many: int

    def hosts(self) -> Iterator[str]:
        """Yield each address once, in order."""
        if "/" not in self.network:
            yield self.network
            return
        yield from (str(host) for host in ip_network(self.network, strict=False).hosts())


def targets(text: str, port: int, *, large: bool = False) -> Targets:
    """Return what `10.1.2.0/24:502`, `panel.local` or `[fd00::5]:502` asks for. Raises ValueError."""
    match = re.fullmatch(r"(?:\[(?P<six>[0-9A-Fa-f:./]+)\]|(?P<host>[^\s:\[\]]+))(?::(?P<port>\d{1,5}))?", text.strip())
    if match is None:
        raise ValueError(f"'{text}' is neither a host nor a network; write 10.1.2.3, 10.1.2.0/24 or 10.1.2.0/24:{port}")
    host, number = match["six"] or match["host"], int(match["port"] or port)
    if not 0 < number < 65_536:
        raise ValueError(f"'{text}': a port is a number from 1 to 65535")
    many = 1 if "/" not in host else _size(host)
    if many > MOST:
        raise ValueError(f"{host} has {many:,} addresses; no more than {MOST:,} are searched at a time")
    if many > MOST_UNASKED and not large:
        raise ValueError(f"{host} has {many:,} addresses; name a part of it (a /22 or less), or say --yes")
    return Targets(host, number, many)


def _size(network: str) -> int:
    try:
        found = ip_network(network, strict=False)
    except ValueError as error:
        raise ValueError(f"'{network}' is no network: {error}") from None
    return max(1, found.num_addresses - 2) if found.version == 4 and found.prefixlen < 31 else found.num_addresses
