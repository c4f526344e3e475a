"""The form of what is pushed, made from a profile: what is not in it is refused, with its place."""

from collections.abc import Iterable, Sequence
from typing import Any

from drivers.base import BoundPoint
from drivers.http.ingest_address import Address as PushAddress
from drivers.http.ingest_address import Event as PushEvent
from hub.model import EventMap, Refused
from hub.wire.path import Step, compiled, steps

_Tree = dict[str, Any]
_ITEM = "[]"
"""Stands in the tree for every item of a list; no key of JSON can be taken for it, for keys are marked with a dot."""
_TYPES: dict[str, tuple[type, ...]] = {"number": (int, float), "text": (str,), "flag": (bool,)}


class Form:
    """Every field that a device may send."""

    def __init__(self, points: Sequence[BoundPoint], events: Sequence[EventMap]) -> None:
        self._tree: _Tree = {}
        self._typed = [(p.address.path, compiled(p.address.path), _TYPES[p.address.type]) for p in points if p.address]
        for point in points:
            if point.address is not None:
                self._allow_point(point.address)
        for event in events:
            self._allow_event(event.address, event.attributes.values())

    def check(self, document: Any) -> None:
        """Accept a document. Raises Refused (schema) naming the first field that does not belong."""
        if type(document) is not dict:
            raise Refused("schema", "the body is a JSON object")
        self._walk(document, self._tree, "")
        for path, follow, types in self._typed:
            found = follow(document)
            if type(found) in (bool, int, float, str) and type(found) not in types:
                raise Refused("schema", f"{path} is of another type than the profile says")

    def _allow_point(self, address: PushAddress) -> None:
        for path in filter(None, (address.path, address.time)):
            self._allow(steps(path))

    def _allow_event(self, a: PushEvent, attributes: Iterable[str]) -> None:
        for path in filter(None, (a.key, a.time, *a.where, *a.present, *attributes)):
            self._allow((*steps(a.list), 0, *steps(path)))

    def _allow(self, way: Sequence[Step]) -> None:
        here = self._tree
        for step in way:
            here = here.setdefault(f".{step}" if isinstance(step, str) else _ITEM, {})

    def _walk(self, found: Any, tree: _Tree, where: str) -> None:
        if type(found) is dict:
            for key, value in found.items():
                self._enter(value, tree.get(f".{key}"), f"{where}.{key}" if where else str(key))
        elif type(found) is list:
            for n, value in enumerate(found):
                self._enter(value, tree.get(_ITEM), f"{where}[{n}]")
        elif tree and found is not None:
            raise Refused("schema", f"{where[:200]} holds other fields, and is no single value")

    def _enter(self, value: Any, tree: _Tree | None, where: str) -> None:
        if tree is None:
            raise Refused("schema", f"{where[:200]} is no field of this device's profile")
        self._walk(value, tree, where)
