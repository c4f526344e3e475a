"""`plates:` and `watchlists:` as values: grants checked against zones, lists read from where nobody else can read them.

No message shows what a list holds: a wrong line is named by its number.
"""

import re
import stat
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from hub.config.files import Files
from hub.config.marks import Map, Mark, Seq, Source, locate
from hub.config.plates import GrantEntry, PlatesEntry, WatchListEntry
from hub.config.problems import Report, did_you_mean, known_are
from hub.config.secrets import Secrets
from hub.config.validate import describe
from hub.model import SECOND, Text, Timestamp
from hub.model.looking import Grant, Guarded, WatchedPlate, WatchList
from hub.model.plateforms import canonical

MOST = 20_000
"""Plates of one list."""
_TOLD_MOST = 20
"""Wrong lines of one list that are named one by one."""
_LINE = re.compile(r"(?P<plate>.*?)(?:[\s,;]+(?P<until>\d{4}-\d\d-\d\d(?:T\S+)?))?\Z")


class Watching:
    """Everything under `plates:` and `watchlists:` of a site."""

    def __init__(self, files: Files, secrets: Secrets, zones: Iterable[str], timezone: str, report: Report) -> None:
        self._files = files
        self._secrets = secrets
        self._zones = set(zones)
        self._report = report
        self._first: dict[str, Mark] = {}
        try:
            self._timezone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError):
            self._timezone = ZoneInfo("UTC")  # reported where it is written

    def guarded(self, plates: PlatesEntry, tree: Map, parts: Iterable[Map]) -> Guarded:
        """Return the grants of the site and the watch lists of all its files."""
        looks = tree["plates"]["looks"] if plates.looks else Seq(tree.mark)
        grants = [self._grant(entry, node) for entry, node in zip(plates.looks, looks, strict=True)]
        lists = [found for part in parts for found in self._lists(part.get("watchlists"))]
        return Guarded(tuple(grants), tuple(lists))

    def _grant(self, entry: GrantEntry, tree: Map) -> Grant:
        self._check_zones(entry.zones, tree)
        return Grant(tuple(entry.zones), frozenset(entry.roles), frozenset(entry.users))

    def _lists(self, items: object) -> Iterator[WatchList]:
        for item in items if isinstance(items, Seq) else ():
            try:
                entry = WatchListEntry.model_validate(item)
            except ValidationError:
                continue  # reported with its file
            if self._once(item, entry.id):
                yield self._list(entry, item)

    def _list(self, entry: WatchListEntry, tree: Map) -> WatchList:
        self._check_zones(entry.zones, tree)
        until = self._until(entry.until)
        if until is None:
            self._report.error(tree.value_marks["until"], f"{describe(entry.until)} is no day", "write 2026-12-31")
        name = entry.name.text if entry.name else Text.same(entry.id)
        plates = tuple({p.plate: p for p in self._plates(tree)}.values())
        return WatchList(
            entry.id, name, entry.reason.text, plates, until, entry.priority, tuple(entry.zones), entry.near
        )

    def _plates(self, tree: Map) -> Iterator[WatchedPlate]:
        given, mark = tree["plates"], tree.value_marks["plates"]
        if not isinstance(given, Map) or not given.is_reference:
            veiled = Mark(Source(mark.source.name, ()), mark.line, mark.column)
            hint = "write {file: watchlists/NAME.txt} (mode 0600) or {secret: NAME}"
            self._report.error(veiled, "plates are not written into the site's files", hint)
            return
        found = self._text(given)
        wrong = 0
        for number, line in enumerate(found[1].splitlines() if found else (), 1):
            said = line.partition("#")[0].strip()
            if not said:
                continue
            plate = self._plate(said)
            wrong += plate is None
            if plate is not None:
                yield plate
            elif wrong <= _TOLD_MOST and found is not None:
                at = Mark(found[0], number, 1) if "file" in given else mark
                self._report.error(
                    at, f"line {number} of the list is no plate", "write 20A-123.45 or 20A-123.45 2026-12-31"
                )

    def _plate(self, line: str) -> WatchedPlate | None:
        match = _LINE.match(line)
        plate = canonical(match["plate"]) if match else None
        if match is None or plate is None:
            return None
        until = None if match["until"] is None else self._until(match["until"])
        return None if match["until"] and until is None else WatchedPlate(plate, until)

    def _text(self, reference: Map) -> tuple[Source, str] | None:
        mark = next(iter(reference.value_marks.values()))
        name = reference.get("file")
        if not isinstance(name, str):
            return mark.source, self._secrets.resolve(reference)
        path = self._files.folder / name
        found = self._files.text(path, mark, veiled=True)
        if found is None:
            return None
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            self._report.error(mark, f"{name} can be read by others (mode {mode:04o})", f"chmod 600 {name}")
        if found[1].count("\n") > MOST:
            self._report.error(mark, f"{name} has more than {MOST} lines", "make several lists of it")
            return None
        return found

    def _until(self, text: str) -> Timestamp | None:
        """Return the end of a day here, or a time that says its offset."""
        try:
            day = date.fromisoformat(text)
            end = datetime.combine(day + timedelta(days=1), time(), self._timezone)
        except (ValueError, OverflowError):
            try:
                end = datetime.fromisoformat(text)
            except ValueError:
                return None
        return None if end.tzinfo is None else int(end.timestamp()) * SECOND

    def _once(self, tree: Map, name: str) -> bool:
        mark = tree.value_marks["id"]
        first = self._first.setdefault(name, mark)
        if first is not mark:
            self._report.error(mark, f"the watch list '{name}' is there already, at {first}", "give it another id")
        return first is mark

    def _check_zones(self, zones: list[str], tree: Map) -> None:
        for number, zone in enumerate(zones):
            if zone not in self._zones:
                hint = did_you_mean(zone, self._zones, otherwise=known_are("zones", self._zones))
                self._report.error(locate(tree, ["zones", number], tree.mark)[1], f"unknown zone '{zone}'", hint)
