"""JSON Schema (2020-12) of every configuration file, made from the models that check them, drivers' included."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from hub.config.channels.entries import ContactEntry, RosterEntry, StepEntry
from hub.config.channels.types import CHANNELS
from hub.config.meanings import condition
from hub.config.playbook import PlayStepEntry
from hub.config.profile import DeviceEntry, PointEntry, ProfileFile, TableEntry
from hub.config.registry import DriverLike
from hub.config.rule import RuleEntry
from hub.config.site import REFERENCE_SCHEMA, Part, SiteFile
from hub.model.kinds import EVENT_KINDS, POINT_KINDS, UNITS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


class _Titled(GenerateJsonSchema):
    """Schemas whose shape does not depend on the order of models."""

    schema_dialect = DIALECT


def write(folder: Path, drivers: Mapping[str, DriverLike]) -> list[Path]:
    """Write every schema into a folder; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas(drivers).items():
        path = folder / f"{name}.schema.json"
        path.write_text(json.dumps(schema, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    return written


def schemas(drivers: Mapping[str, DriverLike]) -> dict[str, Schema]:
    """Return every schema by the name of the file it describes."""
    shared = _definitions(drivers)
    site = _object("SiteFile", "A site (site.yaml).", "Tệp site.yaml.")
    part = _object("Part", "Zones, devices and rules that a site includes.", "Vùng, thiết bị, quy tắc được include.")
    profile = _object("ProfileFile", "A device model.", "Hồ sơ thiết bị.")
    made = {"site": site, "part": part, "profile": profile, "secrets": _secrets()}
    return {name: _complete(name, root, shared) for name, root in made.items()}


def _object(ref: str, en: str, vi: str) -> Schema:
    return {"$ref": f"#/$defs/{ref}", "description": f"{en} / {vi}"}


def _complete(name: str, root: Schema, shared: Schema) -> Schema:
    """Return a schema that stands alone: its root and the definitions it needs."""
    needed: dict[str, Any] = {}
    waiting = list(_references(root))
    while waiting:
        ref = waiting.pop()
        if ref not in needed:
            needed[ref] = _titled(shared[ref])
            waiting += _references(shared[ref])
    head = {"$schema": DIALECT, "$id": f"{name}.schema.json", "title": f"Citywatch: {name}"}
    return {**head, **root, "$defs": {key: needed[key] for key in sorted(needed)}}


def _titled(node: Any) -> Any:
    """Return a schema in which every field has a title; where the model gives none it is the key itself."""
    if isinstance(node, list):
        return [_titled(item) for item in node]
    if not isinstance(node, dict):
        return node
    done = {key: _titled(value) for key, value in node.items()}
    for key, field in done.get("properties", {}).items():
        field.setdefault("title", key.replace("_", " ").capitalize())
    return done


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].removeprefix("#/$defs/")
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _definitions(drivers: Mapping[str, DriverLike]) -> Schema:
    telling: list[type[BaseModel]] = [ContactEntry, RosterEntry, StepEntry, PlayStepEntry, *CHANNELS.values()]
    defs = _of_models([SiteFile, Part, ProfileFile, PointEntry, DeviceEntry, TableEntry, RuleEntry, *telling])
    by_driver = {name: _of_driver(name, drivers[name]) for name in sorted(drivers)}
    for own in by_driver.values():
        defs |= own
    _vocabulary(defs)
    _devices(defs, by_driver)
    _profile(defs, by_driver)
    defs["Condition"] = condition()
    defs["RuleEntry"]["properties"]["when"] |= {"$ref": "#/$defs/Condition"}
    defs["RuleEntry"]["properties"]["test_during"] |= {"$ref": "#/$defs/Condition"}
    defs["RuleEntry"]["properties"]["mute_during"]["anyOf"] = [
        {"$ref": "#/$defs/HoursEntry"},
        {"$ref": "#/$defs/Condition"},
    ]
    defs["CommandEntry"]["properties"]["interlock"] |= {"$ref": "#/$defs/Condition"}
    for part in ("Part", "SiteFile"):
        properties = defs[part]["properties"]
        properties["devices"]["items"] = {"anyOf": [{"$ref": "#/$defs/DeviceEntry"}, {"$ref": "#/$defs/TableEntry"}]}
        properties["rules"]["items"] = {"$ref": "#/$defs/RuleEntry"}
        _telling(properties)
    return defs


def _telling(properties: Schema) -> None:
    """Describe contacts, rosters, channels and escalations, which are checked after the file that holds them."""
    channels = [{"$ref": f"#/$defs/{model.__name__}"} for model in CHANNELS.values()]
    steps = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/StepEntry"}}
    shapes: dict[str, Schema] = {
        "contacts": {"$ref": "#/$defs/ContactEntry"},
        "rosters": {"$ref": "#/$defs/RosterEntry"},
        "channels": {"anyOf": channels},
        "escalations": steps,
    }
    for key, shape in shapes.items():
        properties[key]["additionalProperties"] = shape


def _of_models(models: list[type[BaseModel]]) -> Schema:
    _, made = models_json_schema(
        [(model, "validation") for model in models], schema_generator=_Titled, ref_template="#/$defs/{model}"
    )
    found: Schema = made["$defs"]
    return found


def _of_driver(name: str, spec: DriverLike) -> Schema:
    """Return a driver's models, renamed so that drivers cannot collide, secrets as references."""
    models = {
        "Connection": spec.connection,
        "Address": spec.address,
        "Event": spec.event,
        "Limits": spec.limits,
        "Found": spec.found,
    }
    given = {role: model for role, model in models.items() if model is not None}
    raw = _of_models(list(given.values()))
    own = {key: f"{name.title()}{key.split('__')[-1].lstrip('_')}" for key in raw}
    text = json.dumps(raw)
    for key, new in sorted(own.items(), key=lambda item: -len(item[0])):
        text = text.replace(f'"#/$defs/{key}"', f'"#/$defs/{new}"')
    return {own[key]: _bilingual(schema) for key, schema in json.loads(text).items()}


def _bilingual(node: Any) -> Any:
    """Join a driver's own Vietnamese (`vi`) to its description, and replace secrets by references."""
    if isinstance(node, list):
        return [_bilingual(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("format") == "password":
        return {**REFERENCE_SCHEMA, **({"description": node["description"]} if "description" in node else {})}
    done = {key: _bilingual(value) for key, value in node.items() if key != "vi" or not isinstance(value, str)}
    if isinstance(node.get("vi"), str):
        done["description"] = f"{node.get('description', '')} / {node['vi']}"
    return done


def _vocabulary(defs: Schema) -> None:
    """Offer the kinds and units where they are named; a site's own kinds stay possible."""
    own: Schema = {"pattern": "^x\\."}
    point, event = defs["PointEntry"]["properties"], defs["EventEntry"]["properties"]
    point["kind"]["anyOf"] = [{"enum": sorted(POINT_KINDS)}, own]
    event["kind"]["anyOf"] = [{"enum": sorted(EVENT_KINDS)}, own]
    point["unit"] |= {"anyOf": [{"enum": sorted(UNITS)}, {"type": "null"}]}
    defs["SelectorEntry"]["properties"]["kind"] |= {"anyOf": [{"enum": sorted(POINT_KINDS)}, own, {"type": "null"}]}


def _devices(defs: Schema, by_driver: Mapping[str, Schema]) -> None:
    properties = defs["DeviceEntry"]["properties"]
    connections = [{"$ref": f"#/$defs/{name.title()}Connection"} for name in by_driver]
    properties["connection"] |= {"anyOf": [*connections, {"type": "object"}]}
    change = json.loads(json.dumps(defs["PointEntry"]))
    change.pop("required", None)
    change["properties"]["address"] |= _any_address(by_driver)
    defs["PointChange"] = change
    properties["points"]["additionalProperties"] = {"$ref": "#/$defs/PointChange"}


def _any_address(by_driver: Mapping[str, Schema]) -> Schema:
    choices: list[Schema] = [{"$ref": f"#/$defs/{name.title()}Address"} for name in by_driver]
    return {"anyOf": [*choices, {"type": "object"}]}


def _profile(defs: Schema, by_driver: Mapping[str, Schema]) -> None:
    """Let addresses be those of the profile's driver; numbers may be `{…}` of parameters there."""
    profile = defs["ProfileFile"]
    profile["properties"]["driver"]["examples"] = sorted(by_driver)
    for holder in (profile, defs["EachEntry"], defs["FoundEntry"]):
        holder["properties"]["points"]["additionalProperties"] = {"$ref": "#/$defs/PointEntry"}
    choices: list[Schema] = [_templated(own[f"{name.title()}Address"]) for name, own in by_driver.items()]
    defs["PointEntry"]["properties"]["address"] |= {"anyOf": [*choices, {"type": "object"}]}


def _templated(address: Schema) -> Schema:
    """Return an address whose numbers may also be written as `{…}`."""
    return {**address, "properties": {key: _or_template(value) for key, value in address["properties"].items()}}


def _or_template(value: Schema) -> Schema:
    if value.get("type") != "integer":
        return value
    text: Schema = {"type": "string", "pattern": "[{].*[}]"}
    return {"anyOf": [value, text], "description": value.get("description", "")}


def _secrets() -> Schema:
    return {
        "type": "object",
        "description": "Secrets by name; the file's mode is 0600. / Mật khẩu theo tên; quyền tệp 0600.",
        "additionalProperties": {"type": "string"},
    }
