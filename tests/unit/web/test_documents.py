"""OpenAPI, AsyncAPI and the console's types: valid, complete and fresh."""

import json
import re
from pathlib import Path
from typing import Any

from openapi_spec_validator import validate

from adapters.web import typescript
from adapters.web.asyncapi import asyncapi
from adapters.web.openapi import openapi
from adapters.web.server import routes

DOCS = Path(__file__).parents[3] / "docs" / "reference"


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(inner) for inner in node.values()))
    if isinstance(node, list):
        return set().union(*(references(inner) for inner in node))
    return set()


def resolve(document: dict[str, Any], reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
    return document


def test_the_openapi_document_is_valid_3_1() -> None:
    document = openapi(routes())
    validate(document)
    assert document["openapi"] == "3.1.0"


def test_every_operation_has_a_name_of_its_own() -> None:
    operations = [op for path in openapi(routes())["paths"].values() for op in path.values()]
    assert len({op["operationId"] for op in operations}) == len(routes())


def test_the_asyncapi_document_says_what_is_sent_and_heard_and_points_nowhere_empty() -> None:
    document = json.loads(json.dumps(asyncapi()))
    assert document["asyncapi"] == "3.0.0"
    for reference in references(document):
        assert resolve(document, reference), reference
    heard = {ref["$ref"].rsplit("/", 1)[1] for ref in document["operations"]["hear"]["messages"]}
    assert heard == {"Sub", "Unsub", "Do"}
    assert document["operations"]["hear"]["action"] == "receive"


def test_the_consoles_types_are_fresh() -> None:
    assert typescript.TARGET.read_text(encoding="utf-8") == typescript.render(), "run python -m adapters.web.typescript"


def test_rest_md_names_every_route() -> None:
    page = (DOCS / "rest.md").read_text(encoding="utf-8")
    for route in routes():
        assert f"`{route.method} {re.sub('[*]', '', route.path)}`" in page, route.path


def test_the_test_vectors_of_websocket_md_are_true() -> None:
    from adapters.web.board import Facts, Row
    from adapters.web.digest import Digest

    digest = Digest()
    page = (DOCS / "websocket.md").read_text(encoding="utf-8")
    digest.put("a", Row("a", 1, Facts(), dict))
    assert f"`{digest.hex}`" in page
    digest.put("báo", Row("báo", 2, Facts(), dict))
    assert f"`{digest.hex}`" in page
