"""Who is asking: a session's cookie, an API token, or (for the stream) a ticket; and whether the request is theirs."""

import secrets
from urllib.parse import urlsplit

from aiohttp import web

from adapters.web.accounts import SESSION_LIFE, Accounts, Who
from hub.model import SECOND, Clock, Timestamp

TICKET_LIFE_S = 30
TICKETS_MOST = 10_000
LOOPBACK = ("127.0.0.1", "::1")
PROXIED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


class Tickets:
    """Tickets that open one WebSocket within half a minute; forgotten when the hub stops."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, tuple[Who, Timestamp]] = {}

    def issue(self, who: Who) -> str:
        """Return a new ticket of 256 bits for somebody."""
        now = self._clock.monotonic()
        self._open = {ticket: held for ticket, held in self._open.items() if held[1] > now}
        while len(self._open) >= TICKETS_MOST:
            del self._open[next(iter(self._open))]
        ticket = secrets.token_urlsafe(32)
        self._open[ticket] = (who, now + TICKET_LIFE_S * SECOND)
        return ticket

    def take(self, ticket: str) -> Who | None:
        """Use a ticket up; return whose it was, or None when it was used, expired or never was."""
        who, ends = self._open.pop(ticket, (None, 0))
        return who if ends > self._clock.monotonic() else None


class Gate:
    """Tells who is asking. The cookie has the `__Host-` prefix wherever TLS allows it."""

    def __init__(self, accounts: Accounts, tickets: Tickets, *, tls: bool) -> None:
        self._accounts = accounts
        self._tickets = tickets
        self._tls = tls
        name = f"citywatch-{accounts.nickname}"
        self.cookie = f"__Host-{name}" if tls else name

    def who(self, request: web.Request) -> Who | None:
        """Return who is asking, or None. A token is looked at first, so that a script is never taken for a browser."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._accounts.token(token.strip())
        secret = request.cookies.get(self.cookie)
        return self._accounts.session(secret) if secret else None

    def who_streams(self, request: web.Request) -> Who | None:
        """Return who opens the stream: as `who`, or by a ticket, which is used up."""
        ticket = request.query.get("ticket")
        if not ticket:
            return self.who(request)
        who = self._tickets.take(ticket)
        return who if who is not None and self._accounts.still(who) == who.role else None

    def sign_in(self, response: web.StreamResponse, secret: str) -> None:
        """Give a browser its session."""
        response.set_cookie(
            self.cookie,
            secret,
            max_age=SESSION_LIFE // SECOND,
            path="/",
            secure=self._tls,
            httponly=True,
            samesite="Strict",
        )

    def sign_out(self, response: web.StreamResponse) -> None:
        """Take a browser's session away."""
        response.del_cookie(self.cookie, path="/", secure=self._tls, httponly=True, samesite="Strict")


def foreign(request: web.Request) -> bool:
    """Tell whether a page of another origin makes this request (RFC 6454)."""
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host


def unproven(request: web.Request, who: Who | None) -> bool:
    """Tell whether a request that changes something comes with a cookie and without the hub's own origin."""
    return who is not None and who.by_cookie and request.headers.get("Origin") is None


def local(request: web.Request) -> bool:
    """Tell whether the request comes from this machine itself, not through a proxy on it."""
    return request.remote in LOOPBACK and not any(header in request.headers for header in PROXIED)
