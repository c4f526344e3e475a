"""What shipped profiles know of objects: an OID of a walk that is theirs is not a stranger."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from hub.config.marks import Map, Seq, Source
from hub.config.problems import Report
from hub.config.source import split
from hub.config.tree import parse

Fields = dict[str, Any]


class Known(Struct, frozen=True):
    """One point of a shipped profile."""

    profile: str
    name: str
    fields: Fields
    """Everything but the address."""
    address: Fields

    @property
    def whole(self) -> bool:
        """Whether it needs every row of its column."""
        return "holds" in self.address or "fold" in self.address

    @property
    def oid(self) -> str:
        """The object, or the column of a table."""
        a = self.address
        return str(a["oid"]) if "oid" in a else f"{a['table']}.{a['column']}"


class Library:
    """The points of all shipped SNMP profiles, by OID."""

    def __init__(self, points: Iterable[Known] = ()) -> None:
        self._by_oid: dict[str, list[Known]] = defaultdict(list)
        self.sizes: Counter[str] = Counter()
        for point in points:
            self._by_oid[point.oid].append(point)
            self.sizes[point.profile] += 1

    @property
    def entries(self) -> set[str]:
        """Entries of the tables that are known."""
        return {str(p.address["table"]) for points in self._by_oid.values() for p in points if "table" in p.address}

    def covered(self, oids: Iterable[str]) -> Counter[str]:
        """Return how many points of each profile these objects and columns answer."""
        return Counter(point.profile for oid in set(oids) for point in self._by_oid.get(oid, ()))

    def below(self, root: str) -> list[Known]:
        """Return what is known below an OID, of each object what the profile that knows most below it says."""
        oids = [oid for oid in self._by_oid if f"{oid}.".startswith(f"{root}.")]
        rank = self.covered(oids)
        return [known for oid in oids for known in self.of(oid, rank)]

    def of(self, oid: str, rank: Mapping[str, int]) -> list[Known]:
        """Return the points of one profile for an object or column: of the profile that knows most."""
        points = self._by_oid.get(oid, [])
        best = max((p.profile for p in points), key=lambda name: (rank.get(name, 0), name), default="")
        return [p for p in points if p.profile == best]


def library(profiles: Mapping[str, str]) -> Library:
    """Return what the texts of profiles, by name, know about SNMP objects."""
    return Library(point for name, text in profiles.items() for point in _points(name, text))


def _points(profile: str, text: str) -> Iterator[Known]:
    tree = plain(parse(Source(profile, split(text)), text, Report()))
    if not isinstance(tree, dict) or tree.get("driver") != "snmp":
        return
    groups = [tree, *tree.get("each", [])]
    for name, point in ((n, p) for group in groups for n, p in group.get("points", {}).items()):
        address = point.get("address", {})
        if "oid" in address or {"table", "column"} <= address.keys():
            yield Known(profile, name, {k: v for k, v in point.items() if k != "address"}, address)


def plain(node: Any) -> Any:
    """Return a tree without its marks."""
    if isinstance(node, Map):
        return {key: plain(value) for key, value in node.items()}
    return [plain(item) for item in node] if isinstance(node, Seq) else node
