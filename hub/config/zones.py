"""Zones: a tree in the files, paths in the site (`tn/market`)."""

from pathlib import Path
from typing import Any

from hub.config.marks import Map, Mark, Seq
from hub.config.problems import Report
from hub.config.shape import is_sentence
from hub.config.site import ZoneEntry
from hub.config.validate import validate
from hub.model import Zone


class Zones:
    """Everything under `zones:` of a site."""

    def __init__(self, folder: Path, report: Report) -> None:
        self._folder = folder
        self.found: dict[str, Zone] = {}
        self._marks: dict[str, Mark] = {}
        self._report = report

    def add(self, items: Any) -> None:
        """Read one `zones:` list; its shape was checked with the file, and what is well formed is taken."""
        self._level(items, None)

    def _level(self, items: Any, parent: Zone | None) -> None:
        if not isinstance(items, Seq):
            return
        for tree in items:
            if isinstance(tree, Map) and isinstance(tree.get("id"), str):
                self._zone(tree, parent)

    def _zone(self, tree: Map, parent: Zone | None) -> None:
        path = tree["id"] if parent is None else f"{parent.id}/{tree['id']}"
        mark = tree.value_marks["id"]
        if path in self.found:
            self._report.error(
                mark, f"the zone '{path}' is there already, at {self._marks[path]}", "give it another id"
            )
            return
        entry = validate(ZoneEntry, tree, self._report)
        if entry is None:
            return
        at = (float(entry.at[0]), float(entry.at[1])) if entry.at else None
        above = parent.id if parent else None
        self.found[path] = Zone(path, entry.title.text, above, at, entry.outline, entry.instructions)
        self._marks[path] = mark
        self._files(tree)
        self._level(tree.get("zones"), self.found[path])

    def _files(self, tree: Map) -> None:
        """Check that the files a zone names are there; instructions may also be the sentence itself."""
        for key in ("outline", "instructions"):
            path = tree.get(key)
            if path is None or (key == "instructions" and is_sentence(path)) or (self._folder / path).is_file():
                continue
            self._report.error(tree.value_marks[key], f"there is no file '{path}'", "it lies in the site's folder")
