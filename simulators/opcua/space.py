"""The server of the library, with one standard address space for all: building it anew takes seconds, each time."""

import asyncio
import copy
import logging
from collections.abc import Iterator, MutableMapping
from functools import cache
from pathlib import Path

from asyncua import Server, ua
from asyncua.server.address_space import AddressSpace, NodeData, NodeManagementService
from asyncua.server.internal_server import InternalServer
from asyncua.server.standard_address_space import standard_address_space

from simulators.base import LOOPBACK
from simulators.opcua.certificate import Identity

POLICIES = [
    ua.SecurityPolicyType.NoSecurity,
    ua.SecurityPolicyType.Basic256Sha256_Sign,
    ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
    ua.SecurityPolicyType.Aes128Sha256RsaOaep_SignAndEncrypt,
    ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt,
]
"""What a simulated server offers: everything that is safe today, and the clear for demos."""


class Layer(MutableMapping[ua.NodeId, NodeData]):
    """The nodes of one server over those of the standard, which are copied when they are first touched."""

    def __init__(self, standard: dict[ua.NodeId, NodeData]) -> None:
        self._standard = standard
        self._own: dict[ua.NodeId, NodeData] = {}

    def __getitem__(self, key: ua.NodeId) -> NodeData:
        own = self._own.get(key)
        if own is None:
            own = self._own[key] = copy.deepcopy(self._standard[key])
        return own

    def __setitem__(self, key: ua.NodeId, node: NodeData) -> None:
        self._own[key] = node

    def __delitem__(self, key: ua.NodeId) -> None:
        del self._own[key]

    def __contains__(self, key: object) -> bool:
        return key in self._own or key in self._standard

    def __iter__(self) -> Iterator[ua.NodeId]:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)


class _Internal(InternalServer):
    """The library's server, which does not build the standard address space again."""

    async def load_standard_address_space(self, shelf_file: Path | None = None) -> None:
        """Lay this server's nodes over the standard ones."""
        del shelf_file
        self.aspace._nodes = Layer(await asyncio.to_thread(_standard))  # type: ignore[assignment]


@cache
def _standard() -> dict[ua.NodeId, NodeData]:
    space = AddressSpace()
    standard_address_space.fill_address_space(NodeManagementService(space))  # type: ignore[no-untyped-call]
    return space._nodes


async def made(uri: str, path: str, identity: Identity) -> Server:
    """Return a server on a free loopback port (not yet started) that answers at any path and proves itself."""
    for talker in ("asyncua.server", "asyncua.crypto"):
        logging.getLogger(talker).setLevel(logging.CRITICAL)
    server = Server(iserver=_Internal())
    await server.init()
    server.set_endpoint(f"opc.tcp://{LOOPBACK}:0{path}")
    server.set_server_name("Citywatch simulator")
    server.set_security_policy(POLICIES)
    await server.set_application_uri(uri)
    await server.load_certificate(identity.certificate, "der")
    await server.load_private_key(identity.key, format="der")
    return server


def port_of(server: Server) -> int:
    """Return the port on which a started server listens."""
    assert server.bserver is not None
    return server.bserver.port
