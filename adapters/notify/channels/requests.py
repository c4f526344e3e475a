"""HTTP requests to addresses that were judged: no redirects, bounded answers, bounded time."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from adapters.notify.addresses import Guarded, addresses
from adapters.outbound import Away
from hub.model import SECOND, Refused
from hub.wire.tls import client_context

LARGEST_ANSWER = 64 * 1024
_ABOUT_THE_MESSAGE = frozenset({400, 406, 409, 413, 414, 415, 422, 431})
"""Status codes that say that this message will never be taken; others are the receiver's or the site's trouble."""


class Requests:
    """The client of one channel."""

    def __init__(self, settings: Any, folder: str) -> None:
        self._url = settings.url
        self._local = settings.local
        self._ca = None if settings.ca is None else str(Path(folder) / settings.ca)
        self._timeout = aiohttp.ClientTimeout(total=settings.timeout / SECOND)
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, method: str, headers: Mapping[str, str], body: bytes | None, query: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Return status and body of a successful answer. Raises Away, Refused."""
        url = urlsplit(self._url)
        await addresses(url.hostname or "", url.port or 0, local=self._local)  # literal addresses meet no resolver
        try:
            async with self._opened().request(
                method, self._url, headers=headers, data=body, params=query, allow_redirects=False
            ) as response:
                return _judged(response.status, await response.content.read(LARGEST_ANSWER), response.headers)
        except aiohttp.ClientConnectorDNSError as error:
            raise Away(f"the name {url.hostname} cannot be resolved") from error
        except TimeoutError as error:
            raise Away(f"{url.netloc} does not answer within {self._timeout.total:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Away(f"{url.netloc} cannot be reached: {error}") from error

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=Guarded(local=self._local), use_dns_cache=False, limit=4, ssl=client_context(self._ca)
            )
            jar = aiohttp.DummyCookieJar()
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=self._timeout, cookie_jar=jar, headers={"User-Agent": "citywatch"}
            )
        return self._session

    async def close(self) -> None:
        """Close the client's connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
            await asyncio.sleep(0)  # transports close in the next turn of the loop


def _judged(status: int, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    if 200 <= status < 300:
        return status, body
    said = " ".join(body[:200].decode(errors="replace").split())
    told = f"answers {status}{': ' + said if said else ''}"
    if 300 <= status < 400:
        raise Refused("redirect", f"{told}; it redirects to {headers.get('Location', 'elsewhere')}: name that in url")
    if status in _ABOUT_THE_MESSAGE:
        raise Refused("declined", told)
    raise Away(told)
