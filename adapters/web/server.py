"""The web adapter: one listener for REST, the WebSocket, the console's files and the probes."""

import asyncio
import ipaddress
import re
import ssl
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from adapters.base import Checklists, Commander, Desk, Historian, Inlets, Notifier, View
from adapters.looking import Looker
from adapters.pictured import Pictured
from adapters.web.accounts import Accounts
from adapters.web.actions import Counter
from adapters.web.asyncapi import asyncapi
from adapters.web.auth import Gate, Tickets
from adapters.web.broadcast import DEFAULT_PACE, Broadcast, Pace, watched
from adapters.web.configuring import Configurer
from adapters.web.endpoint import endpoint, problems
from adapters.web.files import Console, Enter
from adapters.web.openapi import openapi
from adapters.web.passwords import Checker, Throttle
from adapters.web.probes import Probes
from adapters.web.rest import ROUTES
from adapters.web.routes import Answer, Call, Parts, Route
from adapters.web.socket import Door
from hub.metrics import Figure
from hub.model import Clock, Refused
from hub.roles import Right, role_of
from hub.stream import Stream

log = structlog.get_logger(__name__)

LARGEST_BODY = 1024 * 1024
TOKEN_DAYS = 90
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "font-src 'self'; manifest-src 'self'; media-src 'self' blob:; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


async def _openapi(_: Call) -> Answer:
    return openapi(routes())


async def _asyncapi(_: Call) -> Answer:
    return asyncapi()


def routes() -> tuple[Route, ...]:
    """Return every REST route, the two documents included."""
    return (
        *ROUTES,
        Route("GET", "/openapi.json", _openapi, Right.READ, None, "This document"),
        Route("GET", "/asyncapi.json", _asyncapi, Right.READ, None, "The WebSocket's document"),
    )


class WebAdapter:
    """REST, WebSocket and console of one hub."""

    def __init__(
        self,
        view: View,
        desk: Desk,
        historian: Historian,
        stream: Stream,
        *,
        state_folder: Path,
        static: Path,
        clock: Clock,
        metrics: Callable[[], bytes] | None = None,
        ready: Callable[[], dict[str, Any]] = dict,
        pace: Pace = DEFAULT_PACE,
        commander: Commander | None = None,
        statistics: Callable[[str], Mapping[str, float | None] | None] | None = None,
        notifier: Notifier | None = None,
        checklists: Checklists | None = None,
        inlets: Inlets | None = None,
        looker: Looker | None = None,
        pictured: Pictured | None = None,
        configurer: Configurer | None = None,
    ) -> None:
        self._view, self._desk, self._historian, self._stream = view, desk, historian, stream
        self._clock, self._pace, self._ready, self._metrics = clock, pace, ready, metrics
        self._commander, self._statistics, self._notifier = commander, statistics, notifier
        self._checklists, self._inlets, self._configurer = checklists, inlets, configurer
        self._looker, self._pictured = looker, pictured
        self._web = view.site.web
        self._accounts = Accounts(state_folder, clock)
        self._console = Console(static)
        self._runner: web.AppRunner | None = None
        self._broadcast: Broadcast | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def enrol(self, role: str = "operator", user: str | None = None) -> str:
        """Make a one-time sign-in path, `/enter?code=…`: good once, for 15 minutes. Raises ValueError, StorageError."""
        chosen = role_of(role)
        return f"/enter?code={self._accounts.issue_code(user or chosen.value, chosen)}"

    def token(self, name: str, role: str, days: int = TOKEN_DAYS) -> str:
        """Make an API token; an earlier one of that name ends. Raises ValueError, StorageError."""
        return self._accounts.create_token(name, role_of(role), days)

    async def start(self, host: str, port: int) -> int:
        """Listen; return the port that was bound. Raises Refused (no TLS off loopback, port taken, bad certificate)."""
        context = self._tls(host)
        self._broadcast = Broadcast(self._view, self._stream, self._accounts, self._clock, self._pace)
        self._runner = web.AppRunner(
            self._app(self._broadcast), access_log=None, handle_signals=False, shutdown_timeout=3.0
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, ssl_context=context, backlog=512)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise Refused("port", f"cannot listen on {host}:{port}: {error.strerror}; choose another port") from error
        self._begin(self._broadcast)
        bound = int(self._runner.addresses[0][1])
        log.info("web server listens", host=host, port=bound, tls=context is not None)
        return bound

    def _begin(self, broadcast: Broadcast) -> None:
        def abandon() -> None:
            # A console that hears nothing must not think that nothing happens: it is cut off and shows that it is.
            broadcast.close_all("the stream has failed; reconnect")

        for loop in (broadcast.listen, broadcast.beat, broadcast.tick):
            self._tasks.append(watched(asyncio.create_task(loop(), name=f"web-{loop.__name__}"), abandon))

    async def stop(self) -> None:
        """Close every socket with 1012, stop listening, close the accounts. Safe to call twice."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._broadcast is not None:
            await asyncio.gather(*self._broadcast.close_all("the hub is restarting"), return_exceptions=True)
            self._broadcast.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self._accounts.close()

    def figures(self) -> Iterable[Figure]:
        """Return the figures of this adapter, for the metrics."""
        return [] if self._broadcast is None else self._broadcast.figures()

    def _tls(self, host: str) -> ssl.SSLContext | None:
        if self._web.cert is None:
            if not _loopback(host):
                detail = f"listening on {host} without TLS is refused: set cert and key of web.tls, or use 127.0.0.1"
                raise Refused("plain_http", detail)
            return None
        folder = Path(self._view.site.folder)
        key = folder / self._web.key if self._web.key else None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(folder / self._web.cert, key)
        except (OSError, ssl.SSLError) as error:
            raise Refused("certificate", f"the certificate or key of web.tls cannot be used: {error}") from error
        return context

    def _app(self, broadcast: Broadcast) -> web.Application:
        tickets = Tickets(self._clock)
        gate = Gate(self._accounts, tickets, tls=self._web.cert is not None)
        counter = Counter(self._desk, self._clock)
        parts = Parts(
            self._view, self._historian, self._clock, self._accounts, tickets, Checker(), Throttle(self._clock),
            counter, broadcast, gate, self._commander, self._statistics, self._notifier,
            self._checklists, self._inlets, self._configurer, looker=self._looker, pictured=self._pictured,
        )  # fmt: skip
        app = web.Application(middlewares=[problems], client_max_size=LARGEST_BODY)
        app.on_response_prepare.append(_dress)
        for route in routes():
            app.router.add_route(route.method, f"/api/v1{pattern(route.path)}", endpoint(route, parts))
        app.router.add_get("/api/v1/stream", Door(broadcast, counter, gate, self._clock).open)
        probes = Probes(gate, self._metrics, self._ready)
        app.router.add_get("/healthz", probes.healthz)
        app.router.add_get("/readyz", probes.readyz)
        app.router.add_get("/metrics", probes.metrics)
        app.router.add_get("/enter", Enter(self._accounts, gate).serve, allow_head=False)
        app.router.add_get("/{path:(?!api/).*}", self._console.serve)
        return app


def pattern(path: str) -> str:
    """Return the server's pattern of a route's path: `{name*}` takes slashes too, escaped or not."""
    return re.sub(r"{(\w+)\*}", r"{\1:.+}", path)


async def _dress(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
    response.headers.pop("Server", None)
    if request.path.startswith("/api/"):
        response.headers["Cache-Control"] = "no-store"


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
