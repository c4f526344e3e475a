"""JSON documents of simulated systems: values and times put where a profile looks for them, and lists with news.

Lists hold a few items that grow older with the process; nothing in them is about a person.
"""

from typing import Any

from hub.model import HOUR, MILLISECOND, SECOND, DeviceId, EventMap, Timestamp, Value
from hub.model.clock import iso
from hub.wire.path import steps
from simulators.jsontree import entered, put, short

NEWS = 6 * HOUR
"""How often a list has one item more, at each feed."""
ITEMS = 4
WORDS = {"area": "trung-tam", "category": "do-thi", "source": "bao-dien-tu", "topic": "giao-thong"}
"""What attributes of items say that are neither a number nor a time."""


def put_value(here: dict[str, Any], address: Any, raw: Value, own: Timestamp) -> None:
    """Put a raw value where an address looks for it, with the time `own` of the system's clock."""
    put(here, steps(address.path), short(raw))
    if address.time:
        put(here, steps(address.time), written(own, address.time_format))


def put_list(made: dict[str, Any], device: DeviceId, event: EventMap, own: Timestamp) -> None:
    """Put a list with the newest items of an event, as they are at `own`."""
    items = entered(made, steps(event.address.list))
    newest = own // NEWS
    for n in range(ITEMS - len(items)):
        items.append(_item(device, event, newest - n))
    for path in event.address.present:
        put(items[-1], steps(path), iso(newest * NEWS))


def written(at: Timestamp, form: str) -> str | int:
    """Write a time as the document has it: ISO 8601, or seconds or milliseconds since 1970."""
    return iso(at) if form == "iso" else at // (SECOND if form == "s" else MILLISECOND)


def chosen(items: list[Any], where: dict[str, Any]) -> dict[str, Any]:
    """Return the item of a list that holds what is asked for, made when there is none."""
    for item in items:
        if all(item.get(key) == value for key, value in where.items()):
            found: dict[str, Any] = item
            return found
    made: dict[str, Any] = {}
    for path, value in where.items():
        put(made, steps(path), value)
    items.append(made)
    return made


def _item(device: DeviceId, event: EventMap, n: int) -> dict[str, Any]:
    a = event.address
    item: dict[str, Any] = {}
    for name, path in event.attributes.items():
        put(item, steps(path), said(name, n))
    for path, value in a.where.items():
        put(item, steps(path), value)
    put(item, steps(a.key), f"{device}-{n}")
    if a.time:
        put(item, steps(a.time), written(n * NEWS, a.time_format))
    return item


def said(name: str, n: int) -> str | int | None:
    """Return what an attribute of the item numbered `n` says."""
    if name in ("opened", "published"):
        return iso(n * NEWS)
    if name == "due":
        return iso(n * NEWS + 72 * HOUR)
    return None if name == "closed" else WORDS.get(name, n % 5)
