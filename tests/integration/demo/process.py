"""Runs `citywatch` as its own process and looks at what it leaves behind."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]


class Running:
    """One `citywatch` process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid
        self._errors = asyncio.create_task(self._read_errors())
        self._said: list[str] = []

    async def _read_errors(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self._said.append(line.decode(errors="replace"))

    @property
    def said(self) -> str:
        return "".join(self._said)

    async def ready(self) -> dict[str, Any]:
        """Return the line that says that everything is up."""
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), 60)
        assert line, f"it ended before it was ready: {self.said}"
        ready: dict[str, Any] = json.loads(line)
        return ready

    async def send(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        self._process.send_signal(number)
        return await self.ended()

    async def ended(self) -> int:
        code = await asyncio.wait_for(self._process.wait(), 30)
        await self._errors
        return code

    async def rest(self) -> str:
        """Return what else came on standard output."""
        assert self._process.stdout is not None
        return (await self._process.stdout.read()).decode()

    def family(self) -> set[int]:
        """Return the process and everything that descends from it."""
        parents = parent_of_each()
        found = {self.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return found


@contextlib.asynccontextmanager
async def citywatch(*arguments: str | Path, folder: Path | None = None) -> AsyncIterator[Running]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", *map(str, arguments), cwd=folder or ROOT, env=environment,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    running = Running(process)
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await running.ended()


def parent_of_each() -> dict[int, int]:
    """Return the parent of every process (proc(5): field 4 of stat, after the name in brackets)."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                found[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    return found


async def gone(pids: set[int]) -> bool:
    """Wait until none of these processes is left (zombies of nobody are not), at most fifteen seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(15):
            while any(_alive(pid) for pid in pids):
                await asyncio.sleep(0.1)
            return True
    return False


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
