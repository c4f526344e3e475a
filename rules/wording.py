"""What an alarm says: texts filled with names and values, and the cause that the operator sees.

Only the names in `NAMES` may stand in braces; there is no formatting language and no attribute access behind them.
"""

import re
from collections.abc import Mapping

from hub.model import DeviceEvent, Point, Site, Text, Value
from hub.model.masking import masked
from rules.binding import Anchor

NAMES = frozenset({"zone.name", "device.name", "point.name", "value", "unit"})
"""What may stand in braces in a rule's text; `event.…` besides, in a rule about events."""

_LONGEST = 80
"""Characters of an event's attribute that a text takes: what a device says is not trusted to be short."""
_BRACES = re.compile(r"\{([^{}]*)\}")

_SYMBOLS = {"percent": "%", "degC": "°C", "ug/m3": "µg/m³", "m3/h": "m³/h", "percent/m": "%/m", "mohm": "mΩ"}
_YES_NO = {("vi", True): "có", ("vi", False): "không", ("en", True): "yes", ("en", False): "no"}


def unknown_names(text: Text) -> list[str]:
    """Return the names in braces that no text may use, each once, in order."""
    found = _BRACES.findall(text.vi) + _BRACES.findall(text.en)
    return list(dict.fromkeys(name for name in found if name not in NAMES))


def render(text: Text, anchor: Anchor, site: Site, value: Value | None, event: DeviceEvent | None = None) -> Text:
    """Fill a rule's text in both languages; a name that is not allowed stays as it was written."""
    said = {} if event is None else event.attributes
    return Text(*(_fill(text.say(language), language, (anchor, site, value, said)) for language in ("vi", "en")))


_Facts = tuple[Anchor, Site, Value | None, Mapping[str, Value | None]]


def _fill(template: str, language: str, facts: _Facts) -> str:
    anchor, site, value, said = facts

    def word(match: re.Match[str]) -> str:  # noqa: PLR0911 - one return for each name
        match match[1]:
            case name if name.startswith("event."):
                field = name.removeprefix("event.")
                return shown(masked({field: said.get(field)})[field], language)[:_LONGEST]
            case "zone.name":
                zone = site.zones.get(anchor.zone)
                return anchor.zone if zone is None else zone.title.say(language)
            case "device.name":
                return anchor.device.title.say(language)
            case "point.name":
                return anchor.device.title.say(language) if anchor.point is None else anchor.point.title.say(language)
            case "value":
                return shown(value, language)
            case "unit":
                return symbol(anchor.point)
        return match[0]

    return " ".join(_BRACES.sub(word, template).split())


def shown(value: Value | None, language: str) -> str:
    """Write a value for people: decimal comma in Vietnamese, yes and no for bool, – for nothing."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _YES_NO[language, value]
    if isinstance(value, float):
        text = f"{value:.6g}"
        return text.replace(".", ",") if language == "vi" else text
    return str(value)


def symbol(point: Point | None) -> str:
    """Return the sign of a point's unit: `%` for percent; empty when it has none."""
    unit = None if point is None else point.unit
    return "" if unit is None else _SYMBOLS.get(unit, unit)
