"""A profile that is proposed: what was found, what to check, and how both are written."""

from typing import Any

from msgspec import Struct

from hub.importing import writing
from hub.model import Text

SCHEMA = "# yaml-language-server: $schema=../../schema/profile.schema.json"
Fields = dict[str, Any]
"""Keys and values as configuration writes them."""


_MADE_BY = "# A proposal, made by `citywatch import`. Nothing uses it before a device of a site names it."


class Group(Struct):
    """Points that repeat: `each` of a profile."""

    count: int | str
    name: str
    points: dict[str, Fields] = {}


class Proposal(Struct):
    """A profile for review."""

    profile: str
    title: Text
    driver: str
    source: str
    interval: str = ""
    timeout: str = ""
    parameters: dict[str, Fields] = {}
    connection: Fields = {}
    limits: Fields = {}
    points: dict[str, Fields] = {}
    each: list[Group] = []
    examples: list[Fields] = []
    check: list[str] = []
    """What a person has to look at before a site uses it; one sentence each."""

    @property
    def many_points(self) -> int:
        """How many points it has, those of a group as often as it repeats (once where a parameter says how often)."""
        repeated = (len(g.points) * (g.count if isinstance(g.count, int) else 1) for g in self.each)
        return len(self.points) + sum(repeated)

    def text(self) -> str:
        """Return the profile's file."""
        return "\n".join([SCHEMA, *self._header(), *self._head(), *self._points(), *self._examples(), ""])

    def _header(self) -> list[str]:
        lines = [
            "#",
            _MADE_BY,
            "#",
        ]
        lines += ["# Check before you do:"] if self.check else []
        for sentence in self.check:
            first, *more = writing.comment(sentence)
            lines += [f"# - {first[2:]}", *(f"#   {line[2:]}" for line in more)]
        return lines

    def _head(self) -> list[str]:
        head: Fields = {"profile": self.profile, "title": {"vi": self.title.vi, "en": self.title.en}}
        head |= {"driver": self.driver, "source": self.source}
        for key in ("interval", "timeout", "connection", "limits"):
            if getattr(self, key):
                head[key] = getattr(self, key)
        lines = writing.entries(head, 0)
        return [*lines, "", "parameters:", *writing.entries(self.parameters)] if self.parameters else lines

    def _points(self) -> list[str]:
        lines = ["", "points:", *writing.entries(self.points)] if self.points else []
        if self.each:
            lines += ["", "each:"]
        for group in self.each:
            lines += [f"  - count: {writing.flow(group.count)}", f"    name: {writing.flow(group.name)}"]
            lines += ["    points:", *writing.entries(group.points, 6)]
        return lines

    def _examples(self) -> list[str]:
        return ["", "examples:", *writing.items(self.examples)] if self.examples else []
