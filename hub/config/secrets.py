"""Secrets by reference: `{secret: name}` (secrets.yaml, mode 0600), `{env: NAME}`, `{file: path}`.

References are resolved into a copy, after parsing; the tree that messages and `show` read never holds a secret.
"""

import os
import stat
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr

from hub.config.files import Files
from hub.config.marks import Map, Mark, Seq, Source
from hub.config.problems import Report, did_you_mean
from hub.config.validate import describe, shapes_below

FILE = "secrets.yaml"
LARGEST = 64 * 1024


class Secrets:
    """Resolves references for one site."""

    def __init__(self, files: Files, report: Report) -> None:
        self._files = files
        self._report = report
        self._named: dict[str, str] | None = None

    @property
    def path(self) -> Path:
        """Where the site's secrets lie."""
        return self._files.folder / FILE

    def filled(self, node: Any) -> Any:
        """Return a plain copy of a tree with every reference replaced; what cannot be resolved is reported."""
        if isinstance(node, Map):
            if node.is_reference:
                return self.resolve(node)
            return {key: self.filled(value) for key, value in node.items()}
        return [self.filled(item) for item in node] if isinstance(node, Seq) else node

    def resolve(self, reference: Map) -> str:
        """Return what one reference stands for, or an empty text after reporting."""
        kind, name = next(iter(reference.items()))
        mark = reference.value_marks[kind]
        if not isinstance(name, str):
            self._report.error(mark, f"expected a text, found {describe(name)}")
            return ""
        match kind:
            case "secret":
                return self._secret(name, mark)
            case "env":
                return self._environment(name, mark)
        return self._file(name, mark)

    def check_file(self) -> None:
        """Read secrets.yaml if it is there, so that its own mistakes are reported even if nobody refers to it."""
        if self._named is None:
            self._named = self._load() if self.path.exists() else {}

    def _secret(self, name: str, mark: Mark) -> str:
        self.check_file()
        named = self._named or {}
        if name not in named:
            absent = f"add it to {FILE} (mode 0600)"
            hint = did_you_mean(name, named, otherwise=absent)
            self._report.error(mark, f"there is no secret '{name}'", hint)
        return named.get(name, "")

    def _load(self) -> dict[str, str]:
        tree = self._files.tree(self.path, veiled=True)
        if tree is None:
            return {}
        mode = stat.S_IMODE(self.path.stat().st_mode)
        if mode & 0o077:
            self._report.error(tree.mark, f"{FILE} can be read by others (mode {mode:04o})", f"chmod 600 {FILE}")
        for name, value in tree.items():
            if not isinstance(value, str):
                self._report.error(tree.key_marks[name], f"the secret '{name}' is not a text", "quote it")
        return {name: value for name, value in tree.items() if isinstance(value, str)}

    def _environment(self, name: str, mark: Mark) -> str:
        value = os.environ.get(name)
        if value is None:
            self._report.error(mark, f"the environment variable {name} is not set")
        return value or ""

    def _file(self, name: str, mark: Mark) -> str:
        path = self._files.folder / name
        try:
            with path.open("rb") as file:
                return file.read(LARGEST).decode().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            why = (error.strerror or "") if isinstance(error, OSError) else "not UTF-8"
            self._report.error(mark, f"cannot read the secret file {name}: {why.lower()}")
            return ""


@lru_cache(maxsize=64)
def secret_fields(model: type[BaseModel]) -> tuple[tuple[str, ...], ...]:
    """Return the paths of a model's fields that hold secrets (SecretStr, SecretBytes)."""
    found: list[tuple[str, ...]] = []
    for name, field in model.model_fields.items():
        for shape in shapes_below(field.annotation):
            if shape in (SecretStr, SecretBytes):
                found.append((field.alias or name,))
            elif isinstance(shape, type) and issubclass(shape, BaseModel):
                found += [(field.alias or name, *rest) for rest in secret_fields(shape)]
    return tuple(found)


def check_plain(model: type[BaseModel], tree: Map, report: Report) -> None:
    """Report secrets that are written out instead of referred to."""
    for path in secret_fields(model):
        node: Any = tree
        for key in path[:-1]:
            node = node.get(key) if isinstance(node, Map) else None
        if not isinstance(node, Map) or path[-1] not in node:
            continue
        given = node[path[-1]]
        if given is not None and not (isinstance(given, Map) and given.is_reference):
            mark = node.value_marks[path[-1]]
            where = Mark(_veiled(mark), mark.line, mark.column)
            message = f"'{path[-1]}' must not be written here in plain text"
            report.error(where, message, f"put it into {FILE} and write {{secret: name}}")


def _veiled(mark: Mark) -> Source:
    """Return a source that shows the line only up to the secret."""
    line = mark.source.line(mark.line)[: mark.column - 1] + "***"
    return Source(mark.source.name, [""] * (mark.line - 1) + [line])
