"""Health for machines: alive, ready, figures.

`/healthz` and `/readyz` answer anybody and tell strangers nothing but yes or no. `/metrics` and the detail of `/readyz`
are for this machine itself and for whoever is signed in or has a token of any role.
"""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from adapters.web.auth import Gate, local
from adapters.web.board import encode
from adapters.web.problem import sign_in

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Probes:
    """The three paths that monitoring asks."""

    def __init__(self, gate: Gate, metrics: Callable[[], bytes] | None, ready: Callable[[], dict[str, Any]]) -> None:
        self._gate = gate
        self._metrics = metrics
        self._ready = ready

    async def healthz(self, _: web.Request) -> web.StreamResponse:
        """Say that the server answers."""
        return web.Response(text="ok\n")

    async def readyz(self, request: web.Request) -> web.StreamResponse:
        """Say whether every part works; which part says what is for those who may know."""
        detail = self._ready()
        good = all(said for said in detail.values() if isinstance(said, bool))
        told = detail | {"ready": good} if self._known(request) else {"ready": good}
        return web.Response(body=encode(told), status=200 if good else 503, content_type="application/json")

    async def metrics(self, request: web.Request) -> web.StreamResponse:
        """Give the figures in the text format of Prometheus."""
        if not self._known(request):
            return sign_in().response()
        body = self._metrics() if self._metrics else b""
        return web.Response(body=body, headers={"Content-Type": METRICS_TYPE})

    def _known(self, request: web.Request) -> bool:
        return local(request) or self._gate.who(request) is not None
