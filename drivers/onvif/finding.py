"""Finding cameras: probes of WS-Discovery to everybody or to one host, and asking whoever answers who it is.

OASIS/Microsoft WS-Discovery of April 2005, as ONVIF Core 7 has it. Nothing that comes is a proof of anything: of the
address that a camera names only the path is believed, and the port when the host is the one that answered.
"""

import asyncio
import socket
import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from drivers.onvif import soap
from drivers.onvif.address import Connection
from drivers.onvif.camera import Camera
from drivers.onvif.inquiry import clock_offset, information
from drivers.onvif.markup import Element, parse
from hub.model import Clock, DriverError

GROUP, PORT = "239.255.255.250", 3702
LARGEST = 65_536
MOST = 4096
"""Answers to one probe."""
_SPACE = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_SCOPE = "onvif://www.onvif.org/"
TYPES = (
    'xmlns:t="http://www.onvif.org/ver10/network/wsdl">t:NetworkVideoTransmitter',
    f'xmlns:t="{soap.DEVICE}">t:Device',
)
"""What older cameras, and what newer ones, call themselves (ONVIF Core 7.3.2)."""


class Found(Struct, frozen=True):
    """One camera that answered."""

    host: str
    port: int
    path: str
    endpoint: str = ""
    """Its own name for itself (a UUID); the same camera may answer several times."""
    name: str = ""
    hardware: str = ""
    location: str = ""
    profiles: tuple[str, ...] = ()
    """Streaming (S), T, G, M."""
    elsewhere: str = ""
    """The host that it names for itself, when that is not the one which answered."""
    about: dict[str, str] = {}
    """What it says when it is asked: manufacturer, model, firmware, serial."""
    refuses: str = ""
    """Why it does not say."""


def probe(kind: str, number: str) -> bytes:
    """Return a probe for one of `TYPES`."""
    head = (
        f'<a:Action s:mustUnderstand="1">{_SPACE}/Probe</a:Action><a:MessageID>urn:uuid:{number}</a:MessageID>'
        '<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>'
    )
    body = f"<d:Probe><d:Types {kind}</d:Types></d:Probe>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{soap.ENVELOPE}" xmlns:a="{_ADDRESSING}" '
        f'xmlns:d="{_SPACE}"><s:Header>{head}</s:Header><s:Body>{body}</s:Body></s:Envelope>'
    ).encode()


def matches(datagram: bytes, host: str) -> list[Found]:
    """Return the cameras that a datagram from a host tells of; none for anything else."""
    try:
        top = parse(datagram)
    except ValueError:
        return []
    return [found for match in top.every("ProbeMatch") if (found := _match(match, host)) is not None]


def _match(match: Element, host: str) -> Found | None:
    addresses = [a for a in match.said("XAddrs").split() if a.startswith(("http://", "https://"))]
    parts = [p for a in addresses[:8] if (p := _split(a)) is not None]
    if not parts:
        return None
    # a camera with several networks names an address in each: its own of ours first
    scheme, named, port, path = next((p for p in parts if p[1] == host), parts[0])
    scopes = [s.removeprefix(_SCOPE) for s in match.said("Scopes").split() if s.startswith(_SCOPE)][:64]
    return Found(
        host,
        port if named == host else (443 if scheme == "https" else 80),
        path,
        match.said("EndpointReference", "Address")[:128],
        _scope(scopes, "name"),
        _scope(scopes, "hardware"),
        _scope(scopes, "location"),
        tuple(sorted({s.partition("/")[2][:16] for s in scopes if s.startswith("Profile/")})),
        "" if named == host else named[:128],
    )


def _split(address: str) -> tuple[str, str, int, str] | None:
    try:
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    return parts.scheme, parts.hostname or "", port, parts.path or "/"


def _scope(scopes: Sequence[str], kind: str) -> str:
    found = [unquote(s.removeprefix(f"{kind}/")) for s in scopes if s.startswith(f"{kind}/")]
    return ", ".join(found)[:128]


class _Ear(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.heard: dict[tuple[str, str, int], Found] = {}

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Note who answers, once."""
        if len(data) <= LARGEST:
            for found in matches(data, str(addr[0])):
                if len(self.heard) < MOST:
                    self.heard.setdefault((found.endpoint, found.host, found.port), found)


async def probed(host: str, seconds: float, *, port: int = PORT, interface: str = "") -> list[Found]:
    """Return who answers a probe to a host, or to everybody (`GROUP`), within so many seconds. Raises OSError."""
    loop = asyncio.get_running_loop()
    transport, ear = await loop.create_datagram_endpoint(_Ear, sock=_socket(interface))
    try:
        # a datagram may be lost, and some cameras answer to one of the two types only
        for _ in range(2):
            for kind in TYPES:
                transport.sendto(probe(kind, str(uuid.uuid4())), (host, port))
            await asyncio.sleep(seconds / 2)
    finally:
        transport.close()
    return list(ear.heard.values())


def _socket(interface: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
    if interface:
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
    made.bind((interface, 0))
    return made


async def asked(found: Found, base: Connection, patience: float, clock: Clock) -> Found | None:
    """Return who a camera says that it is, when it is asked at its device service; None: nobody speaks ONVIF there."""
    place = {"host": found.host, "port": found.port, "path": found.path}
    camera = Camera(base.model_copy(update=place), patience, clock)
    try:
        await camera.open()
        await clock_offset(camera, found.path, clock)
    except DriverError:
        await camera.close()
        return None
    try:
        return replace(found, about=await information(camera, found.path))
    except DriverError as why:
        return replace(found, refuses=str(why))
    finally:
        await camera.close()
