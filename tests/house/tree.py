"""What the house is made of: the files that belong to the repository, and what each Python file imports."""

import ast
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WINGS = ("hub", "drivers", "rules", "adapters", "simulators")


@cache
def belonging() -> tuple[Path, ...]:
    """Return every file that is tracked, or new and not ignored, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    names = sorted(name for name in listed.split("\0") if name)
    return tuple(Path(name) for name in names if (ROOT / name).is_file())


def of_wings() -> tuple[Path, ...]:
    """Return the Python files of the program itself."""
    return tuple(path for path in belonging() if path.suffix == ".py" and path.parts[0] in WINGS)


def texts() -> Iterator[tuple[Path, str]]:
    """Yield every file that is UTF-8, with its text; the others (pictures, planted bytes) say nothing to people."""
    for path in belonging():
        with suppress(UnicodeDecodeError):
            yield path, (ROOT / path).read_text(encoding="utf-8")


def imports(path: Path) -> set[str]:
    """Return the top-level names of everything that a file imports, wherever in it."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names
