"""Licence plates are personal data: what everybody may see of one, and where one may stand. The only rule of masking.

Whoever shows, logs or sends something outside asks this module; the whole plate is given out by one room alone, which
journals who looked and why. Forms of plates: Vietnam, Circular 79/2024/TT-BCA (two digits of the province, a series of
one or two letters and perhaps a digit, four or five digits); anything else is hidden but for its first letter.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

HIDDEN = "***"
_PARTS = re.compile(r"(\d\d)([A-Z]{1,2}\d??)(\d{4,5})")
_MASKED = re.compile(r"\d\d[A-Z]{1,2}\d?-\*{3}\.\d{1,2}|\w?\*{3}")

_NAME = re.compile(r"plate|bien_?so")
_DESCRIBES = re.compile(
    r"(?:kind|type|colou?r|country|confidence|score|bright|rect|box|size|region|side|location|read|count)$"
)
"""What a plate is like says nothing of whose it is."""

_VIETNAMESE = re.compile(r"(?<![\w*])\d\d[ -]?[A-ZĐ]{1,2}[1-9]?[ -]?\d{3}[.-]?\d{1,2}(?!\w)", re.IGNORECASE)
_FIELD = re.compile(
    r"""([\w.]*(?:plate|bien_?so)\w*)(["']?\s*[:=]\s*)("[^"]*(?:"|$)|'[^']*(?:'|$)|[^\s,;&{}<>"']+)""", re.IGNORECASE
)
_ELEMENT = re.compile(r"<([\w:]*plate\w*)([^>]*>)([^<]+)(?=<|$)", re.IGNORECASE)
_ITEM = re.compile(r"""(Name=["'])(\w*plate\w*)(["']\s+Value=["'])([^"']*)""", re.IGNORECASE)


def mask(plate: str) -> str:
    """Return what everybody may see of a plate: `20A-***.45`. What is masked already stays as it is."""
    if not plate or _MASKED.fullmatch(plate):
        return plate
    letters = _letters(plate)
    found = _PARTS.fullmatch(letters)
    if found is not None:
        province, series, digits = found.groups()
        return f"{province}{series}-{HIDDEN}.{digits[-2:] if len(digits) > 4 else digits[-1]}"
    enough = min(len(letters), sum(c.isalnum() for c in plate)) > len(HIDDEN)
    return f"{letters[0]}{HIDDEN}" if enough else HIDDEN


def carries_plate(name: str) -> bool:
    """Tell whether a field of this name holds a plate itself, not only what it is like."""
    folded = name.lower().replace("template", "")
    return _NAME.search(folded) is not None and _DESCRIBES.search(folded) is None


def masked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return named values, however deep, as everybody may see them; the very same mapping when nothing is hidden."""
    shown = {name: _shown(name, value) for name, value in fields.items()}
    if isinstance(fields, dict) and all(shown[name] is value for name, value in fields.items()):
        return fields
    return shown


def masked_text(text: str) -> str:
    """Return a text with every plate in it masked; the very same text when there is none."""
    shown = text
    if _NAME.search(text.lower()) is not None:
        shown = _ITEM.sub(_in_item, _ELEMENT.sub(_in_element, _FIELD.sub(_in_field, shown)))
    shown = _VIETNAMESE.sub(lambda found: mask(found[0]), shown)
    return text if shown == text else shown


def masked_bytes(body: bytes) -> bytes:
    """Return what a device sent with every plate in it masked, also where it was cut off; other bytes stay."""
    text = body.decode("utf-8", "surrogateescape")
    shown = masked_text(text)
    return body if shown is text else shown.encode("utf-8", "surrogateescape")


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return mask(value) if carries_plate(name) else masked_text(value)
    if isinstance(value, dict):
        return masked(value)
    if isinstance(value, list):
        shown = [_shown(name, item) for item in value]
        return value if all(a is b for a, b in zip(shown, value, strict=True)) else shown
    if value is None or isinstance(value, bool) or not carries_plate(name):
        return value
    return mask(str(value))


def _letters(plate: str) -> str:
    """Return a plate as letters without accents and digits, upper case; Đ is a letter of its own and read as D."""
    plain = unicodedata.normalize("NFKD", plate).upper().replace("Đ", "D")
    return "".join(c for c in plain if c.isalnum())


def _in_field(found: re.Match[str]) -> str:
    name, sign, value = found.groups()
    if name.lower().endswith("plates") or not carries_plate(name.rpartition(".")[2]):
        return found[0]  # `plates:` in a sentence is a word or a list, and what stands in it is masked by its form
    quote = value[0] if value[0] in "\"'" else ""
    end = quote if len(value) > 1 and value.endswith(quote) else ""
    return f"{name}{sign}{quote}{mask(value.strip(quote) if quote else value)}{end}"


def _in_element(found: re.Match[str]) -> str:
    name, rest, value = found.groups()
    return f"<{name}{rest}{mask(value)}" if carries_plate(name) else found[0]


def _in_item(found: re.Match[str]) -> str:
    before, name, between, value = found.groups()
    return f"{before}{name}{between}{mask(value)}" if carries_plate(name) else found[0]
