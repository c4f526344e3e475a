"""One HTTP server: bounded requests to judged addresses, and what its refusals mean.

HTTP semantics from RFC 9110 (status codes section 15, validators 8.8, Retry-After 10.2.3). Redirects are not followed,
answers are asked for without compression and never read beyond the limit, cookies are not kept.
"""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from msgspec import Struct

from drivers.http.address import Connection, Tls
from drivers.http.signin import SignIn
from hub.config.channels.checks import forbidden
from hub.model import Misconfigured, NoAnswer, Unreachable
from hub.wire.tls import client_context, fault

PIECE = 64 * 1024
NOT_MODIFIED, UNAUTHORIZED, TOO_MANY = 304, 401, 429
WORDS = {
    401: "auth_failed", 403: "refused", 404: "misconfigured", 405: "misconfigured", 406: "misconfigured",
    407: "auth_failed", 408: "timeout", 410: "misconfigured", 429: "refused", 502: "unreachable", 504: "timeout",
}  # fmt: skip
"""Status code → word of health; others of 4xx and 5xx: refused."""


class Bounds(Struct, frozen=True):
    """What is borne of an answer."""

    seconds: float
    largest: int
    """Bytes."""
    also: Sequence[int] = ()
    """Status codes beside 200 whose body is an answer."""


class Answer(Struct):
    """What a server said; `body` None: what it said last is still good."""

    body: bytes | None
    tag: str = ""
    """The entity tag, for the next question."""


class Busy(NoAnswer):
    """The server asks to be left alone, so the caller may wait for `seconds`."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message, "refused")
        self.seconds = seconds


class Judged(AbstractResolver):
    """Resolves names to addresses that may be spoken to: loopback only when it was written so."""

    def __init__(self, local: bool) -> None:
        self._local = local

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the judged addresses of a host. Raises Misconfigured, OSError."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        judged(host, [str(at[0]) for *_, at in found], local=self._local)
        return [
            ResolveResult(hostname=host, host=str(at[0]), port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for kind, _, _, _, at in found
        ]

    async def close(self) -> None:
        """Nothing is held."""


def judged(host: str, addresses: Sequence[str], *, local: bool) -> None:
    """Accept the addresses of a host. Raises Misconfigured for link-local, multicast and the like."""
    for address in addresses:
        complaint = forbidden(ip_address(address.partition("%")[0]), local=local)
        if complaint is not None:
            raise Misconfigured(f"nothing is asked of {host}: {complaint[0]}; write the address that is meant")


def written_local(host: str) -> bool:
    """Tell whether a host is written as this machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class HttpClient:
    """The one server of a line."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._session: aiohttp.ClientSession | None = None
        self._signin = SignIn(connection, self._now, self._post)
        self._patience = 3.0
        self.requests = self.unchanged = self.received = 0
        self.refused = 0
        """Answers that were too large, packed, or sent us elsewhere."""

    async def open(self, patience: float) -> None:
        """See that somebody listens. Raises Unreachable, Misconfigured."""
        await self.close()
        c = self.connection
        tls = c.tls if isinstance(c.tls, Tls) else Tls(ca=None, cert=None, key=None)
        context = await asyncio.to_thread(client_context, tls.ca, tls.cert, tls.key) if c.tls else None
        await self._knock(patience)
        connector = aiohttp.TCPConnector(
            resolver=Judged(written_local(c.host)), ssl=context or True, limit=2, use_dns_cache=False
        )
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False,
            headers={"User-Agent": "citywatch", "Accept": "application/json", "Accept-Encoding": "identity"},
        )  # fmt: skip

    async def get(self, resource: str, tag: str, bounds: Bounds) -> Answer:
        """Ask for a resource, unless it is still what `tag` names. Raises NoAnswer, Unreachable, Misconfigured."""
        self._patience = bounds.seconds
        for last in (False, True):
            headers = await self._signin.headers() | ({"If-None-Match": tag} if tag else {})
            answer = await self._ask(resource, headers, bounds)
            if answer is not None:
                return answer
            if last or not self._signin.refused():
                break
        raise NoAnswer(f"{self.connection.where} does not take the hub's user, password or token (401)", "auth_failed")

    async def close(self) -> None:
        """Disconnect; safe to call twice."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _knock(self, patience: float) -> None:
        c = self.connection
        try:
            async with asyncio.timeout(patience):
                found = await Judged(written_local(c.host)).resolve(c.host, c.port)
                _, writer = await asyncio.open_connection(found[0]["host"], c.port)
                writer.close()
        except TimeoutError:
            raise Unreachable(f"{c.where} does not answer within {patience:g} s") from None
        except OSError as error:
            raise Unreachable(f"cannot connect to {c.where}: {error.strerror or error}") from error

    async def _post(self, resource: str, headers: dict[str, str], body: bytes) -> bytes:
        answer = await self._ask(resource, headers, Bounds(self._patience, PIECE), body)
        if answer is None or answer.body is None:
            raise NoAnswer(f"{self.connection.where}{resource} does not take the client's id and secret", "auth_failed")
        return answer.body

    async def _ask(
        self, resource: str, headers: dict[str, str], bounds: Bounds, body: bytes | None = None
    ) -> Answer | None:
        """Return the answer, None when the sign-in was not taken."""
        if self._session is None:
            raise Unreachable(f"{self.connection.where} was not opened")
        url = self.connection.where + resource
        self.requests += 1
        try:
            async with (
                asyncio.timeout(bounds.seconds),
                self._session.request(
                    "GET" if body is None else "POST", url, headers=headers, data=body, allow_redirects=False
                ) as response,
            ):
                return await self._read(response, bounds)
        except TimeoutError:
            raise NoAnswer(f"no whole answer from {url} within {bounds.seconds:g} s", "timeout") from None
        except aiohttp.ClientConnectorSSLError as error:
            raise self._tls_fault(error.os_error) from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise self._tls_fault(error.certificate_error) from error
        except (aiohttp.ClientPayloadError, aiohttp.ClientResponseError, ValueError) as error:
            raise NoAnswer(f"what {url} says is no HTTP: {error}", "protocol_error") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unreachable(f"the connection to {self.connection.where} is lost: {error}") from error

    def _tls_fault(self, error: BaseException) -> Exception:
        tls = self.connection.tls
        ca = tls.ca if isinstance(tls, Tls) else None
        if isinstance(error, ssl.SSLError):
            return fault(error, self.connection.where, ca)
        return Unreachable(f"TLS with {self.connection.where} failed: {error}", "protocol_error")

    async def _read(self, response: aiohttp.ClientResponse, bounds: Bounds) -> Answer | None:
        status = response.status
        if status == NOT_MODIFIED:
            self.unchanged += 1
            return Answer(None)
        if status == UNAUTHORIZED:
            return None
        if status != 200 and status not in bounds.also:
            raise self._refusal(response)
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            self.refused += 1
            raise NoAnswer(f"{response.url} sends packed answers, which the hub did not ask for", "protocol_error")
        return Answer(
            await self._body(response, bounds.largest), response.headers.get("ETag", "") if status == 200 else ""
        )

    async def _body(self, response: aiohttp.ClientResponse, largest: int) -> bytes:
        whole = bytearray()
        if (response.content_length or 0) <= largest:
            async for piece in response.content.iter_chunked(PIECE):
                whole += piece
                self.received += len(piece)
                if len(whole) > largest:
                    break
            else:
                return bytes(whole)
        response.close()
        self.refused += 1
        raise NoAnswer(f"{response.url} answers with more than {largest} bytes; see limits: largest", "protocol_error")

    def _refusal(self, response: aiohttp.ClientResponse) -> NoAnswer:
        status, url = response.status, response.url
        if 300 <= status < 400:
            self.refused += 1
            to = response.headers.get("Location", "")[:200]
            return NoAnswer(
                f"{url} sends us to {to!r}, which is not followed; write that if it is meant", "misconfigured"
            )
        if status < 400:
            return NoAnswer(f"{url} answers {status}, without a document", "protocol_error")
        told = f"{url} answers {status} {response.reason or ''}".rstrip()
        after = response.headers.get("Retry-After", "")
        if status in (TOO_MANY, 503) and after.isascii() and after.isdigit():
            return Busy(f"{told}: it wants {after[:9]} s of rest", float(after[:9]))
        return NoAnswer(told, WORDS.get(status, "refused"))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
