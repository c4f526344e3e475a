"""A folder of YAML → a site, or every problem of all its files at once."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.config.channels.reading import Notifications
from hub.config.devices import Devices
from hub.config.examples import check_examples
from hub.config.figures import Figures
from hub.config.files import Files
from hub.config.library import Library
from hub.config.marks import Map, Mark, Seq, Source
from hub.config.problems import Problem, Report
from hub.config.references import check_references
from hub.config.registry import DriverLike
from hub.config.rules import Rules
from hub.config.secrets import Secrets
from hub.config.settings import store, web
from hub.config.site import Part, SiteFile
from hub.config.validate import validate
from hub.config.watching import Watching
from hub.config.zones import Zones
from hub.model import ConfigError, Rule, Site, Text

SITE_FILE = "site.yaml"


def load(folder: Path, drivers: Mapping[str, DriverLike]) -> Site:
    """Return the checked site of a folder. Raises ConfigError whose `problems` lists every mistake, sorted."""
    return load_with_digest(folder, drivers)[0]


def load_with_digest(folder: Path, drivers: Mapping[str, DriverLike]) -> tuple[Site, str]:
    """Return the checked site of a folder, and what tells these very files from others. Raises ConfigError."""
    loader = Loader(folder, drivers)
    with _uncollected():
        site = loader.site()
    if site is None:
        problems = loader.report.problems
        count = sum(p.level == "error" for p in problems)
        raise ConfigError(problems, f"the configuration of {folder} has {count} error{'s' if count != 1 else ''}")
    return site, loader.digest


def inspect(folder: Path, drivers: Mapping[str, DriverLike]) -> tuple[Site | None, list[Problem]]:
    """Return the site, if it can start, and everything noticed on the way, warnings included."""
    loader = Loader(folder, drivers)
    with _uncollected():
        return loader.site(), loader.report.problems


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pause the garbage collector: a load only makes values that stay, and looking at them again costs a tenth."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class Loader:
    """One reading of one site folder."""

    def __init__(self, folder: Path, drivers: Mapping[str, DriverLike]) -> None:
        self.report = Report()
        self.folder = folder.resolve()
        self._files = Files(self.folder, self.report)
        self._secrets = Secrets(self._files, self.report)
        self._library = Library(self._files, drivers, self.report)
        self._zones = Zones(self.folder, self.report)
        self.devices = Devices(self._files, self._library, self._secrets, self.report)
        self._parts: list[tuple[Path, Map]] = []

    @property
    def digest(self) -> str:
        """Tells the files that were read from others."""
        return self._files.digest

    def site(self) -> Site | None:
        """Read everything; return the site unless there was an error."""
        path = self.folder / SITE_FILE
        at = Mark(Source(SITE_FILE, ()), 1, 1)
        tree = self._files.tree(path, at)
        if tree is None:
            return None
        file = self._read(path, tree, SiteFile)
        for part, part_tree in self._parts:
            self._zones.add(part_tree.get("zones"))
            devices = part_tree.get("devices")
            if isinstance(devices, Seq):
                self.devices.add(devices, part.parent)
        self._own_profiles()
        self._secrets.check_file()
        check_references(self.devices, self._zones.found, self.report)
        rules = self._rules()
        self._figures = self._read_figures()
        return None if file is None or not isinstance(file, SiteFile) else self._made(file, tree, rules)

    def _read(self, path: Path, tree: Map, model: type[Part]) -> Part | None:
        """Validate one file and, first-come, those it includes."""
        file = validate(model, tree, self.report)
        self._parts.append((path, tree))
        self._files.seen(path)
        for included, mark in self._files.included(tree, path):
            below = self._files.tree(included, mark)
            if below is not None:
                self._read(included, below, Part)
        return file

    def _own_profiles(self) -> None:
        """Check the site's profiles that no device uses yet, and the examples of all that were used."""
        for name in self._library.own:
            self._library.get(name, Mark(Source(name, ()), 1, 1))
        for profile in self._library.loaded:
            found, rows = profile.expand(profile.trial), profile.rows()
            check_examples(profile.tree, profile.file.examples, found, rows, profile.spec, self.report)

    def rules_of(self, path: Path) -> tuple[Rule, ...]:
        """Return the rules of one more file, which takes the place of all others; after `site`."""
        rules = Rules(self.folder, self.devices.found, self._zones.found, self._library, self.report)
        tree = self._files.tree(path, Mark(Source(path.name, ()), 1, 1))
        if tree is not None and validate(Part, tree, self.report) is not None and isinstance(tree.get("rules"), Seq):
            rules.add(tree["rules"])
        return tuple(rules.found)

    def _rules(self) -> Rules:
        rules = Rules(self.folder, self.devices.found, self._zones.found, self._library, self.report)
        for _, tree in self._parts:
            items: Any = tree.get("rules")
            if isinstance(items, Seq):
                rules.add(items)
        return rules

    def _read_figures(self) -> Figures:
        figures = Figures(self.devices.found, self._zones.found, self.report)
        for _, tree in self._parts:
            items: Any = tree.get("figures")
            if isinstance(items, Seq):
                figures.add(items)
        return figures

    def _made(self, file: SiteFile, tree: Map, rules: Rules) -> Site | None:
        self._timezone(file, tree)
        self._is_file(file.map, tree, "map")
        web_settings = web(file.web, tree, self.folder, self.report)
        store_settings = store(file.store, tree, self._secrets, self.report)
        notifications = Notifications(self.folder, self._secrets, file.site.language, self.report)
        notifying = notifications.read(part for _, part in self._parts)
        watching = Watching(self._files, self._secrets, self._zones.found, file.site.timezone, self.report)
        guarded = watching.guarded(file.plates, tree, [part for _, part in self._parts])
        if self.report.failed:
            return None
        head, devices = file.site, self.devices.found
        return Site(
            id=head.id,
            title=head.name.text if head.name else Text.same(head.id),
            timezone=head.timezone,
            language=head.language,
            operators=head.operators,
            folder=str(self.folder),
            web=web_settings,
            store=store_settings,
            zones=self._zones.found,
            devices=devices,
            points={p.id: p for d in devices.values() for p in d.points},
            rules=tuple(rules.found),
            figures=tuple(self._figures.found),
            map=file.map,
            notifying=notifying,
            guarded=guarded,
        )

    def _timezone(self, file: SiteFile, tree: Map) -> None:
        try:
            ZoneInfo(file.site.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            mark = tree["site"].value_marks["timezone"]
            self.report.error(mark, f"unknown time zone '{file.site.timezone}'", "write for example Asia/Ho_Chi_Minh")

    def _is_file(self, path: str | None, tree: Map, key: str) -> None:
        if path is not None and not (self.folder / path).is_file():
            self.report.error(tree.value_marks[key], f"there is no file '{path}'")
