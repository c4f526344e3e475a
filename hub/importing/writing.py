"""Plain values → YAML, one line a point: every text comes back as it went in, whatever a device has put there."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from hub.config.scalars import scalar

_PLAIN = re.compile(r"[A-Za-z0-9_/.$][A-Za-z0-9_ /.()+-]*(?<! )\Z")
_TRUTH = frozenset({"on", "off", "yes", "no", "y", "n"})
"""Words that other YAML readers (1.1) turn into true or false."""


def flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(str(key))}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Sequence):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return _number(value)


def entries(values: Mapping[str, Any], indent: int = 2) -> list[str]:
    """Return a block map, one line an entry."""
    return [f"{' ' * indent}{_text(name)}: {flow(value)}" for name, value in values.items()]


def items(values: Sequence[Any], indent: int = 2) -> list[str]:
    """Return a block list, one line an item."""
    return [f"{' ' * indent}- {flow(value)}" for value in values]


def comment(text: str) -> list[str]:
    """Return a text as comment lines, without anything that could end them."""
    return [f"# {printable(line)}".rstrip() for line in text.splitlines() or [""]]


def printable(text: str, most: int = 200) -> str:
    """Return a text of somebody else without controls, cut to `most` characters."""
    return "".join(c if c.isprintable() else "·" for c in text[:most])


def _number(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return f"{value:.15g}" if isinstance(value, float) and not value.is_integer() else repr(value)


def _text(text: str) -> str:
    if _PLAIN.match(text) and text.lower() not in _TRUTH and _stays(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)


def _stays(text: str) -> bool:
    """Tell whether a plain word is read as this very text."""
    try:
        return scalar(text) == text
    except ValueError:
        return False
