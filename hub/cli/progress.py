"""What a command says while it starts: what is being done and for how long, on standard error."""

import time
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:  # five megabytes, of which a hub that runs quietly as a service has no use
    from rich.console import Console
    from rich.status import Status


class Progress:
    """Call it with what begins now; each thing done is a line with its seconds. Silent when `quiet`."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._status: Status | None = None
        self._what = ""
        self._began = self._first = time.monotonic()

    @cached_property
    def console(self) -> "Console":
        """Standard error, or nowhere when quiet."""
        from rich.console import Console

        return Console(stderr=True, quiet=self._quiet, highlight=False)

    def __enter__(self) -> Self:
        if not self._quiet and self.console.is_terminal:
            self._status = self.console.status("")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()
        if kind is None:
            self.finish()

    def __call__(self, what: str) -> None:
        """Say that `what` begins and that what went before is done."""
        self.finish()
        if self._status is not None:
            self._status.start()
        self._what, self._began = what, time.monotonic()
        if self._status is not None:
            self._status.update(f"{what} …")

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._first

    def finish(self) -> None:
        """Say that what was begun is done."""
        if self._status is not None:
            self._status.stop()
        if self._what and not self._quiet:
            self.console.print(f"  [green]✓[/green] {self._what}  [dim]{time.monotonic() - self._began:.1f} s[/dim]")
        self._what = ""
