"""One camera's web services: signs in, keeps to bounds of size and time, and goes nowhere else.

A camera names addresses of its services and subscriptions (XAddr). Only their paths are believed: the host is always
the one of the configuration, so that a camera that lies, or stands behind a translated address, sends the hub nowhere.
Redirects are refused, answers are read up to a bound, compressed ones not at all.
"""

import asyncio
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

import aiohttp
from msgspec import Struct

from drivers.onvif import soap
from drivers.onvif.address import Connection, Tls
from drivers.onvif.digest import Digest
from drivers.onvif.markup import Element, parse
from hub.model import Clock, Misconfigured, Unreachable

LARGEST = 1_048_576
"""Bytes of an answer; a hundred notifications with plates are a tenth of it."""
SOAP_KIND = "application/soap+xml; charset=utf-8"


class Got(Struct, frozen=True):
    """What a camera gave when its web server was asked for a file."""

    status: int
    kind: str
    """Media type, in small letters and without parameters."""
    body: bytes


class Camera:
    """A session with one camera or recorder. `received` and `sent` count bytes."""

    def __init__(self, connection: Connection, timeout: float, clock: Clock) -> None:
        self.where = f"{connection.host}:{connection.port}"
        self.offset = 0
        """By how much (ns) the camera's clock is ahead; 0 until it was measured."""
        self.received = 0
        self.sent = 0
        self.tap: Callable[[str, str, bytes, Element | None], None] = _unheard
        """Hears (`sent` or `received`, path and status, what was sent or came, the answer's content) while traced."""
        self._connection = connection
        self._host = f"{'https' if connection.tls else 'http'}://{_bracketed(connection.host)}"
        self._base = f"{self._host}:{connection.port}"
        self._timeout = timeout
        self._clock = clock
        self._token = connection.auth == "token"
        self._refused = False
        """Whether neither way of signing in was accepted the last time."""
        self._http: aiohttp.ClientSession | None = None
        self._digests: dict[int, Digest] = {}
        """By port: a challenge is good for the server that made it."""

    async def open(self) -> None:
        """Make ready; nothing is sent. Raises Misconfigured for a file of an authority that cannot be read."""
        await self.close()
        # cameras drop idle connections without a word: one that is kept would be lost just when something is asked
        connector = aiohttp.TCPConnector(ssl=_trust(self._connection.tls), limit=4, force_close=True)
        self._http = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False
        )
        self._digests.clear()

    async def close(self) -> None:
        """Drop every connection; safe to call twice."""
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    async def call(
        self,
        path: str,
        body: str,
        *,
        action: str = "",
        to: str = "",
        extra: str = "",
        held: float = 0.0,
        anonymous: bool = False,
    ) -> Element:
        """Ask and return the answer; the camera may wait `held` seconds more; `anonymous`: without signing in.

        Raises Fault, Unreachable.
        """
        if anonymous or self._connection.user is None:
            return await self._ask(path, body, action, to, extra, held, None)
        try:
            answer = await self._ask(path, body, action, to, extra, held, self._token)
        except Unreachable as why:
            if why.reason != "auth_failed" or self._connection.auth != "auto":
                raise
            self._token = not self._token
            # once both ways were refused each try is one: cameras lock an account after a handful of wrong sign-ins
            if self._refused:
                raise
            answer = await self._other(path, body, action, to, extra, held)
        self._refused = False
        return answer

    async def _other(self, path: str, body: str, action: str, to: str, extra: str, held: float) -> Element:
        try:
            return await self._ask(path, body, action, to, extra, held, self._token)
        except Unreachable as why:
            self._refused = why.reason == "auth_failed"
            raise

    async def fetch(self, path: str, port: int, largest: int) -> Got:
        """Return a file of the camera's own web server, at most `largest` bytes. Raises Unreachable."""
        self.sent += len(path)
        return await self._send(f"{self._host}:{port}{path}", None, {}, self._timeout, port, largest)

    def path_of(self, address: str) -> str:
        """Return the path of an address that the camera gave, to be asked at its own host and port."""
        try:
            parts = urlsplit(address.strip())
        except ValueError:
            return self._connection.path
        path = parts.path if parts.path.startswith("/") else self._connection.path
        return f"{path}?{parts.query}" if parts.query else path

    def strays(self, address: str) -> bool:
        """Tell whether an address names another host than the camera's own."""
        try:
            return urlsplit(address.strip()).hostname not in (None, self._connection.host.lower())
        except ValueError:
            return True

    @property
    def _password(self) -> str:
        return self._connection.password.get_secret_value() if self._connection.password is not None else ""

    async def _ask(
        self, path: str, body: str, action: str, to: str, extra: str, held: float, token: bool | None
    ) -> Element:
        headers = (soap.addressed(action, to or self._base + path) if action else "") + extra
        if token:
            created = self._clock.now() + self.offset
            headers += soap.token(self._connection.user or "", self._password, created)
        signed = "without signing in" if token is None else "signed by token" if token else "signed by digest"
        self.tap("sent", f"{path}, {signed}", body.encode(), None)
        status, answer = await self._post(path, soap.envelope(body, headers=headers), action, held, token is False)
        if status in (401, 403):
            problem = "asks for a user and a password" if token is None else "does not accept user and password"
            raise Unreachable(f"{self.where} {problem} (HTTP {status})", "auth_failed")
        try:
            return self._content(answer, status)
        except ValueError as why:
            words = f"{self.where} answers what cannot be read (HTTP {status}): {why}"
            raise Unreachable(words, "protocol_error") from why

    def _content(self, answer: bytes, status: int) -> Element:
        top = parse(answer)
        self.tap("received", f"HTTP {status}", answer, top)
        return soap.content(top, self.where)

    async def _post(self, path: str, message: bytes, action: str, held: float, digest: bool) -> tuple[int, bytes]:
        self.sent += len(message)
        headers = {"Content-Type": f'{SOAP_KIND}; action="{action}"' if action else SOAP_KIND}
        port = self._connection.port if digest else None
        got = await self._send(self._base + path, message, headers, self._timeout + held, port, LARGEST)
        return got.status, got.body

    async def _send(
        self,
        url: str,
        message: bytes | None,
        headers: dict[str, str],
        patience: float,
        signed: int | None,
        largest: int,
    ) -> Got:
        """Ask within `patience` seconds; `signed`: the port whose challenge is answered, None: none is."""
        if self._http is None:
            raise Unreachable(f"{self.where} is not connected")
        try:
            async with (
                asyncio.timeout(patience),
                self._http.request(
                    "GET" if message is None else "POST",
                    url,
                    data=message,
                    headers={**headers, "Accept-Encoding": "identity"},
                    allow_redirects=False,
                    middlewares=self._signer(signed),
                    timeout=aiohttp.ClientTimeout(total=None),
                ) as response,
            ):
                return Got(response.status, response.content_type.lower(), await self._body(response, largest))
        except TimeoutError as why:
            raise Unreachable(f"{self.where} did not answer within {patience:g} s", "timeout") from why
        except (aiohttp.ClientError, ssl.SSLError, OSError, ValueError) as why:
            raise self._told(why) from why

    def _signer(self, port: int | None) -> tuple[Digest, ...]:
        user = self._connection.user
        if port is None or user is None:
            return ()
        if port not in self._digests:
            self._digests[port] = Digest(user, self._password)
        return (self._digests[port],)

    def _told(self, why: Exception) -> Unreachable:
        """Return in the words of health what went wrong on the wire."""
        match why:
            case aiohttp.ClientSSLError() | ssl.SSLError() | aiohttp.ServerFingerprintMismatch():
                return Unreachable(
                    f"{self.where} proves itself with a certificate nobody trusts: {why}", "cert_untrusted"
                )
            case aiohttp.ClientPayloadError():
                return Unreachable(f"{self.where} stopped in the middle of an answer", "protocol_error")
            case aiohttp.ClientConnectionError() | OSError():
                return Unreachable(f"{self.where} cannot be reached: {why}")
        return Unreachable(f"{self.where} does not speak HTTP as it should: {why}", "protocol_error")

    async def _body(self, response: aiohttp.ClientResponse, largest: int) -> bytes:
        if 300 <= response.status < 400:
            raise Unreachable(f"{self.where} redirects elsewhere, which is not followed", "protocol_error")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise Unreachable(f"{self.where} compresses its answer unasked", "protocol_error")
        found = bytearray()
        async for chunk in response.content.iter_any():
            found += chunk
            self.received += len(chunk)
            if len(found) > largest:
                raise Unreachable(f"{self.where} answers with more than {largest} bytes", "protocol_error")
        return bytes(found)


def _unheard(way: str, place: str, body: bytes, answer: Element | None) -> None:
    del way, place, body, answer


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _trust(tls: Tls | bool | None) -> ssl.SSLContext | aiohttp.Fingerprint | bool:
    if not isinstance(tls, Tls):
        return True
    if tls.fingerprint is not None:
        return aiohttp.Fingerprint(bytes.fromhex(tls.fingerprint.replace(":", "")))
    try:
        return ssl.create_default_context(cafile=tls.ca)
    except (OSError, ssl.SSLError) as why:
        raise Misconfigured(f"tls.ca {tls.ca} cannot be read: {why}") from why
