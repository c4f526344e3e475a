"""What one notification says: topic, operation, time, items; and the raw value of an item's text.

WS-BaseNotification 1.3 for the envelope, ONVIF Core 9.5 and 9.7 for the message. Cameras choose prefixes as they like,
so a topic is written here with `tns1:` in front of it and vendors' prefixes as the camera has them.
"""

from collections.abc import Mapping
from math import isfinite

from msgspec import Struct

from drivers.onvif.address import SUBTREE, Address
from drivers.onvif.markup import Element, parse
from hub.model import EventMap, Reason, Timestamp, Value
from hub.model.clock import DAY, from_iso
from hub.model.passage import PASSAGE

TOPICS = "http://www.onvif.org/ver10/topics"
LONGEST = 4096
"""Characters of a text value; a longer one is not a value."""
MOST_ITEMS = 64
NEVER = 30 * 365 * DAY
"""Times before the year 2000 mean that it never happened: cameras write 1970 (ONVIF Core 9.5.1 leaves it open)."""
_MISSPELT = {"VideoSoure": "VideoSource"}
"""Steps that some cameras misspell (field reports of ONVIF clients)."""
TRUE = frozenset({"true", "1", "active", "yes", "on"})
FALSE = frozenset({"false", "0", "inactive", "no", "off"})

Items = Mapping[str, "str | Element"]


class Notification(Struct, frozen=True):
    """One message of a camera."""

    topic: str
    operation: str
    """`Initialized`, `Changed`, `Deleted`, or empty for what happened once."""
    time: Timestamp | None
    """By the camera's clock (ns); None: it says none that can be believed."""
    source: Items
    """Source and key items."""
    data: Items


def notification(element: Element) -> Notification:
    """Return what a NotificationMessage says. A message without a body has no items."""
    message = element.child("Message", "Message") or element.child("Message") or element
    source = {**_items(message, "Source"), **_items(message, "Key")}
    return Notification(
        topic_of(element.child("Topic")),
        message.attributes.get("PropertyOperation", ""),
        moment(message.attributes.get("UtcTime", "")),
        source,
        _items(message, "Data"),
    )


def topic_of(element: Element | None) -> str:
    """Return a topic with `tns1:` for ONVIF's own, and without the stray `//.` that some cameras append."""
    if element is None:
        return ""
    text = element.text.strip().removesuffix(SUBTREE)
    steps = [_step(step, element.prefixes) for step in text.split("/") if step]
    return "/".join(step if at or ":" in step else f"tns1:{step}" for at, step in enumerate(steps))[:512]


def _step(step: str, prefixes: Mapping[str, str]) -> str:
    prefix, colon, name = step.rpartition(":")
    if colon and prefixes.get(prefix) != TOPICS and prefix != "tns1":
        return step
    return _MISSPELT.get(name, name)


def _items(message: Element, part: str) -> dict[str, str | Element]:
    found: dict[str, str | Element] = {}
    holder = message.child(part)
    for item in holder.children[:MOST_ITEMS] if holder is not None else ():
        name = item.attributes.get("Name", "")
        if item.name == "SimpleItem":
            found[name] = item.attributes.get("Value", "")
        elif item.name == "ElementItem":
            found[name] = item
    return found


def moment(text: str) -> Timestamp | None:
    """Return a time of the camera in nanoseconds UTC; None for none, for nonsense, and for "never"."""
    try:
        at = from_iso(text.strip())
    except (ValueError, OverflowError):
        return None
    return at if at > NEVER else None


def value_of(address: Address, data: Items) -> Value | Reason:
    """Return the raw value that an address finds in the data items, or why there is none."""
    if not data and address.absent is not None:
        return address.absent
    if address.item is not None:
        found = data.get(address.item)
    else:
        found = next(iter(data.values())) if len(data) == 1 else None
    return Reason.UNDECODABLE if not isinstance(found, str) else raw(found, address.type)


def raw(text: str, form: str) -> Value | Reason:
    """Return an item's text as `auto`, `bool`, `int`, `float` or `text`, or that it cannot be that."""
    text = text.strip()
    try:
        return _FORMS[form](text)
    except (ValueError, OverflowError):
        return Reason.UNDECODABLE


def _auto(text: str) -> Value:
    if text in ("true", "false"):
        return text == "true"
    try:
        return _float(text) if any(c in text for c in ".eE") else _int(text)
    except ValueError:
        return _text(text)


def _bool(text: str) -> Value:
    if (word := text.lower()) in TRUE or word in FALSE:
        return word in TRUE
    raise ValueError("neither true nor false")


def _int(text: str) -> Value:
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise ValueError("beyond 64 bits")
    return number


def _float(text: str) -> Value:
    number = float(text)
    if not isfinite(number):
        raise ValueError("not a number")
    return number


def _text(text: str) -> Value:
    if len(text) > LONGEST:
        raise ValueError("too long")
    return text


_FORMS = {"auto": _auto, "bool": _bool, "int": _int, "float": _float, "text": _text}


def attributes_of(event: EventMap, said: Notification) -> dict[str, Value | None]:
    """Return an event's attributes; those of a passage as text: plate `51E0042` is no number."""
    form = "text" if event.kind == PASSAGE else "auto"
    return {name: look_up(way, said.source, said.data, form) for name, way in event.attributes.items()}


def happening(event: EventMap, given: object) -> dict[str, Value | None] | None:
    """Return the attributes of the event that a whole notification as XML is; None: it is none of its topic."""
    said = notification(parse(str(given).encode()))
    return attributes_of(event, said) if covers(event.address.topic, said.topic) else None


def look_up(way: str, source: Items, data: Items, form: str = "auto") -> Value | None:
    """Return an attribute by `Item`, `data.Item`, `source.Item`, or by a way into an element: `data.Item.Child`."""
    where, _, rest = way.partition(".")
    places: list[Items] = [data] if where == "data" else [source] if where == "source" else [data, source]
    name, _, inside = (rest if where in ("data", "source") else way).partition(".")
    for items in places:
        found = items.get(name)
        text = _inside(found, inside.split(".")) if isinstance(found, Element) else found
        if text is not None:
            said = raw(text, form)
            return None if isinstance(said, Reason) else said
    return None


def _inside(element: Element, way: list[str]) -> str | None:
    found = element.child(*way)
    if found is None and element.children:
        found = element.children[0].child(*way)
    return None if found is None else found.text


def example(address: Address, given: object) -> Value | Reason:
    """Return what a sample would carry for the text of an item, or for a whole notification as XML."""
    text = str(given).lower() if isinstance(given, bool) else str(given)
    if not text.lstrip().startswith("<"):
        return raw(text, address.type)
    said = notification(parse(text.encode()))
    if address.topic is None or not covers(address.topic, said.topic):
        return Reason.WAITING
    return Reason.NOT_PROGRAMMED if said.operation == "Deleted" else value_of(address, said.data)


def covers(pattern: str, topic: str) -> bool:
    """Tell whether a configured topic is, or stands above, a topic that was heard."""
    root = pattern.removesuffix(SUBTREE)
    return topic == root or (pattern.endswith(SUBTREE) and topic.startswith(f"{root}/"))
