"""A vehicle that passed a camera: what one read says, what the reads of one pass come to, and the words for both.

A *read* is what a camera or a vendor's push says of one look at a vehicle; a *passage* is one vehicle passing once,
however often it was read. The plate is a class of data of its own: `without_plate` is what travels to rules, consoles
and reports; only the store's guarded view and whoever is shown `Passage` itself sees the text.
"""

from msgspec import Struct

from hub.model.clock import SECOND, Timestamp
from hub.model.ids import DeviceId
from hub.model.masking import mask
from hub.model.reading import Value
from hub.model.text import Text

PASSAGE = "traffic.passage"
VIOLATION = "traffic.violation"

MEMORY = 60 * SECOND
"""How long after its arrival a read is remembered; three windows of merging, so that what is late finds its pass."""
MOST_KEYS = 16

CLASSES: dict[str, Text] = {
    "motorcycle": Text("Xe máy", "Motorcycle"),
    "car": Text("Ô tô con", "Car"),
    "bus": Text("Xe khách", "Bus"),
    "truck": Text("Xe tải", "Truck"),
    "bicycle": Text("Xe đạp", "Bicycle"),
    "other": Text("Xe khác", "Other vehicle"),
    "unknown": Text("Không rõ", "Not known"),
}
"""Classes of vehicles; `unknown` where the source does not say, which is not `other`."""

VIOLATIONS: dict[str, Text] = {
    "red_light": Text("Vượt đèn đỏ", "Red light"),
    "lane": Text("Sai làn, đè vạch", "Wrong lane or line"),
    "no_helmet": Text("Không đội mũ bảo hiểm", "No helmet"),
    "speeding": Text("Chạy quá tốc độ", "Speeding"),
    "wrong_way": Text("Đi ngược chiều", "Wrong way"),
    "stopping": Text("Dừng đỗ sai quy định", "Stopping or parking"),
    "turn_ban": Text("Rẽ, quay đầu sai", "Forbidden turn"),
    "restricted": Text("Đi vào đường hoặc giờ cấm", "Restricted road or time"),
    "other": Text("Vi phạm khác", "Other violation"),
}
"""Kinds of violations."""


class Read(Struct, frozen=True, array_like=True):
    """One look at a vehicle, in the hub's units and words; what the source did not say is None."""

    device: DeviceId
    site: str
    """Where passes are counted once: the device itself, or what several cameras of one place share."""
    lane: str
    """As the source calls it; empty where it does not say."""
    time: Timestamp
    hub_time: Timestamp
    key: str
    """What tells this read from every other of the device; the same key again is the same read."""
    plate: str | None = None
    """Letters and digits only, upper case; None: not read. Never guessed, never completed."""
    plate_read: str | None = None
    """The same as the source wrote it."""
    confidence: float | None = None
    """0 to 1."""
    country: str | None = None
    plate_colour: str | None = None
    plate_type: str | None = None
    direction: str | None = None
    vehicle: str = "unknown"
    """A word of `CLASSES`."""
    colour: str | None = None
    make: str | None = None
    speed: float | None = None
    """km/h."""
    occupancy: float | None = None
    """Of the lane, percent, where the source gives it with a passage."""
    violation: str | None = None
    """A word of `VIOLATIONS`."""
    limit: float | None = None
    """The speed that was allowed, km/h."""
    listed: str | None = None
    """What the source's own list says of the plate, in its words."""
    picture: str | None = None
    """Where the picture is, in the source's words; never the picture itself."""
    track: str | None = None
    """The source's own number of the vehicle it followed."""


class Passage(Struct, frozen=True, tag="passage"):
    """One vehicle passing once: the best of its reads."""

    id: str
    """16 hexadecimal digits, for ever the same."""
    revision: int
    """Grows by one with each read that changed it; the highest is what holds."""
    device: DeviceId
    """The device of the earliest read."""
    site: str
    lane: str
    time: Timestamp
    """Of the earliest read: by it the passage is filed."""
    last: Timestamp
    """Of the latest read."""
    hub_time: Timestamp
    """When the hub heard of it first."""
    reads: int
    """How many reads were merged; 0: it was found to be another passage's (see `into`)."""
    plate: str | None = None
    plate_read: str | None = None
    plate_kind: str = "unreadable"
    """A word of `hub.model.plateforms.KINDS`."""
    region: str | None = None
    """Province code of a Vietnamese plate, two digits."""
    confidence: float | None = None
    country: str | None = None
    plate_colour: str | None = None
    direction: str | None = None
    vehicle: str = "unknown"
    colour: str | None = None
    make: str | None = None
    speed: float | None = None
    occupancy: float | None = None
    violation: str | None = None
    limit: float | None = None
    listed: str | None = None
    picture: str | None = None
    keys: tuple[str, ...] = ()
    """What tells its reads apart, hashed; the first `MOST_KEYS` of them."""
    into: str | None = None
    """The passage that took this one's reads in, when a later read showed that both were one."""


def without_plate(passage: Passage) -> dict[str, Value | None]:
    """Return what everyone may hear of a passage, as attributes of a device event: the plate masked, no picture."""
    told: dict[str, Value | None] = {
        "plate": None if passage.plate is None else mask(passage.plate),
        "id": passage.id, "site": passage.site, "lane": passage.lane, "direction": passage.direction,
        "class": passage.vehicle, "speed": passage.speed, "violation": passage.violation, "limit": passage.limit,
        "plate_kind": passage.plate_kind, "region": passage.region, "confidence": passage.confidence,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value is not None}
