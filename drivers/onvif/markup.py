"""XML that strangers wrote: no DTD, no entities, bounded in depth and number; nothing is ever fetched.

expat alone, because the tree builders of the standard library accept a DTD before one can object. Whoever sends a DTD
is refused at its first byte, so that neither entity bombs nor external entities are even read.
"""

from collections.abc import Iterator
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import escape, quoteattr

MOST_ELEMENTS = 20_000
DEEPEST = 64
_MARK = "}"


class Element:
    """One element: local name, namespace, attributes by local name, text, children, prefixes in scope."""

    __slots__ = ("attributes", "children", "name", "prefixes", "space", "text")

    def __init__(self, name: str, space: str, attributes: dict[str, str], prefixes: dict[str, str]) -> None:
        self.name = name
        self.space = space
        self.attributes = attributes
        self.prefixes = prefixes
        self.children: list[Element] = []
        self.text = ""

    def child(self, *way: str) -> "Element | None":
        """Return the first element at the end of a way of local names, or None."""
        here: Element | None = self
        for name in way:
            here = next((c for c in here.children if c.name == name), None) if here is not None else None
        return here

    def said(self, *way: str) -> str:
        """Return the stripped text at the end of a way, empty when there is none."""
        found = self.child(*way)
        return "" if found is None else found.text.strip()

    def every(self, name: str) -> "Iterator[Element]":
        """Give every element of that local name at any depth below, in the order of the document."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.every(name)


class _Builder:
    def __init__(self) -> None:
        self.top: Element | None = None
        self._open: list[Element] = []
        self._prefixes: list[dict[str, str]] = [{}]
        self._count = 0

    def doctype(self, *_: object) -> None:
        raise ValueError("a document type definition, which ONVIF never needs and attackers do")

    def bind(self, prefix: str | None, uri: str | None) -> None:
        self._prefixes.append({**self._prefixes[-1], prefix or "": uri or ""})

    def unbind(self, _prefix: str | None) -> None:
        self._prefixes.pop()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) >= DEEPEST:
            raise ValueError(f"more than {MOST_ELEMENTS} elements, or nested deeper than {DEEPEST}")
        space, _, local = name.rpartition(_MARK)
        short = {key.rpartition(_MARK)[2]: value for key, value in attributes.items()}
        element = Element(local, space, short, self._prefixes[-1])
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.top = element
        self._open.append(element)

    def end(self, _name: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        self._open[-1].text += text


def parse(body: bytes) -> Element:
    """Return the top element of a document. Raises ValueError in a few words."""
    builder = _Builder()
    parser = ParserCreate(namespace_separator=_MARK)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.doctype
    parser.StartNamespaceDeclHandler = builder.bind
    parser.EndNamespaceDeclHandler = builder.unbind
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(body, True)
    except ExpatError as error:
        raise ValueError(f"not XML: {error}") from error
    if builder.top is None:
        raise ValueError("not XML: nothing there")
    return builder.top


def written(element: Element) -> str:
    """Return an element as XML again, for what a camera wants to hear back word by word."""
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in element.attributes.items())
    inside = escape(element.text) + "".join(written(child) for child in element.children)
    return f"<{element.name} xmlns={quoteattr(element.space)}{attributes}>{inside}</{element.name}>"
