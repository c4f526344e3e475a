"""Vehicles that pass a simulated plate reader: pure functions of a seed, the device and the second.

Plates are of Vietnamese forms with numbers drawn by lot. One pass in ten is told twice, the second time with a letter
misread, and one in fifty has a plate that could not be read in full, as real readers do.
"""

from collections.abc import Iterator, Mapping
from zlib import crc32

from msgspec import Struct

from hub.model import HOUR, SECOND, Device, Timestamp, Value

TOPIC = "tns1:RuleEngine/Recognition/LicensePlate"
LOCAL = 7 * HOUR
"""Indochina time, by which people drive."""
BY_DAY, BY_NIGHT = 100, 15
"""Passes in a thousand seconds of one lane."""
LONGEST = 10
"""Seconds that are made up for after a pause."""
_PROVINCES = ("20",) * 10 + ("97", "29", "30", "98", "99", "88", "19")
_LETTERS = "ABCDEFGHKLMNPSTUVXYZ"
_MISREAD = {"0": "D", "8": "B", "1": "7", "5": "S", "2": "Z", "6": "G"}
_COLOURS = ("White", "Black", "Silver", "Red", "Blue")
_CARS = (("Car", "Toyota"), ("Car", "Hyundai"), ("Car", "VinFast"), ("Truck", "Hino"), ("Bus", "Thaco"))


class Passage(Struct, frozen=True):
    """What a camera tells of one look at a vehicle: source items and data items."""

    at: Timestamp
    source: Mapping[str, str]
    data: Mapping[str, str]


class Road:
    """What passes one device."""

    def __init__(self, device: Device, seed: int) -> None:
        named = device.parameters.get("lanes", "")
        self._lanes = str(named).replace(",", " ").split() or ["1"]
        self._key = f"{seed}/{device.id}"
        self._last: int | None = None

    def until(self, now: Timestamp) -> Iterator[Passage]:
        """Yield what has passed since the last look."""
        second = now // SECOND
        first = max(second - LONGEST, self._last + 1) if self._last is not None else second
        self._last = second
        for at in range(first, second + 1):
            for lane in self._lanes:
                yield from looks(self._key, lane, at)


def looks(key: str, lane: str, second: int) -> Iterator[Passage]:
    """Yield what a lane's camera says in one second: nothing, one look, or two of one vehicle."""
    drawn = crc32(f"{key}/{lane}/{second}".encode())
    hour = (second * SECOND + LOCAL) // HOUR % 24
    if drawn % 1000 >= (BY_DAY if 6 <= hour < 20 else BY_NIGHT):
        return
    lot = crc32(f"{drawn}".encode())
    vehicle = _vehicle(lot)
    plate = _plate(lot, vehicle["VehicleInfo.Type"])
    if lot % 50 == 0:
        plate = plate[:-2] + "?" + plate[-1]
    at, source = second * SECOND, {"VideoSource": "0", "Rule": lane}
    shared = {**vehicle, "ObjectId": str(drawn % 100_000), "Speed": str(6 + lot % 12)}
    yield Passage(at, source, {**shared, "Likelihood": f"0.{80 + lot % 19}", "LicensePlateInfo.PlateNumber": plate})
    if lot % 10 == 1:
        misread = "".join(_MISREAD.get(c, c) if n == 2 + lot % 5 else c for n, c in enumerate(plate))
        yield Passage(at, source, {**shared, "Likelihood": "0.61", "LicensePlateInfo.PlateNumber": misread})


def _vehicle(lot: int) -> dict[str, str]:
    kind, make = ("Motorcycle", "Honda") if lot % 100 < 60 else _CARS[lot // 100 % len(_CARS)]
    return {
        "VehicleInfo.Type": kind,
        "VehicleInfo.Brand": make,
        "VehicleInfo.Color": _COLOURS[lot // 7 % len(_COLOURS)],
    }


def _plate(lot: int, kind: Value) -> str:
    province, letter = _PROVINCES[lot // 11 % len(_PROVINCES)], _LETTERS[lot // 13 % len(_LETTERS)]
    number = lot // 17 % 100_000
    series = f"{letter}{1 + lot // 19 % 9} " if kind == "Motorcycle" else f"{letter}-"
    return f"{province}{'-' if kind == 'Motorcycle' else ''}{series}{number // 100:03}.{number % 100:02}"
