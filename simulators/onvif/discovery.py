"""WS-Discovery for a fleet of simulated cameras: each answers a probe for itself, on the loopback interface alone."""

import asyncio
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape

from msgspec import Struct

from hub.model import DeviceId, Site
from simulators.base import LOOPBACK, Override
from simulators.onvif.quirks import quirks_of

PATH = "/onvif/device_service"
GROUP, PORT = "239.255.255.250", 3702
SPREAD = 0.5
"""Seconds over which the answers to one probe are spread (WS-Discovery 2005, APP_MAX_DELAY)."""
_SPACE = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"


class Announced(Struct, frozen=True):
    """One camera that answers."""

    id: str
    name: str
    base: str
    """Where it says that it is."""
    path: str = PATH


class Responder:
    """Answers probes to everybody and to this host alone."""

    def __init__(self, cameras: Sequence[Announced], port: int = PORT) -> None:
        self.port = port
        self.probes = 0
        self._cameras = cameras
        self._transports: list[asyncio.DatagramTransport] = []
        self._answering: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen, when there is anybody to speak for; with port 0 on any that is free. Raises OSError."""
        if not self._cameras:
            return
        one = await self._listen(_bound(LOOPBACK, self.port))
        self.port = one.get_extra_info("sockname")[1]
        everybody = _bound(GROUP, self.port)
        member = socket.inet_aton(GROUP) + socket.inet_aton(LOOPBACK)
        everybody.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        await self._listen(everybody)

    async def stop(self) -> None:
        """Close everything; safe to call twice."""
        for transport in self._transports:
            transport.close()
        self._transports.clear()
        for task in tuple(self._answering):
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    async def _listen(self, bound: socket.socket) -> asyncio.DatagramTransport:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Ear(self.heard), sock=bound)
        self._transports.append(transport)
        return self._transports[-1]

    def heard(self, data: bytes, sender: tuple[str, int]) -> None:
        """Answer a probe for cameras."""
        text = data.decode(errors="replace")
        number = re.search(r"MessageID[^>]*>\s*([^<\s]+)", text)
        types = re.search(r"Types[^>]*>([^<]*)<", text)
        wanted = types is None or re.search(r":?(NetworkVideoTransmitter|Device)\b", types[1])
        if number is None or not re.search(r"<(?:\w+:)?Probe[\s>/]", text) or not wanted:
            return
        self.probes += 1
        task = asyncio.create_task(self._answer(number[1], sender))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, number: str, sender: tuple[str, int]) -> None:
        for camera in self._cameras:
            await asyncio.sleep(SPREAD / max(len(self._cameras), 100))
            if self._transports:
                self._transports[0].sendto(_match(camera, number), sender)


def responder(site: Site, where: Mapping[DeviceId, Override], port: int = PORT) -> Responder:
    """Return who answers for the simulated cameras of a site, one for each recorder."""
    places: dict[tuple[str, int], Announced] = {}
    for device in site.devices.values():
        at = where.get(device.id)
        if device.driver == "onvif" and at is not None:
            base = f"http://{at.host}:{at.port}"
            path = quirks_of(device.tags).one_path or PATH
            places.setdefault((at.host, at.port), Announced(device.id, device.title.vi or device.id, base, path))
    return Responder(list(places.values()), port)


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, heard: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Hand over."""
        self._heard(data, addr)


def _bound(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    return made


def _match(camera: Announced, number: str) -> bytes:
    endpoint = f"urn:uuid:{uuid5(NAMESPACE_URL, camera.id)}"
    scopes = " ".join(
        f"onvif://www.onvif.org/{scope}"
        for scope in ("Profile/Streaming", "Profile/T", "Profile/M", "hardware/simulated", f"name/{quote(camera.name)}")
    )
    head = (
        f"<a:Action>{_SPACE}/ProbeMatches</a:Action><a:MessageID>{endpoint}</a:MessageID>"
        f"<a:RelatesTo>{escape(number)}</a:RelatesTo>"
        f"<a:To>{_ADDRESSING}/role/anonymous</a:To>"
    )
    body = (
        f"<d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>{endpoint}</a:Address></a:EndpointReference>"
        f"<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>{scopes}</d:Scopes>"
        f"<d:XAddrs>{camera.base}{camera.path}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch>"
        "</d:ProbeMatches>"
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        f'xmlns:a="{_ADDRESSING}" xmlns:d="{_SPACE}" xmlns:dn="http://www.onvif.org/ver10/network/wsdl" '
        f'xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><s:Header>{head}</s:Header><s:Body>{body}</s:Body>'
        "</s:Envelope>"
    ).encode()
