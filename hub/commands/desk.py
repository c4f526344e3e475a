"""The desk at which people ask devices to do something."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from msgspec.structs import replace

from hub.commands.confirmations import LIFE, Asked, Confirmations
from hub.commands.fires import Fires
from hub.commands.ledger import Given, Ledger, in_time
from hub.commands.permits import Judge, permit, permit_now, permit_write, raw_steps
from hub.commands.selections import Selections
from hub.commands.sending import LOST, Lines, Pause, Said, Sender
from hub.journal import Journal
from hub.metrics import Figure
from hub.model import (
    SECOND,
    Awaiting,
    Clock,
    Command,
    CommandResult,
    CommandSpec,
    Device,
    DeviceId,
    PointId,
    PointValue,
    ReadBack,
    Refused,
    Selection,
    Value,
)
from hub.roles import Person
from hub.state import State

OUTCOMES = ("done", "refused", "unknown", "awaiting")


class Commands:
    """Takes commands from people to devices. Whoever calls has made sure who asks."""

    def __init__(
        self,
        state: State,
        journal: Journal,
        lines: Lines,
        clock: Clock,
        *,
        judge: Judge,
        pause: Pause = asyncio.sleep,
        drill: bool = False,
    ) -> None:
        """`drill`: every command is refused, whoever gives it."""
        self._drill = drill
        self._state = state
        self._clock = clock
        self._judge = judge
        self._sender = Sender(lines, state, clock, pause)
        self.ledger = Ledger(state, journal, clock)
        self._selections = Selections(clock)
        self._confirmations = Confirmations(clock)
        self._fires = Fires(state, clock)
        self._busy: set[DeviceId] = set()
        self._counts: Counter[str] = Counter()

    def describe(self) -> None:
        """Take the site as it is now."""
        self._fires.describe()

    async def write(
        self, person: Person, point: PointId, value: Value, note: str, request: str | None = None
    ) -> CommandResult:
        """Set one point that profile and device both call writable, and read it back. Raises Refused."""
        known = self._state.site.points.get(point)
        if known is None:
            raise Refused("unknown", f"there is no point {point!r}")
        device = self._state.site.devices[known.device]
        last = self._state.reading(point)
        # what never showed a value (a method, a register that is only written) shows no effect either
        back = None if last is None or last.value is None else ReadBack(point, value)
        spec = CommandSpec("", known.title, point, value, timeout=device.timeout + 5 * SECOND, read_back=back)
        command = self._command(person, spec, note, request)
        if (given := self.ledger.known(command.request, spec)) is not None:
            return await _again(given)
        with self._noting(command):
            permit_write(person, device, known)
            steps = self._possible(device, spec, note)
        return await self._give(device, spec, steps, command)

    def select(self, person: Person, device: DeviceId, name: str) -> Selection:
        """Choose a command that could be given now; within ten seconds the same person may give it. Raises Refused."""
        found, spec = self._find(device, name)
        with self._noting(self._command(person, spec, "", None)):
            permit(person, found, spec)
            self._possible(found, spec, "selected")
            return self._selections.choose((device, name, person.name))

    async def operate(
        self,
        person: Person,
        device: DeviceId,
        name: str,
        note: str,
        *,
        request: str | None = None,
        token: str | None = None,
    ) -> CommandResult:
        """Give a command, or let it wait for its second person. Raises Refused."""
        self._lapse()
        found, spec = self._find(device, name)
        command = self._command(person, spec, note, request)
        if (given := self.ledger.known(command.request, spec)) is not None:
            return await _again(given)
        if (asked := self._confirmations.known(command.request)) is not None:
            return self.ledger.waits(asked.command)
        with self._noting(command):
            permit(person, found, spec)
            steps = self._possible(found, spec, note)
            if spec.select:
                self._selections.take(token, (device, name, person.name))
            if spec.confirm:
                return await self._wait(self._confirmations.ask(found, spec, command))
        return await self._give(found, spec, steps, command)

    def awaiting(self) -> list[Awaiting]:
        """Return the commands that wait for a second person, oldest first."""
        self._lapse()
        return self._confirmations.all()

    async def confirm(self, person: Person, id_: str, note: str) -> CommandResult:
        """Confirm what somebody else asked for; it is sent then. Raises Refused."""
        self._lapse()
        asked = self._confirmations.find(id_)
        with self._noting(replace(asked.command, who=person.name, note=note)):
            if asked.command.who == person.name:
                raise Refused("same_person", "a second person must confirm it, and you are the first")
            permit(person, asked.device, asked.spec)
            steps = self._possible(asked.device, asked.spec, note)
        self._confirmations.close(asked)
        both = f"{asked.command.note} / {person.name}: {note.strip()}"
        command = replace(asked.command, note=both, confirmed_by=person.name)
        return await self._give(asked.device, asked.spec, steps, command)

    def withdraw(self, person: Person, id_: str) -> None:
        """Take back what waits: whoever asked for it, or whoever could have confirmed it. Raises Refused."""
        self._lapse()
        asked = self._confirmations.find(id_)
        permit(person, asked.device, asked.spec)
        self._confirmations.close(asked)
        self.ledger.refuse(asked.command, Refused("withdrawn", f"{person.name} took it back; nothing was sent"))
        self._counts["refused"] += 1

    async def _wait(self, asked: Asked) -> CommandResult:
        asyncio.get_running_loop().call_later(LIFE / SECOND + 1, self._lapse)
        told = self.ledger.waits(asked.command)
        self._counts["awaiting"] += 1
        await in_time(self.ledger.say(told))
        return told

    def _lapse(self) -> None:
        for asked in self._confirmations.lapsed():
            self._counts["refused"] += 1
            detail = f"nobody confirmed it within {LIFE / SECOND:g} s; nothing was sent"
            self.ledger.refuse(asked.command, Refused("not_confirmed", detail))

    def restore(self) -> None:
        """Remember what was asked before this start, and say what nobody heard the end of."""
        self.ledger.restore()

    async def stop(self) -> None:
        """End what is under way; it is journaled as unknown."""
        tasks = self.ledger.tasks
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def figures(self) -> Iterator[Figure]:
        """Yield how many commands ended how."""
        for outcome in OUTCOMES:
            labels = {"outcome": outcome}
            yield Figure("citywatch_commands", "Commands to devices", self._counts[outcome], labels, total=True)

    def _find(self, device: DeviceId, name: str) -> tuple[Device, CommandSpec]:
        found = self._state.site.devices.get(device)
        if found is None:
            raise Refused("unknown", f"there is no device {device!r}")
        spec = next((c for c in found.commands if c.name == name), None)
        if spec is None:
            raise Refused("unknown", f"the profile of {device} has no command {name!r}")
        return found, spec

    def _command(self, person: Person, spec: CommandSpec, note: str, request: str | None) -> Command:
        known = self._state.reading(spec.point)
        # two people may choose the same request id; their names keep them apart
        named = f"{person.name}/{request or secrets.token_hex(8)}"
        before = None if known is None else known.value
        return Command(
            spec.point, spec.value, person.name, self._clock.now(), note.strip(), named, spec.name or None, before
        )

    def _possible(self, device: Device, spec: CommandSpec, note: str) -> Sequence[PointValue]:
        """Return the raw values to write, in order. Raises Refused."""
        if self._drill:
            raise Refused("drill", f"this is a drill: {device.id} is told nothing, and neither is any other device")
        if not note.strip():
            raise Refused("no_note", "say why: a command needs a reason, which the journal keeps")
        steps = raw_steps(spec, self._state.site.points)
        permit_now(device, spec, self._judge)
        self._fires.permit(device, spec)
        if device.id in self._busy:
            raise Refused("busy", f"another command to {device.id} is under way; wait for its result")
        return steps

    @contextmanager
    def _noting(self, command: Command) -> Iterator[None]:
        try:
            yield
        except Refused as why:
            self._counts["refused"] += 1
            self.ledger.refuse(command, why)
            raise

    async def _give(
        self, device: Device, spec: CommandSpec, steps: Sequence[PointValue], command: Command
    ) -> CommandResult:
        self._busy.add(device.id)
        given = self.ledger.open(command)
        given.task = asyncio.create_task(self._carry_out(device, spec, steps, given), name=f"command {spec.point}")
        return await asyncio.shield(given.task)

    async def _carry_out(
        self, device: Device, spec: CommandSpec, steps: Sequence[PointValue], given: Given
    ) -> CommandResult:
        said = Said("unknown", "failed", f"the hub failed before it heard what became of it; {LOST}")
        try:
            if await self.ledger.kept(given.command):
                said = await self._sender.send(device, spec, steps)
            else:
                why = "the journal could not take the command, so it was not sent; try again"
                said = Said("refused", "not_recorded", why)
                self.ledger.forget(given)
        finally:
            self._busy.discard(device.id)
            given.task = None
            told = self.ledger.close(given, said)
            self._counts[said.outcome] += 1
        await in_time(told)
        assert given.result is not None
        return given.result


async def _again(given: Given) -> CommandResult:
    """Return the result of a request that came before, when it is there."""
    if given.task is not None:
        await asyncio.shield(given.task)
    if given.result is None:
        raise Refused("busy", "this request is being worked on")
    return given.result
