"""The guard before anything leaves for a host: resolve once, judge every address, connect to what was judged (SSRF)."""

import asyncio
import socket
from ipaddress import ip_address
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from adapters.outbound import Away
from hub.config.channels.checks import forbidden
from hub.model import Refused

_Found = tuple[socket.AddressFamily, Any]


async def addresses(host: str, port: int, *, local: bool, family: int = 0) -> list[_Found]:
    """Return where a host is. Raises Refused when nothing may be sent there, Away when its name is not known now."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Away(f"the name {host} cannot be resolved: {error.strerror or error}") from error
    for _, _, _, _, sockaddr in found:
        complaint = forbidden(ip_address(str(sockaddr[0]).partition("%")[0]), local=local)
        if complaint is not None:
            raise Refused("address", f"nothing is sent to {host}: {complaint[0]}")
    return [(socket.AddressFamily(kind), sockaddr) for kind, _, _, _, sockaddr in found]


async def connected(host: str, port: int) -> socket.socket:
    """Return a socket that is connected to a judged address of a host. Raises Refused, Away."""
    trouble: OSError | None = None
    for family, sockaddr in await addresses(host, port, local=True):
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(made, sockaddr)
        except OSError as error:
            made.close()
            trouble = error
        except asyncio.CancelledError:
            made.close()
            raise
        else:
            return made
    raise Away(f"cannot connect to {host}:{port}: {trouble.strerror if trouble else 'it has no address'}")


class Guarded(AbstractResolver):
    """The resolver of an HTTP client that goes to allowed addresses only."""

    def __init__(self, *, local: bool) -> None:
        self._local = local

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the judged addresses of a host. Raises Refused, Away."""
        found = await addresses(host, port, local=self._local, family=family)
        return [
            ResolveResult(hostname=host, host=str(at[0]), port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for kind, at in found
        ]

    async def close(self) -> None:
        """Nothing is held."""
