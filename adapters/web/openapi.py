"""The OpenAPI 3.1 document, made from the routes that serve."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from adapters.web.routes import Route
from adapters.web.typescript import definitions
from hub import __version__

MEANING = {
    400: "The request is not valid",
    401: "Not signed in",
    403: "Not allowed",
    404: "There is no such thing",
    409: "Too late, or another occurrence stands",
    413: "Too large",
    415: "Not JSON",
    422: "Not of the form that is taken here",
    429: "Too many failures: wait",
    503: "What this needs is away just now",
}


def openapi(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the document."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path.replace("*", ""), {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Citywatch", "version": __version__, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": "/api/v1"}],
        "paths": paths,
        "components": {
            "schemas": definitions(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "citywatch"},
            },
        },
        "security": [{"token": []}, {"session": []}],
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": _operation_id(route),
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": _responses(route),
    }
    if route.right is None:
        operation["security"] = []
    else:
        operation["x-citywatch-right"] = route.right.value
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(route.body)}}}
    return operation


def _operation_id(route: Route) -> str:
    words = re.sub(r"[^a-z]+", "_", route.path.lower()).strip("_")
    return f"{route.method.lower()}_{words}"


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)\*?}", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema()
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": field}
        for name, field in schema["properties"].items()
    ]


def _responses(route: Route) -> dict[str, Any]:
    good: dict[str, Any] = {"description": route.summary}
    if isinstance(route.answer, str):
        good["content"] = {route.answer: {"schema": {"type": "string", "format": "binary"}}}
    elif route.answer is not None:
        media = "application/geo+json" if route.path.endswith(".geojson") else "application/json"
        good["content"] = {media: {"schema": _ref(route.answer)}}
    status = "200" if route.answer is not None else "204"
    refusals = {*route.problems, *(() if route.right is None else (401, 403))}
    refusals |= {400} if route.query or route.body else set()
    refusals |= {403, 413, 415} if route.body else set()
    return {status: good} | {str(code): _problem(code) for code in sorted(refusals)}


def _problem(code: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": MEANING[code], "content": {"application/problem+json": {"schema": schema}}}
