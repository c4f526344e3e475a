"""YAML text → maps, lists and scalars with their marks, built from the parser's events under strict limits.

Depth, size and aliases are checked while events arrive, before anything is built from them: a file that would explode
costs no more than the first event beyond its limit.
"""

from typing import Any

import yaml
from msgspec import Struct

from hub.config.marks import Map, Mark, Seq, Source
from hub.config.problems import Report
from hub.config.scalars import scalar

DEEPEST = 32
MOST_NODES = 200_000
MOST_ALIASES = 100
_LOADER: Any = getattr(yaml, "CLoader", yaml.Loader)
_READ_AS_TRUTH = frozenset({"on", "off", "yes", "no"})
"""Plain keys that other YAML readers (1.1) turn into true or false."""


class _Stop(Exception):
    """The rest of the file cannot be read; everything is reported."""


class _Open(Struct):
    """A map or list whose end has not come yet."""

    node: Map | Seq
    anchor: str | None
    began: int
    key: str | None = None
    key_mark: Mark | None = None


class _Anchored(Struct, frozen=True):
    value: Any
    nodes: int


class _Builder:
    """Turns events into one tree."""

    def __init__(self, source: Source, report: Report) -> None:
        self.root: Any = None
        self.source = source
        self._report = report
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchored] = {}
        self._nodes = 0
        self._aliases = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._begin(event, Map if kind is yaml.MappingStartEvent else Seq)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._end()
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent:
            self._document(event)

    def _mark(self, event: Any) -> Mark:
        return Mark(self.source, event.start_mark.line + 1, event.start_mark.column + 1)

    def _stop(self, event: Any, message: str, hint: str = "") -> None:
        self._report.error(self._mark(event), message, hint)
        raise _Stop

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            self._stop(event, "a second document begins here", "one file holds one document; remove the '---'")

    def _count(self, event: Any, nodes: int = 1) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            self._stop(event, f"the file holds more than {MOST_NODES:,} values", "split it, or use a table")

    def _untagged(self, event: Any) -> None:
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            hint = "write {secret: name}" if tag == "!secret" else "write the value without it"
            self._report.error(self._mark(event), f"the tag {tag} is not allowed", hint)

    def _scalar(self, event: Any) -> None:
        self._count(event)
        self._untagged(event)
        top = self._open[-1] if self._open else None
        if top is not None and type(top.node) is Map and top.key is None:
            self._key(top, event)
            return
        value: Any = event.value
        if event.implicit[0]:
            try:
                value = scalar(value)
            except ValueError as error:
                self._report.error(self._mark(event), str(error), "quote it if it is a text", alone=True)
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(value, 1)
        self._place(value, self._mark(event))

    def _key(self, top: _Open, event: Any) -> None:
        mark, word = self._mark(event), event.value
        if event.implicit[0] and word.lower() in _READ_AS_TRUTH:
            self._report.error(
                mark, f"'{word}' is not a safe key", f'other tools read it as true or false; write "{word}"', alone=True
            )
        if word == "<<" and event.implicit[0]:
            self._report.error(
                mark, "merge keys (<<) are not allowed", "use a table with 'set:', or write the keys out"
            )
        top.key, top.key_mark = word, mark

    def _begin(self, event: Any, shape: type[Map] | type[Seq]) -> None:
        self._count(event)
        self._untagged(event)
        if len(self._open) >= DEEPEST:
            self._stop(event, f"maps and lists are nested more than {DEEPEST} deep")
        top = self._open[-1] if self._open else None
        if top is not None and type(top.node) is Map and top.key is None:
            self._stop(event, "a key must be a single word", "a text that starts with { or [ must be quoted")
        self._open.append(_Open(shape(self._mark(event)), event.anchor, self._nodes))

    def _end(self) -> None:
        done = self._open.pop()
        if done.anchor:
            self._anchors[done.anchor] = _Anchored(done.node, self._nodes - done.began + 1)
        self._place(done.node, done.node.mark)

    def _alias(self, event: Any) -> None:
        self._aliases += 1
        if self._aliases > MOST_ALIASES:
            self._stop(event, f"the file holds more than {MOST_ALIASES} aliases (*name)")
        if any(o.anchor for o in self._open):
            self._stop(
                event, f"the alias *{event.anchor} stands inside an anchored value", "aliases must not be nested"
            )
        known = self._anchors.get(event.anchor)
        if known is None:
            self._stop(event, f"*{event.anchor} is an alias, and nothing is named &{event.anchor}", _quoted("*"))
            return
        self._count(event, known.nodes)
        top = self._open[-1] if self._open else None
        if top is not None and type(top.node) is Map and top.key is None:
            self._stop(event, "a key must not be an alias", _quoted("*"))
        self._place(known.value, self._mark(event))

    def _place(self, value: Any, mark: Mark) -> None:
        if not self._open:
            self.root = value
            return
        top = self._open[-1]
        if isinstance(top.node, Seq):
            top.node.add(value, mark)
            return
        key, key_mark = top.key or "", top.key_mark or mark
        top.key = None
        if key in top.node:
            first = top.node.key_marks[key].line
            self._report.error(key_mark, f"duplicate key '{key}' (first at line {first})", "keep one of the two")
        elif key != "<<":
            top.node.put(key, value, key_mark, mark)


def parse(source: Source, text: str, report: Report) -> Any:
    """Return the tree of a YAML text, or what could be built of it before a mistake (reported) ended the reading."""
    builder = _Builder(source, report)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except _Stop:
        return None
    except yaml.MarkedYAMLError as error:
        _syntax(source, report, error)
        return None
    except yaml.YAMLError as error:
        report.error(Mark(source, 1, 1), f"not YAML: {error}")
        return None
    return builder.root


_COLON = "quote the text that holds the colon"


def _quoted(start: str) -> str:
    return f"a text that starts with {start} must be quoted"


def _syntax(source: Source, report: Report, error: yaml.MarkedYAMLError) -> None:
    """Report what the parser stumbled over, at the place where the author can mend it."""
    problem, at = error.problem or "cannot be read", error.problem_mark or error.context_mark
    if error.context == "while scanning an alias" or problem.startswith("found unexpected end"):
        at = error.context_mark or at
    if at is not None and error.context_mark and at.line + 1 >= len(source.lines) and not source.line(at.line + 1):
        at = error.context_mark
    line, column = (at.line + 1, at.column + 1) if at is not None else (1, 1)
    text = source.line(line)
    if text[column - 2 : column] == "${":
        column -= 1
    char = text[column - 1 : column]
    message, hint = _advice(problem, error.context or "", text, column, char)
    report.error(Mark(source, line, column), message, hint)


def _advice(problem: str, context: str, text: str, column: int, char: str) -> tuple[str, str]:
    """Return the complaint in our words and the way out: the first of these that fits."""
    bare = problem.removeprefix("did not find expected ")
    choices = (
        (context == "while scanning an alias", "'*' begins an alias here", _quoted("*")),
        (context == "while scanning an anchor", "'&' begins an anchor here", _quoted("&")),
        ("any token" in problem and char == "\t", "a tab cannot indent", "use spaces"),
        ("any token" in problem, f"'{char}' cannot begin a value", _quoted(char)),
        (text[column - 1 : column + 1] == "${", "'${' needs quotes here", "for a secret write {secret: name}"),
        ("mapping values" in problem or (char == ":" and bare != problem), "a second ': ' on one line", _COLON),
        ("end of stream" in problem, "the quote that opens here is never closed", "close it"),
        (bare.startswith("',' or"), f"{bare} is missing", "close the bracket, or quote the text"),
    )
    if context.startswith("while parsing a block"):
        return "this line does not go with the lines above it", "look at the indentation, and for a missing ':' or '-'"
    otherwise = f"not YAML: {problem}{', ' + context if context else ''}", "look at the quotes and the indentation"
    return next(((message, hint) for fits, message, hint in choices if fits), otherwise)
