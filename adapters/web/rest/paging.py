"""Paging by key: the last key of a page is the start of the next, whatever came or went between."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import TypeVar

from pydantic import Field

from adapters.web.wire import Wire

MOST = 1000
Item = TypeVar("Item")


class Page(Wire):
    """Which page is asked for."""

    after: str | None = Field(default=None, max_length=400, description="The `next` of the page before.")
    limit: int = Field(default=MOST, ge=1, le=MOST)


def page_of(items: Iterable[Item], key: Callable[[Item], str], page: Page) -> tuple[list[Item], str | None]:
    """Return the items of a page in the order of their keys, and the key to ask the next page with, if any."""
    ordered = sorted(items, key=key)
    start = 0 if page.after is None else bisect_right(ordered, page.after, key=key)
    chosen = ordered[start : start + page.limit]
    more = start + page.limit < len(ordered)
    return chosen, key(chosen[-1]) if more else None


def words(text: str | None) -> frozenset[str] | None:
    """Return the words of a comma-separated filter, None when there is no filter."""
    return None if text is None else frozenset(word.strip() for word in text.split(","))
