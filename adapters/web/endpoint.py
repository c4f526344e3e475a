"""From a route to a handler of the server: who asks, may they, is what they say well formed; then the answer."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import web
from pydantic import BaseModel, ValidationError

from adapters.web.accounts import Who
from adapters.web.auth import foreign, unproven
from adapters.web.board import encode
from adapters.web.problem import ProblemError, forbidden, sign_in
from adapters.web.routes import Answer, Call, Parts, Route
from hub.model import Refused, StorageError
from hub.roles import allowed

log = structlog.get_logger(__name__)


def endpoint(route: Route, parts: Parts) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return the server's handler of a route."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            who = _let_in(route, parts, request)
            query = _query(route, request)
            call = Call(parts, request, who, query, await _body(route, request))
            return _answer(await route.handler(call))
        except ProblemError as problem:
            return problem.response()
        except Refused as refused:
            return ProblemError(400, refused.reason, str(refused)).response()
        except StorageError as error:
            return ProblemError(503, "storage", f"what is stored cannot be read just now: {error}").response()

    return handle


def _let_in(route: Route, parts: Parts, request: web.Request) -> Who | None:
    who = parts.gate.who(request)
    if route.method != "GET" and (foreign(request) or unproven(request, who)):
        raise forbidden("requests that change something must come from the hub's own pages (header Origin)")
    if route.right is None:
        return who
    if who is None:
        raise sign_in()
    if not allowed(who.role, route.right):
        raise forbidden(f"the role {who.role.value} lacks the right {route.right.value}")
    return who


def _query(route: Route, request: web.Request) -> BaseModel | None:
    if route.query is None:
        return None
    return _checked(route.query.model_validate, dict(request.query))


async def _body(route: Route, request: web.Request) -> BaseModel | None:
    if route.body is None:
        return None
    if request.content_type != "application/json":
        raise ProblemError(415, "not_json", "send JSON with Content-Type: application/json")
    return _checked(route.body.model_validate_json, await request.read())


def _checked(validate: Callable[[Any], BaseModel], value: object) -> BaseModel:
    try:
        return validate(value)
    except ValidationError as error:
        wrong = [
            {"at": ".".join(str(part) for part in item["loc"]), "message": item["msg"]}
            for item in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        first = ": ".join(part for part in wrong[0].values() if part)
        raise ProblemError(400, "bad_request", f"the request is not valid: {first}", errors=wrong) from None


def _answer(answer: Answer) -> web.StreamResponse:
    if isinstance(answer, web.StreamResponse):
        return answer
    return web.Response(body=encode(answer), content_type="application/json")


@web.middleware
async def problems(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turn what the server itself refuses (no such path, wrong method, too large) into problems too."""
    try:
        return await handler(request)
    except web.HTTPRequestEntityTooLarge:
        return ProblemError(413, "too_large", "a body may have 1 MiB").response()
    except web.HTTPMethodNotAllowed as error:
        headers = {"Allow": ", ".join(sorted(error.allowed_methods))}
        return ProblemError(405, "bad_method", f"{request.method} is not known here", headers=headers).response()
    except web.HTTPNotFound:
        return ProblemError(404, "not_found", f"there is nothing at {request.path}").response()
    except StorageError as error:
        return ProblemError(503, "storage", str(error)).response()
