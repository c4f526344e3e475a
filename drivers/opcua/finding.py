"""Which servers an OPC UA host has, and how their endpoints are secured (OPC 10000-4, 5.5: the Discovery services)."""

import hashlib
from typing import Any

from asyncua import Client
from msgspec import Struct

from drivers.opcua import refusals
from drivers.opcua.transport import LARGEST_MESSAGE
from hub.model import DriverError

MOST = 100
_TOKENS = {0: "anonymous", 1: "user and password", 2: "certificate", 3: "issued token"}
_MODES = {1: "None", 2: "Sign", 3: "SignAndEncrypt"}


class Endpoint(Struct, frozen=True):
    """One endpoint of a server."""

    url: str
    application: str
    policy: str
    mode: str
    users: tuple[str, ...]
    certificate: str
    """SHA-256 of the server's certificate, or empty."""


async def endpoints(url: str, patience: float) -> list[Endpoint]:
    """Return what the host of an address offers; `patience` in seconds for each question. Raises DriverError."""
    try:
        servers = await Client(url, timeout=patience).connect_and_find_servers()
        urls = [u for s in servers[:MOST] for u in s.DiscoveryUrls or () if str(u).startswith("opc.tcp:")]
        found = await Client(url, timeout=patience).connect_and_get_server_endpoints()
    except refusals.LOST as error:
        raise _explained(error, url) from error
    for other in dict.fromkeys(str(u) for u in urls if str(u).rstrip("/") != url.rstrip("/")):
        found += await _others(other, patience)
    unique = {(str(e.EndpointUrl), str(e.SecurityPolicyUri), int(e.SecurityMode)): e for e in found[:MOST]}
    return [_told(endpoint) for endpoint in unique.values()]


async def _others(url: str, patience: float) -> list[Any]:
    """Return the endpoints of another server that a discovery server names; nothing when it does not answer."""
    try:
        return list(await Client(url, timeout=patience).connect_and_get_server_endpoints())
    except refusals.LOST:
        return []


def _told(endpoint: Any) -> Endpoint:
    certificate = bytes(endpoint.ServerCertificate or b"")
    return Endpoint(
        str(endpoint.EndpointUrl),
        str(endpoint.Server.ApplicationName.Text or endpoint.Server.ApplicationUri),
        str(endpoint.SecurityPolicyUri).rpartition("#")[2].replace("_", ""),
        _MODES.get(int(endpoint.SecurityMode), "?"),
        tuple(dict.fromkeys(_TOKENS.get(int(t.TokenType), "?") for t in endpoint.UserIdentityTokens or ())),
        hashlib.sha256(certificate).hexdigest() if certificate else "",
    )


def _explained(error: BaseException, url: str) -> DriverError:
    return refusals.no_connection(error, url.removeprefix("opc.tcp://"), LARGEST_MESSAGE)
