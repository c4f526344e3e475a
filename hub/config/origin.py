"""Where each effective value of a device was written: the answer to "why is it 5 s?"."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from hub.config.load import Loader
from hub.config.marks import Map, Mark, Seq
from hub.config.registry import DriverLike
from hub.model import ConfigError

HIDDEN = "***"


class Origin(Struct, frozen=True):
    """One effective value and its place."""

    path: str
    value: Any
    file: str
    line: int


def origins(folder: Path, drivers: Mapping[str, DriverLike], device: str) -> list[Origin]:
    """Return every configured value of a device with file and line; secrets are hidden.

    Raises ConfigError when the site is not valid, KeyError when it has no such device.
    """
    loader = Loader(folder, drivers)
    if loader.site() is None:
        raise ConfigError(loader.report.problems)
    tree = loader.devices.trees[device]
    return list(_flat("", tree, tree.mark))


def _flat(path: str, node: Any, mark: Mark) -> Iterator[Origin]:
    if isinstance(node, Map) and node.is_reference:
        yield Origin(path, HIDDEN, mark.source.name, mark.line)
    elif isinstance(node, Map):
        for key, value in node.items():
            yield from _flat(f"{path}.{key}" if path else key, value, node.value_marks[key])
    else:
        yield Origin(path, list(node) if isinstance(node, Seq) else node, mark.source.name, mark.line)
