"""Errors as RFC 9457 problem details: a stable word for programs, a sentence for people that says what to do."""

from http import HTTPStatus
from typing import Any

from aiohttp import web

from adapters.web.board import encode
from hub.model.masking import masked


class ProblemError(Exception):
    """Something about the request, or the hub just now, prevents an answer, so the caller may send the problem."""

    def __init__(
        self, status: int, code: str, detail: str, *, headers: dict[str, str] | None = None, **extra: object
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers or {}
        self.extra = extra

    def response(self) -> web.Response:
        """Return the answer."""
        body: dict[str, Any] = {
            "type": f"urn:citywatch:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        return web.Response(
            body=encode(masked(body | self.extra)),
            status=self.status,
            headers=self.headers,
            content_type="application/problem+json",
        )


def not_found(what: str, name: str) -> ProblemError:
    """The thing asked for does not exist."""
    return ProblemError(404, "not_found", f"there is no {what} {name!r}")


def sign_in() -> ProblemError:
    """Nobody knows who is asking."""
    detail = "sign in, or send an API token as 'Authorization: Bearer …' (citywatch token create)"
    return ProblemError(401, "sign_in", detail, headers={"WWW-Authenticate": "Bearer"})


def forbidden(detail: str) -> ProblemError:
    """Who is asking may not do this."""
    return ProblemError(403, "forbidden", detail)
