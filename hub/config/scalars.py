"""Plain YAML scalars as the core schema of YAML 1.2 reads them (yaml.org/spec/1.2.2, 10.3), nothing more.

`22:00`, `NO`, `on` and `2026-11-22` are texts, `010` is ten, integers fit in 64 bits, floats are finite.
"""

import math
import re

_FIRST = frozenset("0123456789+-.~nNtTfF")
_INT = re.compile(r"[-+]?[0-9]+\Z")
_BASED = re.compile(r"0(?:o[0-7]+|x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_BOUNDLESS = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip

Scalar = None | bool | int | float | str


def scalar(text: str) -> Scalar:
    """Return what a plain (unquoted) scalar means. Raises ValueError for numbers that are out of bounds."""
    if text and text[0] not in _FIRST:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text):
        return _bounded(int(text) if len(text) <= 20 else 2**64)
    if _BASED.match(text):
        return _bounded(int(text, 0) if len(text) <= 26 else 2**64)
    if _FLOAT.match(text):
        return _finite(float(text))
    if _BOUNDLESS.match(text):
        raise ValueError("a number must be finite")
    return text


def _bounded(number: int) -> int:
    if not -(2**63) <= number < 2**64:
        raise ValueError("a whole number must fit in 64 bits")
    return number


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("a number must be finite")
    return number
