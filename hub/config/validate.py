"""A tree against a pydantic model: every mistake reported at its line, in our words, with the nearest known word."""

import json
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hub.config.marks import Map, Seq, locate
from hub.config.problems import Report, did_you_mean, known_are, one_of

M = TypeVar("M", bound=BaseModel)
LATER = frozenset({"adapters", "shelving", "suppress"})
"""Keys of the grammar that later versions will understand."""

Path = Sequence[str | int]


def validate(model: type[M], tree: Map, report: Report, *, plain: Mapping[str, Any] | None = None) -> M | None:
    """Return the model of a tree, or None after reporting every mistake.

    `plain` is what is validated when it differs from what the file says (secrets filled in).
    """
    try:
        return model.model_validate(tree if plain is None else plain)
    except ValidationError as invalid:
        for error in _best_branches(invalid.errors(include_url=False), tree):
            _report(model, error, tree, report)
        return None


def _best_branches(errors: list[ErrorDetails], tree: Map) -> list[ErrorDetails]:
    """Of the branches of a union keep the one that got furthest: the one the author meant."""
    branches: dict[Path, dict[str | int, list[ErrorDetails]]] = {}
    kept: list[ErrorDetails] = []
    for error in errors:
        fork = _fork(error["loc"], tree)
        if fork is None or (error["type"] in {"missing", "extra_forbidden"} and fork == len(error["loc"]) - 1):
            kept.append(error)
        else:
            branches.setdefault(error["loc"][:fork], {}).setdefault(error["loc"][fork], []).append(error)
    for branch in branches.values():
        kept += max(branch.values(), key=lambda found: max(len(e["loc"]) for e in found))
    return kept


def _fork(loc: Path, tree: Any) -> int | None:
    """Return where a location names something that the file does not have: the label of a union's branch."""
    node = tree
    for n, step in enumerate(loc):
        if isinstance(node, Map) and step in node:
            node = node[str(step)]
        elif isinstance(node, Seq) and isinstance(step, int) and step < len(node):
            node = node[step]
        else:
            return n
    return None


def _report(model: type[BaseModel], error: ErrorDetails, tree: Map, report: Report) -> None:
    loc = error["loc"]
    if error["type"] in {"extra_forbidden", "missing"}:
        node, mark = locate(tree, loc[:-1], tree.mark)
        key = str(loc[-1])
        if error["type"] == "missing":
            report.error(mark, f"missing key '{key}'")
        elif isinstance(node, Map):
            unknown_key(node, key, keys_at(model, loc[:-1]), report)
        return
    node, mark = locate(tree, loc, tree.mark)
    message, hint = _say(error, node)
    report.error(mark, message, hint)


def unknown_key(node: Map, key: str, known: Sequence[str], report: Report) -> None:
    """Report a key that is not in the grammar, at the key itself."""
    mark = node.key_marks[key]
    if key in LATER:
        report.error(mark, f"'{key}' is not available in this version", "remove it")
        return
    report.error(mark, f"unknown key '{key}'", did_you_mean(key, known, otherwise=known_are("keys here", known)))


def keys_at(model: Any, loc: Path) -> list[str]:
    """Return the keys that a model knows at a location."""
    shapes = [model]
    for step in loc:
        shapes = [below for shape in shapes for below in _below(shape, step)]
    known: set[str] = set()
    for shape in shapes:
        for inner in shapes_below(shape):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                known |= {field.alias or name for name, field in inner.model_fields.items()}
    return sorted(known)


def shapes_below(shape: Any) -> list[Any]:
    """Take annotations and unions apart down to classes and containers."""
    origin = get_origin(shape)
    if origin is Annotated:
        return shapes_below(get_args(shape)[0])
    if origin in (Union, UnionType):
        return [inner for arg in get_args(shape) for inner in shapes_below(arg)]
    return [shape]


def _below(shape: Any, step: str | int) -> list[Any]:
    """Return the shapes one step deeper; a step that is a union's label stays where it is."""
    found: list[Any] = []
    for inner in shapes_below(shape):
        origin = get_origin(inner)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            by_key = {field.alias or name: field.annotation for name, field in inner.model_fields.items()}
            found += [by_key[str(step)]] if step in by_key else [inner] if inner.__name__ in str(step) else []
        elif origin in (list, dict, tuple) and get_args(inner):
            found.append(get_args(inner)[-1] if origin is dict else get_args(inner)[0])
    return found


def describe(value: Any) -> str:
    """Say what a value is, as people would."""
    if isinstance(value, Map) and value.is_reference:
        return f"a reference ({next(iter(value))})"
    if isinstance(value, str):
        return f"the text '{value if len(value) <= 40 else value[:39] + '…'}'"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    return f"the number {value}" if isinstance(value, int | float) else "a map" if isinstance(value, dict) else "a list"


def shown(value: Any) -> str:
    """Write a value as it could stand in a file, short enough for a message."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:59] + "…"


_EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a map of keys",
    "model_type": "a map of keys",
    "model_attributes_type": "a map of keys",
    "list_type": "a list",
    "tuple_type": "a list",
    "frozen_set_type": "a list",
    "set_type": "a list",
}
_LIMITS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
    "too_short": ("min_length", "of a length of at least"),
    "too_long": ("max_length", "of a length of at most"),
    "string_too_short": ("min_length", "of a length of at least"),
    "string_too_long": ("max_length", "of a length of at most"),
}


def _say(error: ErrorDetails, value: Any) -> tuple[str, str]:
    """Return message and hint for one of pydantic's errors; the value is the file's own, never a resolved secret."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _EXPECTED:
        quote = "quote it" if kind == "string_type" and type(value) in (int, float, bool) else ""
        truth = "write true or false" if kind.startswith("bool") and isinstance(value, str) else ""
        return f"expected {_EXPECTED[kind]}, found {describe(value)}", quote or truth
    if kind in {"literal_error", "enum"}:
        return _choice(str(context.get("expected", "")), value)
    if kind in _LIMITS:
        name, words = _LIMITS[kind]
        return f"expected {words} {context.get(name)}, found {describe(value)}", ""
    if kind == "string_pattern_mismatch":
        return f"{describe(value)} is not a name", "use letters without accents, digits, '-', '_' and '.'; at most 63"
    if kind == "value_error":
        message, _, hint = str(context.get("error", error["msg"])).partition("; ")
        return message, hint
    return error["msg"][:1].lower() + error["msg"][1:], ""


def _choice(expected: str, value: Any) -> tuple[str, str]:
    words = [w.strip("'\" ") for w in expected.replace(" or ", ", ").split(",")]
    if len(words) == 1:
        return f"expected {words[0]}, found {describe(value)}", ""
    return f"{describe(value)} is not one of {one_of(words)}", did_you_mean(str(value), words)
