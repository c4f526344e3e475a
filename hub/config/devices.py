"""Devices: entries and table rows → checked devices with their points, profile and site merged."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hub.config.commands import bound
from hub.config.files import Files
from hub.config.found import changes, groups, part_of
from hub.config.library import Expansion, Library, Profile
from hub.config.marks import Map, Mark, Seq, Source, merge
from hub.config.points import Blueprint, blueprint, built, own_point
from hub.config.problems import Report, did_you_mean, known_are
from hub.config.profile import DeviceEntry, TableEntry
from hub.config.secrets import Secrets, check_plain
from hub.config.table import Cell, cells, rows
from hub.config.validate import describe, validate
from hub.model import Device, Point, Text, Value
from hub.model.passage import PASSAGE
from hub.model.passagepoints import LANES, lanes_of, passage_points

_FROM_PROFILE = ("connection", "interval", "timeout", "silent_after", "limits")


class Devices:
    """Everything under `devices:` of a site."""

    def __init__(self, files: Files, library: Library, secrets: Secrets, report: Report) -> None:
        self.found: dict[str, Device] = {}
        self.trees: dict[str, Map] = {}
        """Device id → its effective configuration, profile included, secrets as references."""
        self._files = files
        self._library = library
        self._secrets = secrets
        self._report = report

    def add(self, items: Seq, base: Path) -> None:
        """Read one `devices:` list; paths of tables start from `base`."""
        for item, mark in zip(items, items.marks, strict=True):
            if not isinstance(item, Map):
                self._report.error(mark, f"expected a device or a table, found {describe(item)}")
            elif "table" in item:
                for row in self._rows(item, base):
                    self._device(row)
            else:
                self._device(item)

    # -- tables -----------------------------------------------------------------------------------------------------

    def _rows(self, tree: Map, base: Path) -> Iterator[Map]:
        entry = validate(TableEntry, tree, self._report)
        if entry is None:
            return
        common, mark = _common(tree), tree.value_marks["table"]
        source, found = self._cells(entry.table, mark, base)
        if source is None:
            return
        made = [merge(common, row) for row in rows(source, found, tree.get("columns"), mark, self._report)]
        for key in ("id", "profile", "zone"):
            if made and not any(key in row for row in made):
                if key not in entry.columns:
                    self._report.error(tree.mark, f"no row says its '{key}'", "name its column in 'columns:'")
                return
        yield from made

    def _cells(self, table: str, mark: Mark, base: Path) -> tuple[Source | None, list[list[Cell]]]:
        if "\n" in table:
            return mark.source, list(cells(table, mark.line + 1, _indent(mark, table)))
        found = self._files.text(base / table, mark)
        return (None, []) if found is None else (found[0], list(cells(found[1])))

    # -- one device -------------------------------------------------------------------------------------------------

    def _device(self, tree: Map) -> None:
        entry = validate(DeviceEntry, tree, self._report)
        name, where = tree.get("profile"), tree.value_marks.get("profile", tree.mark)
        profile = self._library.get(name, where) if isinstance(name, str) else None
        if entry is None or profile is None or not self._fresh(entry.id, tree):
            return
        values = self._parameters(profile, tree)
        full = _with_profile(tree, profile)
        expansion = profile.expand(values)
        plans = self._plans(profile, expansion, values, tree)
        connection = self._connection(profile, full)
        self._limits(profile, full)
        self.trees[entry.id] = _effective(full, plans)
        self.found[entry.id] = self._built(entry, profile, expansion, plans, values, connection, tree)

    def _fresh(self, device: str, tree: Map) -> bool:
        first = self.trees.get(device)
        if first is not None:
            message = f"the device '{device}' is there already, at {first.value_marks['id']}"
            self._report.error(tree.value_marks["id"], message, "give it another id")
        return first is None

    def _built(
        self,
        entry: DeviceEntry,
        profile: Profile,
        expansion: Expansion,
        plans: Mapping[str, Blueprint],
        values: dict[str, Value],
        connection: Any,
        tree: Map,
    ) -> Device:
        tags, file, writable = frozenset(entry.tags), profile.file, self._writable(expansion, plans, tree)
        return Device(
            id=entry.id,
            title=entry.name.text if entry.name else Text.same(entry.id),
            profile=file.profile,
            driver=file.driver,
            zone=entry.zone,
            connection=connection,
            points=(
                *self._points(entry, profile, plans, tags, writable),
                *self._passing(entry, expansion, values, tree),
            ),
            events=expansion.events,
            commands=bound(expansion.commands, entry.id, tree, writable, self._report),
            interval=entry.interval or file.interval,
            timeout=entry.timeout or file.timeout,
            silent_after=entry.silent_after or file.silent_after,
            behind=entry.behind,
            tags=tags,
            at=(float(entry.at[0]), float(entry.at[1])) if entry.at else None,
            enabled=entry.enabled,
            parameters=values,
            limits={**file.limits, **entry.limits},
            origin=str(tree.value_marks.get("id", tree.mark)),
            unknown_states=tuple(file.unknown_states),
            found=groups(
                expansion.found, entry.id, entry.zone, tags, changes(expansion.found, tree.get("points"), self._report)
            ),
            sees=profile.spec.pictures and entry.enabled,
        )

    def _points(
        self,
        entry: DeviceEntry,
        profile: Profile,
        plans: Mapping[str, Blueprint],
        tags: frozenset[str],
        writable: frozenset[str],
    ) -> tuple[Point, ...]:
        own = ["$health"] if profile.spec.pushes else ["$health", "$latency"]
        return (
            *(built(plan, entry.id, entry.zone, tags, plan.name in writable) for plan in plans.values()),
            *(own_point(kind, entry.id, entry.zone, tags) for kind in own),
        )

    def _passing(
        self, entry: DeviceEntry, expansion: Expansion, values: Mapping[str, Value], tree: Map
    ) -> Iterable[Point]:
        """Return the points in which the passages of a device are counted, for one that tells any."""
        if not any(event.kind == PASSAGE for event in expansion.events):
            return ()
        try:
            lanes = lanes_of(values.get(LANES))
        except ValueError as error:
            self._report.error(tree.value_marks.get("with", tree.mark), str(error), "write lanes: 4, or lanes: in out")
            return ()
        return passage_points(entry.id, entry.zone, frozenset(entry.tags), lanes)

    def _writable(self, expansion: Expansion, plans: Mapping[str, Blueprint], tree: Map) -> frozenset[str]:
        """Return the points that the profile and the device both call writable; one that is added has no profile."""
        given = tree.get("points")
        found = set()
        for name, change in given.items() if isinstance(given, Map) else ():
            below = expansion.points.get(name)
            if name not in plans or change.get("writable") is not True:
                continue
            if below is None or below.entry.writable:
                found.add(name)
            else:
                message = f"the profile does not let '{name}' be set"
                self._report.error(change.value_marks["writable"], message, "remove it, or see the device's document")
        return frozenset(found)

    def _plans(
        self, profile: Profile, expansion: Expansion, values: Mapping[str, Value], tree: Map
    ) -> Mapping[str, Blueprint]:
        """Return the profile's points with the device's own differences and additions."""
        given = tree.get("points")
        if not isinstance(given, Map):
            return expansion.points
        plans = dict(expansion.points)
        for name, change in given.items():
            below = plans.get(name)
            mark = given.key_marks[name]
            if part_of(expansion.found, name):
                continue
            if below is None and "kind" not in change and not expansion.whole:
                continue
            if below is None and "kind" not in change:
                hint = did_you_mean(name, plans, otherwise="to add a point give it a 'kind'")
                self._report.error(mark, f"'{profile.file.profile}' has no point '{name}'", hint)
                continue
            merged = change if below is None else merge(below.tree, change)
            made = blueprint(name, merged, mark, values, profile.spec, self._report)
            if made is not None:
                plans[name] = made
        return plans

    def _parameters(self, profile: Profile, tree: Map) -> dict[str, Value]:
        given = tree.get("with", {})
        values = dict(profile.defaults)
        for name in given:
            parameter = profile.file.parameters.get(name)
            if parameter is None:
                known = profile.file.parameters
                hint = did_you_mean(name, known, otherwise=known_are("parameters", known))
                self._report.error(given.key_marks[name], f"'{profile.file.profile}' has no parameter '{name}'", hint)
                continue
            try:
                values[name] = parameter.accept(_typed(given[name], parameter.type))
            except ValueError as error:
                message, _, hint = f"{error}, found {describe(given[name])}".partition("; ")
                self._report.error(given.value_marks[name], message, hint)
        for name, parameter in profile.file.parameters.items():
            if parameter.default is None and name not in given:
                self._report.error(tree.value_marks["profile"], f"'{profile.file.profile}' needs with: {{{name}: …}}")
        return values

    def _connection(self, profile: Profile, full: Map) -> Any:
        tree = full.get("connection")
        if not isinstance(tree, Map):
            tree = Map(full.mark)
        model = profile.spec.connection
        check_plain(model, tree, self._report)
        plain = {key: self._secrets.filled(value) for key, value in tree.items()}
        tls = plain.get("tls")
        if isinstance(tls, dict):
            plain["tls"] = {k: self._inside(v) if k in {"ca", "cert", "key"} else v for k, v in tls.items()}
        return validate(model, tree, self._report, plain=plain)

    def _inside(self, path: Any) -> Any:
        """Make a path of the site absolute: a driver does not know the folder."""
        return str(self._files.folder / path) if isinstance(path, str) else path

    def _limits(self, profile: Profile, full: Map) -> None:
        tree, model = full.get("limits"), profile.spec.limits
        if not isinstance(tree, Map) or not tree:
            return
        if model is None:
            self._report.error(
                full.key_marks["limits"], f"the driver '{profile.file.driver}' has no limits", "remove it"
            )
        else:
            validate(model, tree, self._report)


def _common(tree: Map) -> Map:
    """Return what every row of a table begins with."""
    common = Map(tree.mark)
    for key in ("profile", "zone"):
        if key in tree:
            common.take(key, tree)
    return merge(common, tree["set"]) if "set" in tree else common


def _with_profile(tree: Map, profile: Profile) -> Map:
    """Return a device's tree over the defaults of its profile."""
    base = Map(tree.mark)
    for key in _FROM_PROFILE:
        if key in profile.tree:
            base.take(key, profile.tree)
    return merge(base, tree)


def _effective(full: Map, plans: Mapping[str, Blueprint]) -> Map:
    """Return a device's tree with every point as it came out."""
    points = Map(full.mark)
    for name, plan in plans.items():
        points.put(name, plan.tree, plan.tree.mark, plan.tree.mark)
    shown = Map(full.mark)
    for key in full:
        if key != "points":
            shown.take(key, full)
    shown.put("points", points, full.mark, full.mark)
    return shown


def _typed(given: Any, type_: str) -> Any:
    """Read a table's cell as the parameter's type; anything else stays as the file says it."""
    if isinstance(given, str) and type_ != "text":
        try:
            return int(given) if type_ == "int" else float(given.replace(",", "."))
        except ValueError:
            return given
    return given


def _indent(mark: Mark, table: str) -> int:
    """Return by how many characters a block text is indented in its file."""
    first = table.split("\n", 1)[0]
    line = mark.source.line(mark.line + 1)
    return max(0, len(line) - len(line.lstrip())) if line.strip() == first.strip() else 0
