"""What cameras and vendors say of a vehicle → one normal form: units, words and plates, nothing guessed.

A profile maps its source's fields to the attributes named here; the unit is in the name, so that a camera that says
metres a second (ONVIF Profile M) and one that says kilometres an hour (Hikvision, Dahua) cannot be taken for each
other. What cannot be understood is left out, never completed.
"""

from collections.abc import Mapping
from math import isfinite

from hub.model.device import DeviceEvent
from hub.model.passage import Read
from hub.model.plateforms import canonical, colour_of
from hub.model.reading import Value

ATTRIBUTES: dict[str, str] = {
    "plate": "text of the plate, as the source writes it",
    "confidence": "of the plate, 0 to 1",
    "confidence_percent": "of the plate, 0 to 100",
    "country": "of the plate",
    "plate_colour": "ground of the plate",
    "plate_type": "the source's word for the kind of plate",
    "lane": "number or name of the lane",
    "direction": "the source's word",
    "class": "the source's word for the class of the vehicle",
    "colour": "of the vehicle",
    "make": "of the vehicle",
    "speed": "km/h",
    "speed_ms": "m/s",
    "occupancy": "of the lane, percent",
    "violation": "the source's word or code; empty or 0 is none",
    "limit": "speed that was allowed, km/h",
    "listed": "what the source's own list says of the plate",
    "picture": "name or address of the picture",
    "track": "the source's own number of the vehicle",
}
"""Attributes that an event of kind `traffic.passage` may have."""

LONGEST = 200
FASTEST = 400.0
"""km/h; more is no vehicle."""

_CLASSES = {
    "motorcycle": "motorcycle motorbike motor moto twowheelvehicle two_wheeler twowheeler motorcyclist xe_máy",
    "car": "car vehicle smallcar sedan saloon suv suvmpv mpv van minivan pickup pickuptruck passengercar hatchback taxi"
    " salooncar lightvehicle police ambulance normal",
    "bus": "bus coach largebus mediumbus minibus largecoach midpassengercar passenger",
    "truck": "truck largetruck bigtruck midtruck mediumtruck smalltruck lighttruck heavytruck trailer tractor container"
    " slagtruck concretemixer oiltanktruck fueltank largevehicle lorry tanker",
    "bicycle": "bicycle bike cyclist nonmotor ebike electricbicycle",
    "other": "other tricycle threewheelvehicle threewheeler pedestrian fireengine special",
}
CLASS_WORDS = {word: name for name, words in _CLASSES.items() for word in words.split()}
"""Sources' words, lower case without spaces, for a class of `hub.model.passage.CLASSES`."""

_VIOLATIONS = {
    "red_light": "runredlight redlight red_light running_red runyellowlight",
    "lane": "overline overyellowline crosslane lanechange lane wronglane wrongroute vehicleinroute overlane"
    " lineviolation crossline pressline",
    "no_helmet": "nohelmet nonmotornohelmet no_helmet helmet withouthelmet",
    "speeding": "overspeed speeding overspeeding",
    "wrong_way": "retrograde wrongdirection wrong_way wrongway reverse reverseway converse",
    "stopping": "parking illegalparking parallelparking stopping vehicleexist parkingonyellowbox jamforbidinto",
    "turn_ban": "turnleft turnright turnround uturn u_turn turn_ban nouturn backing",
    "restricted": "motorcycleforbid restricted restrictedplate trafficban forbidden truckforbid busonlylane"
    " nonmotorinmotorroute",
}
VIOLATION_WORDS = {word: name for name, words in _VIOLATIONS.items() for word in words.split()}
"""Sources' words and codes, lower case, a leading `traffic` left out, for a word of `hub.model.passage.VIOLATIONS`."""
_NONE = frozenset({"", "0", "none", "no", "normal", "false", "trafficjunction", "junction", "anpr", "null"})


def read_of(event: DeviceEvent, site: str | None = None) -> Read:
    """Return what a passage event says; `site`: where passes are counted once, absent: at the device."""
    told = event.attributes
    at = event.hub_time if event.source_time is None else event.source_time
    lane, track = _text(told.get("lane")) or "", _text(told.get("track"))
    return Read(
        device=event.device, site=site or event.device, lane=lane, time=at, hub_time=event.hub_time,
        key=_clean(event.dedupe_key or _key(at, lane, track, told)), plate=canonical(_text(told.get("plate"))),
        plate_read=_text(told.get("plate")), confidence=_confidence(told), country=_text(told.get("country")),
        plate_colour=colour_of(told.get("plate_colour")), plate_type=_text(told.get("plate_type")),
        direction=_text(told.get("direction")), vehicle=class_of(told.get("class")), colour=_text(told.get("colour")),
        make=_text(told.get("make")), speed=_speed(told), occupancy=_within(told.get("occupancy"), 100.0),
        violation=violation_of(told.get("violation")), limit=_within(told.get("limit"), FASTEST),
        listed=_text(told.get("listed")), picture=_text(told.get("picture")), track=track,
    )  # fmt: skip


def class_of(given: Value | None) -> str:
    """Return the class of vehicle that a source's word means, `unknown` for a word that nobody listed."""
    return CLASS_WORDS.get((_text(given) or "").lower().replace(" ", "").replace("-", ""), "unknown")


def violation_of(given: Value | None) -> str | None:
    """Return the kind of violation that a source's word means, None for none, `other` for a word nobody listed."""
    if given is None or given is False or (isinstance(given, str) and not given.strip()):
        return None
    word = (_text(given) or "other").lower().replace(" ", "").replace("-", "")
    if word in _NONE:
        return None
    return VIOLATION_WORDS.get(word.removeprefix("traffic"), "other")


def number(given: Value | None) -> float | None:
    """Return a number, also one that is written as text; None for anything else."""
    if isinstance(given, bool) or given is None:
        return None
    try:
        found = float(given)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def _key(at: int, lane: str, track: str | None, told: Mapping[str, Value | None]) -> str:
    """What tells reads apart where the source numbers nothing: an instant, a lane and what was seen."""
    return f"{at}/{lane}/{track or ''}/{_text(told.get('plate')) or ''}"


def _text(given: Value | None) -> str | None:
    if given is None or isinstance(given, bool) or (isinstance(given, int) and abs(given) >= 2**63):
        return None
    return _clean(str(given).strip()[:LONGEST]) or None


def _clean(text: str) -> str:
    """Return a text that can be encoded: half a pair of surrogates becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _within(given: Value | None, most: float) -> float | None:
    found = number(given)
    return found if found is not None and 0 <= found <= most else None


def _confidence(told: Mapping[str, Value | None]) -> float | None:
    if "confidence_percent" in told:
        percent = _within(told["confidence_percent"], 100.0)
        return None if percent is None else round(percent / 100, 4)
    return _within(told.get("confidence"), 1.0)


def _speed(told: Mapping[str, Value | None]) -> float | None:
    if "speed_ms" in told:
        metres = number(told["speed_ms"])
        return None if metres is None else _within(round(metres * 3.6, 3), FASTEST)
    return _within(told.get("speed"), FASTEST)
