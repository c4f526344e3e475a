"""Watch lists: an exact plate is told as sure, a near one as something to verify; expired or unsure ones not."""

import random
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.model import HOUR, Lane, Site, Text
from hub.model.looking import Guarded, WatchedPlate, WatchList
from hub.model.passage import Passage
from hub.model.plateforms import alike
from rules.watchlists import Watchlists
from tests.support.rulesite import T0
from tests.support.sites import a_device, a_site

STOLEN = WatchList(
    "stolen", Text("Xe mất cắp", "Stolen"), Text.same("12/CSGT"),
    (WatchedPlate("20A12345"), WatchedPlate("20A55555", T0 + HOUR)), until=T0 + 10 * HOUR,
)  # fmt: skip
PLACES = {"anpr": "tn/ct07", "gate": "tn/hn"}


def passage(plate: str | None = "20A12345", **said: Any) -> Passage:
    fields: dict[str, Any] = {"plate": plate, "confidence": 0.95, "reads": 1, "vehicle": "car"} | said
    at = fields.pop("time", T0)
    return Passage("00aa", 1, fields.pop("device", "anpr"), "anpr", "2", at, at, hub_time=T0 + 5, **fields)


def town(*lists: WatchList) -> Site:
    devices = [replace(a_device(name, []), zone=zone) for name, zone in PLACES.items()]
    return replace(a_site(devices), guarded=Guarded(lists=lists))


def watch(*lists: WatchList) -> Watchlists:
    site = town(*(lists or (STOLEN,)))
    return Watchlists(lambda: site)


def levels(watched: Watchlists, *passages: Passage) -> list[tuple[object, object, object]]:
    found = watched.seen(passages)
    return [(e.attributes["sure"], e.attributes["near"], e.attributes["urgent"]) for e in found]


def test_an_exact_plate_that_was_read_well_is_told_with_its_list_and_masked() -> None:
    [event] = watch().seen([passage()])
    assert (event.device, event.kind, event.lane) == ("anpr", "traffic.watch_list", Lane.ALARM)
    assert (event.source_time, event.hub_time, event.dedupe_key) == (T0, T0 + 5, "00aa/stolen/sure")
    assert event.attributes == {
        "list": "stolen", "list_vi": "Xe mất cắp", "list_en": "Stolen", "plate": "20A-***.45", "id": "00aa",
        "sure": True, "near": False, "urgent": True, "confidence": 0.95, "lane": "2", "class": "car",
    }  # fmt: skip
    assert "20A12345" not in repr(event)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"confidence": 0.85}, [(True, False, True)]),
        ({"confidence": 0.7}, [(False, False, False)]),
        ({"confidence": None}, [(False, False, False)]),
        ({"confidence": 0.59}, []),
        ({"plate": "20A12346"}, [(False, True, False)]),
        ({"plate": "20A1234"}, [(False, True, False)]),
        ({"plate": "20A123456"}, [(False, True, False)]),
        ({"plate": "20A12366"}, []),
        ({"plate": None}, []),
        ({"reads": 0, "into": "00bb"}, []),
        ({"plate": "20A55555"}, [(True, False, True)]),
        ({"plate": "20A55555", "time": T0 + HOUR + 1}, []),
        ({"time": T0 + 10 * HOUR + 1}, []),
    ],
)
def test_what_is_told(said: dict[str, Any], told: list[tuple[bool, bool, bool]]) -> None:
    assert levels(watch(), passage(**said)) == told


def test_a_list_may_ask_for_less() -> None:
    assert levels(watch(replace(STOLEN, near=False)), passage("20A12346")) == []
    assert levels(watch(replace(STOLEN, priority="medium")), passage()) == [(True, False, False)]
    here = replace(STOLEN, zones=("tn/ct07",))
    assert levels(watch(here), passage(), passage(device="gate"), passage(device="nobody")) == [(True, False, True)]


def test_a_vehicle_is_told_once_and_again_only_when_it_is_read_better() -> None:
    watched = watch()
    assert levels(watched, passage("20A12346"), passage("20A12346", reads=2)) == [(False, True, False)]
    assert levels(watched, passage(reads=3)) == [(True, False, True)]
    assert levels(watched, passage(reads=4), passage("20A12346", reads=5)) == []


def test_every_list_that_has_the_plate_is_told() -> None:
    other = replace(STOLEN, id="tax", priority="medium")
    found = watch(STOLEN, other).seen([passage()])
    assert [(e.attributes["list"], e.attributes["urgent"]) for e in found] == [("stolen", True), ("tax", False)]


def test_a_changed_site_changes_what_is_looked_for() -> None:
    sites = [town(STOLEN)]
    watched = Watchlists(lambda: sites[-1])
    sites.append(town())
    assert watched.seen([passage()]) == []
    sites.append(town(replace(STOLEN, priority="medium")))
    assert levels(watched, passage()) == [(True, False, False)]


TEXTS = st.text("AB12", min_size=4, max_size=7)


@given(st.lists(TEXTS, max_size=12, unique=True), TEXTS)
def test_what_is_near_is_found_as_by_comparing_with_each(listed: list[str], seen: str) -> None:
    many = replace(STOLEN, plates=tuple(WatchedPlate(text) for text in listed))
    exact, near = seen in listed, any(alike(seen, text) for text in listed)
    assert levels(watch(many), passage(seen)) == ([(exact, not exact, exact)] if exact or near else [])


def test_a_passage_is_compared_with_few_of_twenty_thousand_plates(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a match costs does not grow with the list."""
    dice, compared = random.Random(7), count()
    plates = [f"20{dice.choice('ABCDEFGH')}{n:05}" for n in dice.sample(range(100_000), 20_000)]
    watched = watch(replace(STOLEN, plates=tuple(WatchedPlate(plate) for plate in plates)))
    monkeypatch.setattr("rules.watchlists.alike", lambda one, other: next(compared) >= 0 and alike(one, other))
    seen = [passage(f"20{dice.choice('ABCDEFGH')}{dice.randrange(100_000):05}") for _ in range(1_000)]
    told = watched.seen([replace(p, id=f"{n:016x}") for n, p in enumerate(seen)])
    assert len(told) > 100
    assert next(compared) < 10 * len(seen)
