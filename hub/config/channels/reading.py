"""From the YAML of contacts, rosters, channels and escalations to values, every mistake at its place."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from hub.config.channels.checks import address_problem, placeholders, template_problem, url_problem
from hub.config.channels.entries import ChannelEntry, ContactEntry, QuietEntry, RosterEntry, StepEntry
from hub.config.channels.types import CHANNELS, MACHINES, HttpEntry
from hub.config.marks import Map, Mark, Seq, Source
from hub.config.problems import Report, did_you_mean, known_are
from hub.config.secrets import Secrets, check_plain
from hub.config.validate import describe, validate
from hub.model import SECOND, Priority
from hub.model.notify import EVENTS, NOBODY, PER_CONTACT, Channel, Contact, Notifying, Quiet, Roster, Step

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
_TIMES = 5
_KEYS = ("contacts", "rosters", "channels", "escalations")


class Notifications:
    """Everything that a site's files say about telling people."""

    def __init__(self, folder: Path, secrets: Secrets, language: str, report: Report) -> None:
        self._folder = folder
        self._secrets = secrets
        self._language = language
        self._report = report
        self._where: dict[tuple[str, str], Mark] = {}
        self._trees: dict[str, Map] = {}
        self._contacts: dict[str, Contact] = {}
        self._rosters: dict[str, Roster] = {}
        self._channels: dict[str, Channel] = {}
        self._escalations: dict[str, tuple[Step, ...]] = {}

    def read(self, parts: Iterable[Map]) -> Notifying:
        """Return what all parts of a site say together."""
        given = list(parts)
        self._all(given, "contacts", self._contact, self._contacts)
        self._all(given, "rosters", self._roster, self._rosters)
        self._all(given, "channels", self._channel, self._channels)
        self._all(given, "escalations", self._escalation, self._escalations)
        for name, channel in self._channels.items():
            if name in self._escalations:
                message = f"'{name}' is a channel, too, so a rule's notify could mean either"
                self._report.error(self._where["escalations", name], message, "give the escalation another name")
            self._escalations.setdefault(name, (Step((channel.id,)),))
        for tree in given:
            self._rules(tree.get("rules"))
        return Notifying(self._channels, self._contacts, self._rosters, self._escalations)

    def _all(
        self, parts: Iterable[Map], key: str, make: Callable[[str, Any, Mark], T | None], found: dict[str, T]
    ) -> None:
        for table in (part.get(key) for part in parts):
            if not isinstance(table, Map):
                continue
            for name, tree in table.items():
                mark = table.key_marks[name]
                first = self._where.setdefault((key, name), mark)
                if name == NOBODY:
                    self._report.error(mark, f"'{NOBODY}' means that nobody is told", "choose another name")
                elif first is not mark:
                    self._report.error(mark, f"'{name}' is there already, at {first}", "give it another name")
                elif (made := make(name, tree, mark)) is not None:
                    found[name] = made

    def _map(self, tree: Any, mark: Mark, what: str) -> Map | None:
        if isinstance(tree, Map):
            return tree
        self._report.error(mark, f"expected {what}, found {describe(tree)}")
        return None

    def _entry(self, model: type[M], tree: Map) -> M | None:
        check_plain(model, tree, self._report)
        return validate(model, tree, self._report, plain=self._secrets.filled(tree))

    # -- people -----------------------------------------------------------------------------------------------------

    def _contact(self, name: str, tree: Any, mark: Mark) -> Contact | None:
        table = self._map(tree, mark, "a contact")
        entry = self._entry(ContactEntry, table) if table is not None else None
        if entry is None:
            return None
        given = {"email": entry.email, "phone": entry.phone, "address": entry.address}
        return Contact(name, entry.name, {kind: at for kind, at in given.items() if at is not None})

    def _roster(self, name: str, tree: Any, mark: Mark) -> Roster | None:
        table = self._map(tree, mark, "a roster")
        entry = self._entry(RosterEntry, table) if table is not None else None
        if entry is None or table is None:
            return None
        self._known(entry.fallback, self._contacts, "contact", table, "fallback")
        if entry.calendar is None:
            return Roster(name, tuple(entry.fallback))
        path = self._folder / entry.calendar
        self._calendar(path, table.value_marks["calendar"])
        return Roster(name, tuple(entry.fallback), str(path))

    def _calendar(self, path: Path, mark: Mark) -> None:
        from hub.config.channels.duty import known_by, read  # reading calendars costs a third of a second to import

        try:
            named = read(path).names()
        except ValueError as wrong:
            self._report.error(mark, f"the calendar '{path.name}' {wrong}")
            return
        known = known_by(self._contacts.values())
        if not any(name.casefold() in known for name in named):
            who = known_are("contacts", self._contacts)
            self._report.warn(mark, f"no event of '{path.name}' names a contact, so only the fallback is told", who)

    # -- channels ---------------------------------------------------------------------------------------------------

    def _channel(self, name: str, tree: Any, mark: Mark) -> Channel | None:
        table = self._map(tree, mark, "a channel")
        if table is None:
            return None
        model = CHANNELS.get(table.get("type", ""))
        if model is None:
            at = table.value_marks.get("type", mark)
            hint = did_you_mean(str(table.get("type")), CHANNELS, otherwise=known_are("types", CHANNELS))
            self._report.error(at, f"'{name}' is a channel of no known type", hint)
            return None
        self._trees[name] = table
        entry = self._entry(model, table)
        if entry is None:
            return None
        self._known(entry.to, self._contacts, "contact", table, "to")
        self._channel_checks(entry, table)
        return made(name, table, entry, self._language)

    def _channel_checks(self, entry: ChannelEntry, table: Map) -> None:
        for key, path in (("ca", getattr(entry, "ca", None)),):
            if path is not None and not (self._folder / path).is_file():
                self._report.error(table.value_marks[key], f"there is no file '{path}'")
        for key, problem in (("url", url_problem(entry)), ("host", address_problem(entry))):
            if problem is not None:
                self._report.error(table.value_marks[key], *problem)
        for key, used in placeholders(table):
            if problem := template_problem(used, entry):
                self._report.error(table.value_marks[key], *problem)
        if isinstance(secrets := table.get("secrets"), Map):
            self._referred(secrets)
        if entry.quiet is not None and entry.quiet.start == entry.quiet.end:
            self._report.error(table.value_marks["quiet"], "quiet hours that end when they begin")

    def _referred(self, secrets: Map) -> None:
        for name, value in secrets.items():
            if not (isinstance(value, Map) and value.is_reference):
                mark = secrets.value_marks[name]
                veiled = Mark(Source(mark.source.name, ()), mark.line, mark.column)
                message = f"the secret '{name}' must not be written here in plain text"
                self._report.error(veiled, message, "put it into secrets.yaml and write {secret: name}")

    # -- escalations ------------------------------------------------------------------------------------------------

    def _escalation(self, name: str, tree: Any, mark: Mark) -> tuple[Step, ...] | None:
        if not isinstance(tree, Seq) or not tree:
            self._report.error(mark, f"'{name}': expected a list of steps, found {describe(tree)}")
            return None
        steps = [self._step(item, at) for item, at in zip(tree, tree.marks, strict=True)]
        return tuple(step for step in steps if step is not None)

    def _step(self, tree: Any, mark: Mark) -> Step | None:
        table = self._map(tree, mark, "a step")
        entry = self._entry(StepEntry, table) if table is not None else None
        if entry is None or table is None:
            return None
        people = {**self._contacts, **self._rosters}
        known = self._known(entry.to, self._trees, "channel", table, "to")
        known &= self._known(entry.who, people, "contact or roster", table, "who")
        if entry.times is not None and entry.repeat is None:
            self._report.error(table.value_marks["times"], "'times' counts what 'repeat' repeats", "add repeat: 3m")
        if known:
            self._reachable(entry, table)
        times = 1 if entry.repeat is None else entry.times or _TIMES
        stops = frozenset(entry.unless)
        return Step(tuple(entry.to), entry.after, tuple(entry.who), stops, entry.repeat, times)

    def _reachable(self, entry: StepEntry, table: Map) -> None:
        """Report channels of a step that reach nobody, and people without the address that a channel needs."""
        for name in entry.to:
            channel = self._channels.get(name)
            needed = None if channel is None else _address_kind(channel, self._trees[name])
            if channel is None or needed is None:
                continue
            people = [*self._people(entry.who), *channel.to]
            if not people:
                self._report.error(
                    table.value_marks["to"], f"'{name}' reaches nobody here", "add who: a roster or contact"
                )
            for person in people:
                contact = self._contacts.get(person)
                if contact is not None and needed and needed not in contact.addresses:
                    at = table.value_marks.get("who", table.mark)
                    self._report.error(at, f"'{person}' has no {needed}, and the channel '{name}' needs it")

    def _people(self, who: Iterable[str]) -> list[str]:
        found: list[str] = []
        for name in who:
            roster = self._rosters.get(name)
            found += [name] if roster is None else roster.fallback
        return found

    # -- rules ------------------------------------------------------------------------------------------------------

    def _rules(self, rules: Any) -> None:
        for rule in rules if isinstance(rules, Seq) else ():
            name = rule.get("notify") if isinstance(rule, Map) else None
            if not isinstance(name, str) or name == NOBODY:
                continue
            mark = rule.value_marks["notify"]
            if name in self._escalations:
                self._reaches(name, mark)
                continue
            message = f"there is no channel or escalation '{name}', so nobody is told"
            if not mark.source.shipped:
                known = self._escalations
                self._report.error(mark, message, did_you_mean(name, known, otherwise=known_are("names", known)))
            elif self._channels:
                self._report.warn(mark, message, f"name one of the site's channels or escalations '{name}'")

    def _reaches(self, name: str, mark: Mark) -> None:
        """Report a rule that notifies a channel which needs people and has none of its own."""
        channel = self._channels.get(name)
        if channel is not None and not channel.to and _address_kind(channel, self._trees[name]) is not None:
            hint = "give the channel to:, or notify an escalation whose steps say who"
            self._report.error(mark, f"the channel '{name}' alone reaches nobody", hint)

    def _known(self, names: Iterable[str], known: Mapping[str, Any], what: str, tree: Map, key: str) -> bool:
        node, every = tree.get(key), True
        for n, name in enumerate(names):
            if name not in known:
                mark = node.marks[n] if isinstance(node, Seq) else tree.value_marks[key]
                hint = did_you_mean(name, known, otherwise=known_are(f"{what}s", known))
                self._report.error(mark, f"there is no {what} '{name}'", hint)
                every = False
        return every


def made(name: str, table: Mapping[str, Any], entry: ChannelEntry, language: str) -> Channel:
    """Return a channel as a value: what its entry says, and what its type makes of what it does not say."""
    kind = table["type"]
    machine = kind in MACHINES
    tells = EVENTS if machine and entry.tells is None else entry.tells or ("raised",)
    gather = entry.gather
    wait = gather.wait if gather is not None else 0 if machine else 10 * SECOND
    return Channel(
        id=name,
        type=kind,
        settings=entry,
        language=entry.language or language,
        tells=frozenset(tells),
        to=tuple(entry.to),
        each=isinstance(entry, HttpEntry) and bool(PER_CONTACT & _used(table)),
        gather=0 if kind == "cap" else wait,
        by="rule" if gather is None else gather.by,
        again=0 if machine else entry.again,
        give_up=entry.give_up,
        quiet=_quiet(entry.quiet),
    )


def _quiet(entry: QuietEntry | None) -> Quiet | None:
    if entry is None:
        return None
    start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in (entry.start, entry.end))
    return Quiet(start, end, frozenset(Priority[word.upper()] for word in entry.priorities))


def _address_kind(channel: Channel, table: Mapping[str, Any]) -> str | None:
    """Return which address of a contact a channel needs; empty: only somebody; None: nobody."""
    if channel.type == "email":
        return "email"
    if not channel.each:
        return None
    return next((kind for kind in ("phone", "address", "email") if kind in _used(table)), "")


def _used(table: Mapping[str, Any]) -> set[str]:
    return {word for _, words in placeholders(table) for word in words}
