"""What was asked and what became of it: journaled, told, and remembered, so that a request sent twice acts once."""

import asyncio

import structlog
from msgspec import Struct

from hub.commands.sending import LOST, Said
from hub.journal import Journal
from hub.model import Clock, Command, CommandResult, CommandSpec, Refused
from hub.state import State

log = structlog.get_logger(__name__)

JOURNAL_SECONDS = 5.0
"""How long the journal may take to keep a record before it is given up."""
REMEMBERED = 1000
"""How many requests are remembered."""
LOOK_BACK = 20_000
"""How many journaled records are looked through for them after a start."""


class Given(Struct):
    """A command that was accepted, and its result when there is one."""

    command: Command
    task: "asyncio.Task[CommandResult] | asyncio.Task[None] | None" = None
    result: CommandResult | None = None


class Ledger:
    """The commands of this hub, as far back as they are remembered."""

    def __init__(self, state: State, journal: Journal, clock: Clock) -> None:
        self._state = state
        self._journal = journal
        self._clock = clock
        self._given: dict[str, Given] = {}

    def restore(self) -> None:
        """Remember what was asked before this start; a command whose end nobody heard is unknown, and that is said."""
        seq = max(0, self._journal.last_seq - LOOK_BACK)
        while page := self._journal.read(seq):
            for _, record in page:
                if isinstance(record, Command):
                    self.open(record)
                elif isinstance(record, CommandResult) and record.request in self._given:
                    self._given[record.request].result = record
            seq = page[-1][0]
        for given in self._given.values():
            if given.result is None:
                detail = f"the hub stopped before it heard what became of it; {LOST}"
                self.close(given, Said("unknown", "stopped", detail))

    def known(self, request: str, spec: CommandSpec) -> Given | None:
        """Return what came under a request's id before. Raises Refused when that was another command."""
        given = self._given.get(request)
        if given is not None:
            c = given.command
            if (c.point, c.name, c.value) != (spec.point, spec.name or None, spec.value):
                raise Refused("conflict", "this request id was used for another command; choose a new one")
        return given

    def has(self, request: str) -> bool:
        """Tell whether a request is remembered."""
        return request in self._given

    def open(self, command: Command) -> Given:
        """Remember a command that is about to be sent."""
        given = self._given[command.request] = Given(command)
        for old in list(self._given)[: max(0, len(self._given) - REMEMBERED)]:
            if self._given[old].task is None:
                del self._given[old]
        return given

    def close(self, given: Given, said: Said) -> asyncio.Event:
        """Journal a command's result; the event is set when it is on disk and told."""
        command = given.command
        given.result = self._result(command.request, command, said)
        return self._record(given.result)

    def forget(self, given: Given) -> None:
        """Let a request that came to nothing be tried again."""
        self._given.pop(given.command.request, None)

    def refuse(self, command: Command, why: Refused) -> None:
        """Leave an entry of what was asked and not sent. It is not remembered: it may be asked again."""
        self._record(self._result(command.request, command, Said("refused", why.reason, str(why))))

    def waits(self, command: Command) -> CommandResult:
        """Return what is told of a command that waits for its second person."""
        detail = f"it waits for a second person to confirm it; nothing was sent yet ({command.note})"
        return self._result(command.request, command, Said("awaiting", "second_person", detail))

    def say(self, result: CommandResult) -> asyncio.Event:
        """Journal what is told of a command that was not sent; the event is set when it is on disk and told."""
        return self._record(result)

    async def kept(self, command: Command) -> bool:
        """Journal a command; tell whether it is on disk in time to be sent."""
        return await in_time(self._record(command))

    @property
    def tasks(self) -> list["asyncio.Task[CommandResult] | asyncio.Task[None]"]:
        """What is under way."""
        return [given.task for given in self._given.values() if given.task is not None]

    def _result(self, request: str, command: Command, said: Said) -> CommandResult:
        return CommandResult(
            request,
            said.outcome == "done",
            said.detail,
            self._clock.now(),
            outcome=said.outcome,
            point=command.point,
            who=command.who,
            name=command.name,
            after=said.after,
            reason=said.reason,
        )

    def _record(self, record: Command | CommandResult) -> asyncio.Event:
        told = asyncio.Event()

        def durable() -> None:
            self._state.publish(self._clock.now(), (), [record])
            told.set()

        self._journal.append([record], durable)
        return told


async def in_time(event: asyncio.Event) -> bool:
    """Wait until a record is on disk; tell whether it was in time."""
    try:
        async with asyncio.timeout(JOURNAL_SECONDS):
            await event.wait()
    except TimeoutError:
        log.error("the journal does not take the record of a command")
        return False
    return True
