"""The shape of the Python tree: sizes, branches, nesting, parameters, types, documents. `python -m bench.beauty`.

Prints the table that `bench/README.md` keeps; with `--json` one line a wing. Standard library only, reads sources and
runs nothing.
"""

import ast
import json
import re
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WINGS = ("hub", "drivers", "rules", "adapters", "simulators")
SKIPPED = {"node_modules", "static", "console"}

Function = ast.FunctionDef | ast.AsyncFunctionDef
DEEPER = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.With, ast.AsyncWith, ast.Match)
BRANCHES = (
    ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.BoolOp, ast.IfExp, ast.comprehension,
    ast.match_case,
)  # fmt: skip
IGNORES = re.compile(r"#\s*(?:type:\s*ignore|noqa)")
LEFT_OVER = re.compile(r"\b(?:TODO|FIXME|XXX)\b")


@dataclass(frozen=True)
class FunctionShape:
    """One function as it is written: its place and how much of everything it has."""

    file: Path
    name: str
    line: int
    lines: int
    branches: int
    nesting: int
    parameters: int
    typed: bool
    public: bool
    documented: bool


@dataclass
class Shape:
    """A tree of Python files."""

    files: dict[Path, int] = field(default_factory=dict)
    functions: list[FunctionShape] = field(default_factory=list)
    documented_files: int = 0
    code: int = 0
    comments: int = 0
    ignores: int = 0
    anys: int = 0
    broad: int = 0
    left_over: int = 0

    @property
    def lines(self) -> int:
        """Lines of all files."""
        return sum(self.files.values())


def sources(*folders: Path) -> Iterator[Path]:
    """Yield the Python files of some folders, sorted."""
    for folder in folders:
        yield from (p for p in sorted(folder.rglob("*.py")) if not SKIPPED & set(p.relative_to(folder).parts))


def measure(*folders: Path) -> Shape:
    """Return the shape of the Python files in some folders."""
    shape = Shape()
    for path in sources(*folders):
        _file(shape, path)
    return shape


def _file(shape: Shape, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    lines = text.splitlines()
    shape.files[path] = len(lines)
    shape.documented_files += ast.get_docstring(tree) is not None or not lines
    shape.code += sum(bool(line.strip()) for line in lines)
    shape.comments += sum(line.lstrip().startswith("#") for line in lines)
    shape.ignores += len(IGNORES.findall(text))
    shape.left_over += len(LEFT_OVER.findall(text))
    for node in ast.walk(tree):
        shape.anys += isinstance(node, ast.Name) and node.id == "Any"
        shape.broad += isinstance(node, ast.ExceptHandler) and _is_broad(node)
        if isinstance(node, Function) and not _is_overload(node):
            shape.functions.append(_function(path, node))


def _is_broad(handler: ast.ExceptHandler) -> bool:
    named = handler.type
    return named is None or (isinstance(named, ast.Name) and named.id in ("Exception", "BaseException"))


def _is_overload(node: Function) -> bool:
    return any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list)


def _function(path: Path, node: Function) -> FunctionShape:
    doc = ast.get_docstring(node, clean=False)
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    parameters = [a for a in given if a.arg not in ("self", "cls")]
    return FunctionShape(
        file=path,
        name=node.name,
        line=node.lineno,
        lines=(node.end_lineno or node.lineno) - node.lineno + 1 - (doc.count("\n") + 1 if doc else 0),
        branches=1 + sum(isinstance(inner, BRANCHES) for inner in ast.walk(node)),
        nesting=_nesting(node, 0),
        parameters=len(parameters),
        typed=all(a.annotation for a in parameters) and (node.returns is not None or node.name == "__init__"),
        public=not node.name.startswith("_"),
        documented=doc is not None,
    )


def _nesting(node: ast.AST, depth: int) -> int:
    """Return how deep statements nest; an `elif` is as deep as its `if`, an inner function counts for itself."""
    depth += isinstance(node, DEEPER)
    orelse = node.orelse if isinstance(node, ast.If) else []
    elifs = orelse if len(orelse) == 1 and isinstance(orelse[0], ast.If) else []
    inner = [n for n in ast.iter_child_nodes(node) if not isinstance(n, (Function, ast.ClassDef))]
    return max([depth, *(_nesting(n, depth - (n in elifs)) for n in inner)])


def table(shape: Shape, tests: int) -> dict[str, str]:
    """Return the rows of the table; `tests` is the number of lines of tests."""
    kilo = max(1, shape.lines) / 1000
    public = [f for f in shape.functions if f.public]
    return {
        "files / lines": f"{len(shape.files)} / {shape.lines:,}",
        "file median / p90 / max": _spread(list(shape.files.values())),
        "function median / p90 / max": _spread([f.lines for f in shape.functions]),
        "functions > 50 lines": str(sum(f.lines > 50 for f in shape.functions)),
        "branches p90 / max": _tail([f.branches for f in shape.functions]),
        "nesting p90 / max": _tail([f.nesting for f in shape.functions]),
        "parameters p90 / max": _tail([f.parameters for f in shape.functions]),
        "fully typed functions": _share(sum(f.typed for f in shape.functions), len(shape.functions)),
        "documented public functions": _share(sum(f.documented for f in public), len(public)),
        "module docstrings": _share(shape.documented_files, len(shape.files)),
        "comment lines": _share(shape.comments, shape.code),
        "ignores / 1000 lines": f"{shape.ignores / kilo:.1f}",
        "Any / 1000 lines": f"{shape.anys / kilo:.1f}",
        "broad excepts / 1000 lines": f"{shape.broad / kilo:.2f}",
        "TODO": str(shape.left_over),
        "test lines / source lines": f"{tests / max(1, shape.lines):.2f}",
    }


def _p90(values: list[int]) -> int:
    return sorted(values)[min(len(values) - 1, int(0.9 * len(values)))]


def _spread(values: list[int]) -> str:
    return f"{statistics.median(values):.0f} / {_p90(values)} / {max(values)}"


def _tail(values: list[int]) -> str:
    return f"{_p90(values)} / {max(values)}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(1, whole):.0f} %"


def main() -> None:
    """Print the table of the whole tree and of each wing."""
    tests = measure(ROOT / "tests").lines
    whole = table(measure(*(ROOT / wing for wing in WINGS)), tests)
    wings = {wing: table(measure(ROOT / wing), 0) for wing in WINGS}
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps({"bench": "beauty", "all": whole, **wings}) + "\n")
        return
    sys.stdout.write(f"| | all | {' | '.join(WINGS)} |\n|---|{'---|' * (len(WINGS) + 1)}\n")
    for row, value in whole.items():
        parts = (
            " | ".join(wings[wing][row] for wing in WINGS) if not row.startswith("test") else " | " * (len(WINGS) - 1)
        )
        sys.stdout.write(f"| {row} | **{value}** | {parts} |\n")


if __name__ == "__main__":
    main()
