"""`{…}` in addresses and names: parameters and `n`, integer arithmetic, a format; nothing else can be said.

`{n:02}` · `{99 + n}` · `{1000 + (loop - 1) * 256}`. A string that is one `{…}` without format becomes a number.
"""

import ast
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import add, floordiv, mod, mul, sub
from typing import Any

from hub.config.marks import Map, Mark, Seq
from hub.config.problems import Report
from hub.model import Value

OF_DRIVERS = frozenset({"topic", "device"})
"""Words that drivers fill in themselves (MQTT topics); they stay as they are."""
_PLACE = re.compile(r"\{([^{}:]*)(?::([^{}]*))?\}")
_FORMAT = re.compile(r"0?\d{0,2}[dxX]?\Z")
_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: add, ast.Sub: sub, ast.Mult: mul, ast.FloorDiv: floordiv, ast.Mod: mod,
}  # fmt: skip
_LARGEST = 2**53


def fill(node: Any, values: Mapping[str, Value], at: Mark, report: Report) -> Any:
    """Return a tree with every `{…}` in its texts replaced; marks stay, and what cannot be replaced is reported."""
    if isinstance(node, str):
        return _reported(node, values, at, report) if "{" in node else node
    if not _has_any(node):
        return node
    if isinstance(node, Map):
        filled = Map(node.mark)
        for key, value in node.items():
            mark = node.value_marks[key]
            filled.put(key, fill(value, values, mark, report), node.key_marks[key], mark)
        return filled
    if isinstance(node, Seq):
        items = Seq(node.mark)
        for item, mark in zip(node, node.marks, strict=True):
            items.add(fill(item, values, mark, report), mark)
        return items
    return node


def _has_any(node: Any) -> bool:
    """Tell whether there is anything to fill in below a node; most trees have nothing and need no copy."""
    if isinstance(node, str):
        return "{" in node
    if isinstance(node, Map):
        return any(_has_any(value) for value in node.values())
    return isinstance(node, Seq) and any(_has_any(item) for item in node)


def _reported(text: str, values: Mapping[str, Value], at: Mark, report: Report) -> Value:
    try:
        return fill_text(text, values)
    except ValueError as error:
        message, _, hint = str(error).partition("; ")
        report.error(at, message, hint, alone=True)
        return text


def fill_text(text: str, values: Mapping[str, Value]) -> Value:
    """Return a text with its `{…}` replaced, or a number when it is nothing but one `{…}`. Raises ValueError."""
    whole = _PLACE.fullmatch(text)
    if whole and whole[2] is None and whole[1].strip() not in OF_DRIVERS:
        return _evaluate(whole[1], values)
    return _PLACE.sub(lambda found: _filled(found, values), text)


def _filled(found: re.Match[str], values: Mapping[str, Value]) -> str:
    if found[1].strip() in OF_DRIVERS:
        return found[0]
    value = _evaluate(found[1], values)
    if found[2] is None:
        return str(value)
    if not _FORMAT.match(found[2]) or not isinstance(value, int):
        raise ValueError(f"'{found[2]}' is not a format for {found[1].strip()}; write for example {{n:02}}")
    return format(value, found[2])


def _evaluate(expression: str, values: Mapping[str, Value]) -> Value:
    name = expression.strip()
    if name in values:
        return values[name]
    return _number(_parsed(name), values)


@lru_cache(maxsize=1024)
def _parsed(expression: str) -> ast.expr:
    try:
        return ast.parse(expression, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"'{{{expression}}}' is not arithmetic; use names, whole numbers and + - * // %") from None


def _number(node: ast.expr, values: Mapping[str, Value]) -> int:
    match node:
        case ast.Constant(value=int() as number) if not isinstance(number, bool):
            return number
        case ast.Name(id=name):
            return _named(name, values)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand, values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            try:
                result = _OPERATORS[type(op)](_number(left, values), _number(right, values))
            except ZeroDivisionError:
                raise ValueError("division by zero") from None
            if abs(result) > _LARGEST:
                raise ValueError("the result is too large")
            return result
    raise ValueError("only whole numbers, parameters and + - * // % are allowed in {…}")


def _named(name: str, values: Mapping[str, Value]) -> int:
    value = values.get(name)
    if name not in values:
        known = ", ".join(sorted(values)) or "none"
        raise ValueError(f"'{name}' is not a parameter; the parameters are: {known}")
    if not isinstance(value, int):
        raise ValueError(f"'{name}' is not a whole number")
    return value
