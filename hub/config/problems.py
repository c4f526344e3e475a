"""Mistakes in configuration: collected all at once, each with its place, its line and what to do about it."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from msgspec import Struct

from hub.config.marks import Mark

ERROR, WARNING = "error", "warning"
_SHOWN = 160
"""Characters of a source line that are shown; longer lines are cut around the caret."""


class Problem(Struct, frozen=True):
    """One mistake: where it is, what is wrong, what would be right."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    source_line: str = ""
    level: str = ERROR

    @property
    def place(self) -> tuple[str, int, int, str]:
        """What problems are sorted by."""
        return self.file, self.line, self.column, self.message


class Report:
    """Every problem of one reading of a site, each once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, int, str], Problem] = {}
        self._settled: set[tuple[str, int, int]] = set()

    def __len__(self) -> int:
        return len(self._found)

    def error(self, mark: Mark, message: str, hint: str = "", *, alone: bool = False) -> None:
        """Note a mistake that keeps the site from starting; `alone`: other mistakes at its place follow from it."""
        self._note(mark, message, hint, ERROR)
        if alone:
            self._settled.add((mark.source.name, mark.line, mark.column))

    def warn(self, mark: Mark, message: str, hint: str = "") -> None:
        """Note what is probably a mistake but hurts nobody."""
        self._note(mark, message, hint, WARNING)

    def _note(self, mark: Mark, message: str, hint: str, level: str) -> None:
        if (mark.source.name, mark.line, mark.column) in self._settled:
            return
        problem = Problem(mark.source.name, mark.line, mark.column, message, hint, mark.source.line(mark.line), level)
        self._found.setdefault(problem.place, problem)

    @property
    def problems(self) -> list[Problem]:
        """Everything found, sorted by place."""
        return sorted(self._found.values(), key=lambda p: p.place)

    @property
    def failed(self) -> bool:
        """Whether there is an error among them."""
        return any(p.level == ERROR for p in self._found.values())


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """Return `did you mean 'x'?` for the known word that is nearest, or `otherwise` when none is near."""
    from difflib import get_close_matches  # only somebody who has made a mistake needs it

    by_fold = {k.casefold(): k for k in known}
    near = get_close_matches(word.casefold(), list(by_fold), n=1, cutoff=0.6)
    return f"did you mean '{by_fold[near[0]]}'?" if near else otherwise


def known_are(what: str, known: Iterable[str], most: int = 12) -> str:
    """Return `the zones are 'a', 'b' and 3 more`, for lists short enough to help."""
    words = sorted(known)
    if not words:
        return f"there are no {what}"
    shown = ", ".join(f"'{w}'" for w in words[:most])
    return f"the {what} are {shown}" + (f" and {len(words) - most} more" if len(words) > most else "")


def one_of(words: Sequence[str]) -> str:
    """Return `'a', 'b' or 'c'`."""
    quoted = [f"'{w}'" for w in words]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]


def render(problems: Sequence[Problem], color: bool = False) -> str:
    """Return the problems as text for a terminal: place, message, the line with a caret, the suggestion."""
    return "\n".join(_render(p, color) for p in problems)


def _render(problem: Problem, color: bool) -> str:
    shade = "31" if problem.level == ERROR else "33"
    place = f"{problem.file}:{problem.line}:{problem.column}"
    level = f"\x1b[1;{shade}m{problem.level}\x1b[0m" if color else problem.level
    parts = [f"{place}: {level}: {problem.message}"]
    if problem.source_line.strip():
        line, indent = _window(problem.source_line, problem.column - 1)
        caret = f"\x1b[1;{shade}m^\x1b[0m" if color else "^"
        parts += [f"{problem.line:>6} | {line}", f"{'':>6} | {' ' * indent}{caret}"]
    if problem.hint:
        parts.append(f"{'':>6} = {problem.hint}")
    return "\n".join(parts) + "\n"


def _window(line: str, column: int) -> tuple[str, int]:
    """Return the part of a line that is shown, made harmless for a terminal, and how far the caret is indented."""
    start = max(0, column - _SHOWN // 2) if len(line) > _SHOWN else 0
    shown = re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", line[start : start + _SHOWN].rstrip())
    lead, tail = ("…" if start else ""), ("…" if start + _SHOWN < len(line) else "")
    before = shown[: column - start]
    return lead + shown + tail, len(lead) + sum(1 for c in before if not unicodedata.combining(c))
