"""How a request proves who asks: basic, a token, or a token got with client credentials and renewed in time.

RFC 7617 (basic), RFC 6750 (bearer), RFC 6749 (4.4 client credentials, 5.1 the answer, 2.3.1 the client's own sign-in).
"""

import base64
import json
from collections.abc import Awaitable, Callable
from urllib.parse import quote_plus, urlencode

from drivers.http.address import Connection, OAuth2
from hub.model import NoAnswer

EARLY = 30.0
"""Seconds before its end that a token is renewed."""
USUAL = 300.0
"""Seconds that a token is believed to live when the server does not say."""
Post = Callable[[str, dict[str, str], bytes], Awaitable[bytes]]
"""(resource, headers, body) → the answer's body."""


class SignIn:
    """The headers that prove the hub, for one server."""

    def __init__(self, connection: Connection, now: Callable[[], float], post: Post) -> None:
        self._connection = connection
        self._now = now
        self._post = post
        self._token = ""
        self._ends = 0.0

    async def headers(self) -> dict[str, str]:
        """Return the headers of the next request. Raises NoAnswer (auth_failed) when no token is to be had."""
        c = self._connection
        if c.oauth2 is not None:
            if not self._token or self._now() >= self._ends:
                await self._renew(c.oauth2)
            return {"Authorization": f"Bearer {self._token}"}
        if c.token is not None:
            secret = c.token.get_secret_value()
            return {c.token_header: f"Bearer {secret}" if c.token_header.lower() == "authorization" else secret}
        if c.user is not None and c.password is not None:
            return {"Authorization": _basic(c.user, c.password.get_secret_value())}
        return {}

    def refused(self) -> bool:
        """Forget a token that the server no longer takes; tell whether another may be had."""
        had, self._token = bool(self._token), ""
        return had

    async def _renew(self, way: OAuth2) -> None:
        secret = way.client_secret.get_secret_value()
        form = {"grant_type": "client_credentials"} | ({"scope": way.scope} if way.scope else {})
        headers = {
            "Authorization": _basic(quote_plus(way.client_id), quote_plus(secret)),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = await self._post(way.resource, headers, urlencode(form).encode())
        try:
            given = json.loads(body)
            self._token, life = str(given["access_token"]), float(given.get("expires_in", USUAL))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise NoAnswer(f"{way.resource} gave no token that can be read", "auth_failed") from None
        if not self._token.isascii() or not self._token.isprintable() or not self._token:
            raise NoAnswer(f"{way.resource} gave a token that is none", "auth_failed")
        self._ends = self._now() + max(1.0, life - EARLY)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
