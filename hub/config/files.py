"""The files of a site: read once each, named as people name them, includes followed."""

import hashlib
from pathlib import Path

from hub.config.marks import Map, Mark, Seq, Source
from hub.config.problems import Report, did_you_mean
from hub.config.shipped import PREFIX, shipped
from hub.config.source import read
from hub.config.tree import parse
from hub.config.validate import describe

TESTS = ".test.yaml"
"""Rule tests lie beside the rules and are no part of the site."""


class Files:
    """Reads the files of one site folder."""

    def __init__(self, folder: Path, report: Report) -> None:
        self.folder = folder
        self._report = report
        self._read: set[Path] = set()
        self._content = hashlib.sha256()
        self._shipped = shipped()

    @property
    def digest(self) -> str:
        """Names everything that was read so far."""
        return self._content.hexdigest()[:16]

    def name(self, path: Path) -> str:
        """Return a path as messages show it: inside the site, `shipped/…`, or whole."""
        for folder, prefix in ((self.folder, ""), (self._shipped, PREFIX)):
            if path.is_relative_to(folder):
                return prefix + path.relative_to(folder).as_posix()
        return path.as_posix()

    def text(self, path: Path, at: Mark | None = None, *, veiled: bool = False) -> tuple[Source, str] | None:
        """Return source and text of a file, or None after reporting (at `at`, when it is not there)."""
        found = read(path, self.name(path), self._report, at, veiled=veiled)
        if found is None:
            return None
        source, text = found
        self._content.update(f"{source.name}\0{text}\0".encode())
        own = path.is_relative_to(self.folder) or not path.is_relative_to(self._shipped)
        return (source, text) if own else (Source(source.name, source.lines, shipped=True), text)

    def tree(self, path: Path, at: Mark | None = None, *, veiled: bool = False) -> Map | None:
        """Return a YAML file as a map with marks, or None after reporting."""
        found = self.text(path, at, veiled=veiled)
        if found is None:
            return None
        source, text = found
        before = len(self._report)
        tree = parse(source, text, self._report)
        if isinstance(tree, Map):
            return tree
        if len(self._report) == before:
            message = "the file is empty" if tree is None else f"expected a map of keys, found {describe(tree)}"
            self._report.error(Mark(source, 1, 1), message)
        return None

    def included(self, tree: Map, within: Path) -> list[tuple[Path, Mark]]:
        """Return the files that an `include:` names, each once in all, in order."""
        patterns = tree.get("include")
        if not isinstance(patterns, Seq):
            return []
        found: list[tuple[Path, Mark]] = []
        for pattern, mark in zip(patterns, patterns.marks, strict=True):
            if isinstance(pattern, str):
                found += [(path, mark) for path in self._matching(pattern, within, mark) if not self.seen(path)]
        return found

    def seen(self, path: Path) -> bool:
        """Tell whether a file was read before, and remember that it is now."""
        real = path.resolve()
        before = real in self._read
        self._read.add(real)
        return before

    def _matching(self, pattern: str, within: Path, mark: Mark) -> list[Path]:
        base, prefix = within.parent, ""
        if pattern.startswith(PREFIX):
            base, prefix, pattern = self._shipped, PREFIX, pattern.removeprefix(PREFIX)
        if pattern.startswith("/") or "\0" in pattern or not pattern:
            self._report.error(mark, "an include is a path relative to this file", "remove the leading '/'")
            return []
        found = sorted(p for p in base.glob(pattern) if p.is_file() and not p.name.endswith(TESTS))
        if not found:
            self._missing(base, pattern, prefix, mark)
        return found

    def _missing(self, base: Path, pattern: str, prefix: str, mark: Mark) -> None:
        if any(c in pattern for c in "*?["):
            self._report.warn(mark, f"no file matches '{prefix}{pattern}'")
            return
        here = [prefix + p.relative_to(base).as_posix() for p in (base / pattern).parent.glob("*.yaml")]
        self._report.error(mark, f"there is no file '{prefix}{pattern}'", did_you_mean(prefix + pattern, here))
