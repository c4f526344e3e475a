"""A camera under the glass: every request and answer in words, and the values and events that came of them.

Read-only, on a pull point of its own, which is given back at the end. What signs a request is never told: neither
password nor digest, nonce nor token.
"""

import asyncio
from collections.abc import Callable, Iterator

from drivers.base import BoundDevice, Seen
from drivers.onvif.driver import OnvifDriver
from drivers.onvif.markup import Element, parse
from drivers.onvif.notification import Items, Notification, notification
from drivers.teller import Teller

WIDEST = 400
"""Characters of what is told of one message."""
MOST = 40
"""Elements of an answer that are told one by one."""
_QUIET = frozenset({"Timeout", "MessageLimit"})


async def trace(device: BoundDevice, tell: Callable[[Seen], None]) -> None:
    """Subscribe at a camera and tell what passes. Raises Unreachable, Misconfigured."""
    driver = OnvifDriver([device])
    driver.camera.tap = lambda way, place, body, answer: _spoken(way, place, body, answer, tell)
    try:
        await driver.open()
        await driver.subscribe(Teller(tell))
    finally:
        await asyncio.shield(driver.close())


def _spoken(way: str, place: str, body: bytes, answer: Element | None, tell: Callable[[Seen], None]) -> None:
    if answer is None:
        tell(Seen(way, f"{_words(parse(body))} to {place}"[:WIDEST]))
        return
    inside = answer.child("Body")
    first = inside.children[0] if inside is not None and inside.children else answer
    told = list(first.every("NotificationMessage"))
    words = f"{first.name}: {len(told)} messages" if first.name == "PullMessagesResponse" else _words(first)
    tell(Seen(way, f"{words[:WIDEST]} ({place}, {len(body)} bytes)", body))
    for element in told:
        tell(Seen(way, said(notification(element))[:WIDEST]))


def said(message: Notification) -> str:
    """Return a notification in a line: `Changed tns1:VideoSource/MotionAlarm, Source=video0: State=true`."""
    source = "".join(f", {item}" for item in _items(message.source))
    data = ", ".join(_items(message.data)) or "without data"
    return f"{message.operation or 'event'} {message.topic or 'without topic'}{source}: {data}"


def _items(items: Items) -> Iterator[str]:
    for name, value in items.items():
        yield _pair(name, value) if isinstance(value, str) else f"{name}={{{', '.join(_leaves(value))}}}"


def _pair(name: str, value: str) -> str:
    # a token names a source, an input or a preset, and is no secret: `=` would have it masked like one
    return f"{name} {value}" if name.endswith("Token") else f"{name}={value}"


def _words(element: Element) -> str:
    """Return an element as `Name: Child=text, …`, the leaves alone."""
    leaves = ", ".join(list(_leaves(element))[:MOST])
    return f"{element.name}: {leaves}" if leaves else element.name


def _leaves(element: Element) -> Iterator[str]:
    for child in element.children:
        if child.children:
            yield from _leaves(child)
        elif child.text.strip() and child.name not in _QUIET:
            yield _pair(child.name, child.text.strip())
