"""Answers to requests, as RFC 3416 4.2 has them: from a tree of objects, within the size that an agent can bear."""

from collections.abc import Callable
from typing import Any

from pysnmp.proto import rfc1905
from pysnmp.proto.api import v2c

from simulators.snmp.tree import Cell, Name, Tree

MOST_VARIABLES = 100
"""Variables in one answer; a GETBULK that asks for more gets as many."""
WRONG_TYPE, NO_CREATION, NOT_WRITABLE = 7, 11, 17
Pairs = list[tuple[Any, Any]]
Show = Callable[[Cell], Any]
"""Cell → its value in pysnmp's type; None: the agent cannot say it just now."""
Take = Callable[[Cell, Any], None]
"""Keeps what a manager set."""


def respond(pdu: Any, tree: Tree, show: Show, take: Take, refusal: int = 0) -> Any:
    """Return the response to a request; `refusal` is the error-status of an agent that refuses everything."""
    response = v2c.apiPDU.get_response(pdu)
    asked: Pairs = [(name, value) for name, value in v2c.apiPDU.get_varbinds(pdu)]
    names = [tuple(name) for name, _ in asked]
    if refusal or pdu.tagSet == v2c.SetRequestPDU.tagSet:
        status, at = (refusal, 1) if refusal else _set(asked, tree, show, take)
        v2c.apiPDU.set_error_status(response, status)
        v2c.apiPDU.set_error_index(response, at)
        v2c.apiPDU.set_varbinds(response, asked)
        return response
    if pdu.tagSet == v2c.GetRequestPDU.tagSet:
        pairs = [_exactly(name, tree, show) for name in names]
    elif pdu.tagSet == v2c.GetNextRequestPDU.tagSet:
        pairs = [_after(name, tree, show) for name in names]
    else:
        before = max(0, int(v2c.apiBulkPDU.get_non_repeaters(pdu)))
        times = max(0, int(v2c.apiBulkPDU.get_max_repetitions(pdu)))
        pairs = _bulk(names, before, times, tree, show)
    v2c.apiPDU.set_varbinds(response, pairs)
    return response


def _set(asked: Pairs, tree: Tree, show: Show, take: Take) -> tuple[int, int]:
    """Set everything or nothing (RFC 3416 4.2.5); return the error-status and error-index."""
    cells = [tree.get(tuple(name)) for name, _ in asked]
    for at, (cell, (_, value)) in enumerate(zip(cells, asked, strict=True), 1):
        if cell is None:
            return NO_CREATION, at
        if not cell.writable:
            return NOT_WRITABLE, at
        shown = show(cell)
        if shown is not None and shown.tagSet != value.tagSet:
            return WRONG_TYPE, at
    for cell, (_, value) in zip(cells, asked, strict=True):
        if cell is not None:
            take(cell, value)
    return 0, 0


def _exactly(name: Name, tree: Tree, show: Show) -> tuple[Any, Any]:
    cell = tree.get(name)
    shown = None if cell is None else show(cell)
    return v2c.ObjectIdentifier(name), rfc1905.noSuchInstance if shown is None else shown


def _after(name: Name, tree: Tree, show: Show) -> tuple[Any, Any]:
    cell = tree.after(name)
    while cell is not None and (shown := show(cell)) is None:
        cell = tree.after(cell.name)
    if cell is None:
        return v2c.ObjectIdentifier(name), rfc1905.endOfMibView
    return v2c.ObjectIdentifier(cell.name), shown


def _bulk(names: list[Name], before: int, times: int, tree: Tree, show: Show) -> Pairs:
    pairs = [_after(name, tree, show) for name in names[:before]]
    row = names[before:]
    for _ in range(times):
        if not row or len(pairs) + len(row) > MOST_VARIABLES:
            break
        found = [_after(name, tree, show) for name in row]
        pairs += found
        row = [tuple(name) for name, _ in found]
        if all(value is rfc1905.endOfMibView for _, value in found):
            break
    return pairs
