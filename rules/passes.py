"""Reads of one pass become one passage, in whatever order they come: pure, bounded, the same again from the same reads.

Two reads belong to one pass when they are of one site and lane, no further apart than the window, and their plates
are the same but for one character; or when the same device says that it followed the same vehicle. A pass is everything
that is joined by such pairs, so the order of arrival does not matter. What is unread belongs to nothing by its plate.
Every field of a passage is the best that any of its reads said: of the text that most of them read, then by confidence.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable

from msgspec import Struct, field

from hub.model import SECOND, DeviceId, Timestamp
from hub.model.ids import row_id
from hub.model.passage import MEMORY, MOST_KEYS, Passage, Read
from hub.model.plateforms import alike, halves, parse

WINDOW = 20 * SECOND
"""How far apart two reads of one pass may be (Hikvision's own rule for repeated plates, ISAPI)."""
MOST = 50_000
"""Reads that are remembered; beyond them the oldest are forgotten before their time, and counted."""
MOST_TEXTS = 16
_FIELDS = (
    "direction", "vehicle", "colour", "make", "speed", "occupancy", "violation", "limit", "listed", "picture",
    "country", "plate_colour",
)  # fmt: skip
_SAYS_NOTHING = (None, "unknown")

Rank = tuple[float, Timestamp, str, str]
"""Higher confidence first, then the earlier read, then its key: no two reads of a site are equal."""


class _Pass(Struct):
    id: str
    site: str
    lane: str
    first: tuple[Timestamp, DeviceId]
    last: Timestamp
    heard: Timestamp
    revision: int = 0
    reads: int = 0
    best: dict[str, tuple[Rank, object]] = field(default_factory=dict)
    texts: dict[str, tuple[int, Rank, Read]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    into: "_Pass | None" = None
    told: Passage | None = None

    def root(self) -> "_Pass":
        """Return the pass that took this one in, at last, or itself."""
        found = self
        while found.into is not None:
            found = found.into
        return found


class _Seen(Struct, eq=False):
    time: Timestamp
    plate: str | None
    heard: Timestamp
    marks: tuple[str, ...]
    key: tuple[DeviceId, str]
    of: _Pass


class Passes:
    """The passes of a while, lane by lane."""

    def __init__(
        self, window: Callable[[str], int] = lambda _site: WINDOW, *, memory: int = MEMORY, most: int = MOST
    ) -> None:
        """`window`: site of passes → nanoseconds."""
        self.repeated = 0
        """Reads that came a second time."""
        self.merged = 0
        """Reads that another pass of theirs was known of."""
        self.crowded = 0
        """Reads that were forgotten before their time, for want of room."""
        self._window = window
        self._memory = memory
        self._most = most
        self._seen: deque[_Seen] = deque()
        self._keys: dict[tuple[DeviceId, str], _Seen] = {}
        self._marks: dict[tuple[str, str, str], OrderedDict[int, _Seen]] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def take(self, read: Read) -> list[tuple[Passage | None, Passage]]:
        """Return what a read changes: each passage as it was told before (None: new) and as it is now."""
        self._forget(read.hub_time)
        key = (read.device, read.key)
        if key in self._keys:
            self.repeated += 1
            return []
        marks = _marks(read)
        found = self._matches(read, marks)
        home = min(found, key=lambda p: (p.first, p.id)) if found else _new(read)
        self.merged += bool(found)
        _add(home, read)
        taken_in = [other for other in found if other is not home]
        for other in taken_in:
            _absorb(home, other)
        self._remember(_Seen(read.time, read.plate, read.hub_time, marks, key, home))
        return [_ended(other, home) for other in taken_in] + [_told(home)]

    def _matches(self, read: Read, marks: Iterable[str]) -> list[_Pass]:
        window = self._window(read.site)
        found: dict[str, _Pass] = {}
        for mark in marks:
            for seen in self._marks.get((read.site, read.lane, mark), {}).values():
                if abs(seen.time - read.time) <= window and (
                    mark[0] == "#"
                    or (seen.plate is not None and read.plate is not None and alike(seen.plate, read.plate))
                ):
                    home = seen.of.root()
                    found[home.id] = home
        return list(found.values())

    def _remember(self, seen: _Seen) -> None:
        self._seen.append(seen)
        self._keys[seen.key] = seen
        home = seen.of
        for mark in seen.marks:
            self._marks.setdefault((home.site, home.lane, mark), OrderedDict())[id(seen)] = seen

    def _forget(self, now: Timestamp) -> None:
        while self._seen and (now - self._seen[0].heard > self._memory or len(self._seen) >= self._most):
            seen = self._seen.popleft()
            self.crowded += now - seen.heard <= self._memory
            del self._keys[seen.key]
            for mark in seen.marks:
                place = (seen.of.site, seen.of.lane, mark)
                del self._marks[place][id(seen)]
                if not self._marks[place]:
                    del self._marks[place]


def _marks(read: Read) -> tuple[str, ...]:
    marks = () if read.plate is None else halves(read.plate)
    return marks if read.track is None else (*marks, f"#{read.device}/{read.track}")


def _number(read: Read) -> str:
    return f"{row_id(read.device, read.key):016x}"


def _new(read: Read) -> _Pass:
    return _Pass(_number(read), read.site, read.lane, (read.time, read.device), read.time, read.hub_time)


def _rank(read: Read) -> Rank:
    return -(read.confidence if read.confidence is not None else 0.0), read.time, read.device, read.key


def _add(home: _Pass, read: Read) -> None:
    rank = _rank(read)
    home.reads += 1
    _know(home, [_number(read)])
    home.first = min(home.first, (read.time, read.device))
    home.last, home.heard = max(home.last, read.time), min(home.heard, read.hub_time)
    for name in _FIELDS:
        if (value := getattr(read, name)) not in _SAYS_NOTHING:
            _better(home, name, rank, value)
    if read.plate is not None:
        _vote(home, read.plate, 1, rank, read)


def _know(home: _Pass, keys: Iterable[str]) -> None:
    home.keys = sorted({*home.keys, *keys})[:MOST_KEYS]


def _better(home: _Pass, name: str, rank: Rank, value: object) -> None:
    known = home.best.get(name)
    if known is None or rank < known[0]:
        home.best[name] = rank, value


def _vote(home: _Pass, text: str, n: int, rank: Rank, read: Read) -> None:
    known = home.texts.get(text)
    if known is not None:
        home.texts[text] = known[0] + n, *min((known[1], known[2]), (rank, read), key=lambda pair: pair[0])
    elif len(home.texts) < MOST_TEXTS:
        home.texts[text] = n, rank, read


def _absorb(home: _Pass, other: _Pass) -> None:
    home.reads += other.reads
    _know(home, other.keys)
    home.first, home.last = min(home.first, other.first), max(home.last, other.last)
    home.heard = min(home.heard, other.heard)
    for name, (rank, value) in other.best.items():
        _better(home, name, rank, value)
    for text, (n, rank, read) in other.texts.items():
        _vote(home, text, n, rank, read)
    other.into = home


def _ended(other: _Pass, home: _Pass) -> tuple[Passage | None, Passage]:
    other.revision += 1
    before = other.told
    other.told = Passage(
        other.id, other.revision, other.first[1], other.site, other.lane, other.first[0], other.last, other.heard, 0,
        into=home.id,
    )  # fmt: skip
    other.best.clear()
    other.texts.clear()
    return before, other.told


def _told(home: _Pass) -> tuple[Passage | None, Passage]:
    home.revision += 1
    before, home.told = home.told, _passage(home)
    return before, home.told


def _passage(home: _Pass) -> Passage:
    best = {name: value for name, (_, value) in home.best.items()}
    _, _, read = min(home.texts.values(), key=lambda v: (-v[0], v[1])) if home.texts else (0, None, None)
    if read is not None and read.plate is not None:
        form = parse(read.plate, best.get("plate_colour"), best.get("country"), best.get("vehicle"))  # type: ignore[arg-type]
        best |= {
            "plate": read.plate, "plate_read": read.plate_read, "confidence": read.confidence,
            "plate_kind": form.kind, "region": form.region,
        }  # fmt: skip
    time, device = home.first
    return Passage(
        home.id,
        home.revision,
        device,
        home.site,
        home.lane,
        time,
        home.last,
        home.heard,
        home.reads,
        keys=tuple(home.keys),
        **best,  # type: ignore[arg-type]
    )
