"""The built console, and the few pages outside it."""

from html import escape
from pathlib import Path

from aiohttp import web

from adapters.web.accounts import Accounts
from adapters.web.auth import Gate

_PAGE = """<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Citywatch</title>
<meta name="viewport" content="width=device-width"></head><body><main><h1>Citywatch</h1>{body}</main></body></html>"""


def page(status: int, *paragraphs: str) -> web.Response:
    """Return a plain page of a few sentences."""
    body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    return web.Response(
        text=_PAGE.format(body=body), status=status, content_type="text/html", headers={"Cache-Control": "no-store"}
    )


class Console:
    """Serves the console's files; every path that is no file is the console itself, which knows its own pages."""

    def __init__(self, static: Path) -> None:
        self._static = static.resolve()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer with a file, the console, or how to build it."""
        name = request.match_info["path"]
        found = self._file(name)
        if found is not None:
            kept = "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache"
            return web.FileResponse(found, headers={"Cache-Control": kept})
        index = self._file("index.html")
        if index is None:
            return _unbuilt()
        if "." in name.rsplit("/", 1)[-1]:
            raise web.HTTPNotFound
        return web.FileResponse(index, headers={"Cache-Control": "no-cache"})

    def _file(self, name: str) -> Path | None:
        path = (self._static / name).resolve()
        return path if path.is_relative_to(self._static) and path.is_file() else None


def _unbuilt() -> web.Response:
    return page(
        503,
        "Giao diện chưa được dựng. Chạy: make console",
        "The console is not built. Run: make console",
        "REST: /api/v1/openapi.json · WebSocket: /api/v1/asyncapi.json",
    )


class Enter:
    """The one-time sign-in link: exchanged for a session's cookie, once."""

    def __init__(self, accounts: Accounts, gate: Gate) -> None:
        self._accounts = accounts
        self._gate = gate

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Sign the bearer of a code in, or say that it is used up."""
        taken = self._accounts.take_code(request.query.get("code", ""))
        if taken is None:
            return page(
                410,
                "Liên kết đăng nhập này đã được dùng hoặc đã hết hạn. Hãy xin liên kết mới.",
                "This sign-in link was used or has expired. Ask for a new one.",
            )
        response = web.Response(status=303, headers={"Location": "/", "Cache-Control": "no-store"})
        self._gate.sign_in(response, self._accounts.open_session(*taken))
        return response
