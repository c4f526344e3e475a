"""The shipped JSON Schemas: fresh, complete in both languages, and true of the shipped files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers import REGISTRY
from hub.config import shipped
from hub.config.marks import Source
from hub.config.problems import Report
from hub.config.schema import schemas
from hub.config.tree import parse

SCHEMAS = schemas(REGISTRY)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_the_shipped_schema_is_fresh(name: str) -> None:
    written = (shipped() / "schema" / f"{name}.schema.json").read_text(encoding="utf-8")
    assert json.loads(written) == SCHEMAS[name], "run `citywatch schema`"


def fields(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        for key, field in node.get("properties", {}).items():
            yield f"{path}.{key}", field
        for key, value in node.items():
            yield from fields(value, f"{path}.{key}" if key != "properties" else path)
    elif isinstance(node, list):
        for n, value in enumerate(node):
            yield from fields(value, f"{path}[{n}]")


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_field_is_described(name: str) -> None:
    silent = [path for path, field in fields(SCHEMAS[name], name) if not field.get("description")]
    assert silent == []


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_our_own_fields_speak_both_languages_and_have_a_title(name: str) -> None:
    ours = [
        f for f in fields(SCHEMAS[name], name) if not any(d.title() in f[0] for d in REGISTRY) and "anyOf[" not in f[0]
    ]
    assert [path for path, field in ours if " / " not in field["description"]] == []
    assert [path for path, field in ours if "title" not in field] == []


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_reference_can_be_followed(name: str) -> None:
    text = json.dumps(SCHEMAS[name])
    assert all(f'"{ref}": {{' in text for ref in SCHEMAS[name]["$defs"])
    assert all(part.split('"')[0] in SCHEMAS[name]["$defs"] for part in text.split('"$ref": "#/$defs/')[1:])


def test_the_schemas_speak_2020_12_and_know_the_drivers() -> None:
    assert all(schema["$schema"].endswith("2020-12/schema") for schema in SCHEMAS.values())
    assert "ModbusConnection" in SCHEMAS["part"]["$defs"]
    assert SCHEMAS["part"]["$defs"]["MqttConnection"]["properties"]["password"]["anyOf"][0]["properties"].keys() == {
        "secret",
        "env",
        "file",
    }


def test_the_modeline_of_every_shipped_file_finds_its_schema() -> None:
    for path in shipped().rglob("*.yaml"):
        first = path.read_text(encoding="utf-8").split("\n", 1)[0]
        if "$schema=" in first:
            assert (path.parent / Path(first.split("$schema=")[1])).resolve().exists(), path


def test_every_shipped_file_is_true_to_its_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    checked = 0
    for path in shipped().rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        name = text.split("\n", 1)[0].partition("schema/")[2].removesuffix(".schema.json")
        if name in SCHEMAS:
            tree = parse(Source(path.name, ()), text, Report())
            jsonschema.Draft202012Validator(SCHEMAS[name]).validate(tree)
            checked += 1
    assert checked > 10


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("site", "version: 1\nsite: {id: a}\nwebb: {}\n"),
        ("part", "zones: [{id: 'chợ thái'}]\n"),
        ("part", "rules: [{id: a, category: fire, priority: urgent, for_each: {}, when: {is: 1}, text: x}]\n"),
        ("part", "rules: [{id: a, category: fire, priority: high, for_each: {}, when: {abov: 1}, text: x}]\n"),
        ("part", "devices: [{id: a, profile: b/c, zone: z, interval: 5}]\n"),
        ("profile", "profile: a/b\ntitle: A\ndriver: modbus\nsource: s\npoints: {x: {kind: fire.alrm}}\n"),
    ],
)
def test_an_editor_sees_a_mistake_too(name: str, text: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    tree = parse(Source("x.yaml", ()), text, Report())
    assert not jsonschema.Draft202012Validator(SCHEMAS[name]).is_valid(tree)
