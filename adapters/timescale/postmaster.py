"""One `postgres` process as our direct child: it cannot outlive us, and keeps its data however it ends."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from adapters.timescale.binaries import Account

HERE = "/proc/self/cwd"
"""How the server names its data folder: it starts inside, so its account need not be let into the folders above."""
SOCKET = ".s.PGSQL.5432"
PR_SET_PDEATHSIG = 1
"""prctl(2): the signal a process gets when the thread that forked it ends; kept across exec, cleared by setuid."""
NICE = 5
"""How far the server stands back for the hub on a busy machine (setpriority(2)): history may wait, an alarm may not."""

_libc = ctypes.CDLL(None, use_errno=True)


def spawn(
    command: Sequence[str | Path], account: Account, folder: Path, output: IO[bytes]
) -> "subprocess.Popen[bytes]":
    """Start a program as `account` in `folder`; it is told to shut down when the thread that calls this ends."""
    other = account.uid != os.geteuid()
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        # Ctrl-C in a terminal reaches the whole process group; the hub must be able to write until it has stopped.
        start_new_session=True,
        preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509 - three system calls, no locks
        user=account.uid if other else None,
        group=account.gid if other else None,
        extra_groups=[] if other else None,
    )
    # A session of its own is a scheduling group of its own (sched(7), autogroup), inside which alone its nice counts.
    with suppress(OSError):
        Path(f"/proc/{process.pid}/autogroup").write_text(str(NICE))
    return process


def _die_with(parent: int) -> Callable[[], None]:
    def bind() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        os.nice(NICE)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return bind


def shut_down(process: "subprocess.Popen[bytes]") -> None:
    """Ask for a fast shutdown (manual 18.5): clients are cut, everything committed is written."""
    process.send_signal(signal.SIGINT)


def abort(process: "subprocess.Popen[bytes]") -> None:
    """Ask for an immediate shutdown (manual 18.5): nothing committed is lost, the next start must recover."""
    process.send_signal(signal.SIGQUIT)


def is_ready(data: Path, pid: int) -> bool:
    """Tell whether server `pid` accepts connections: line 8 of postmaster.pid (pidfile.h, LOCK_FILE_LINE_PM_STATUS)."""
    lines = _lock_lines(data)
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def living(data: Path) -> int | None:
    """Return the pid of a server that is running in this data folder, or None.

    The number in postmaster.pid alone proves nothing: after a power cut it may be anybody's.
    """
    lines = _lock_lines(data)
    if not lines or not lines[0].strip().isdigit():
        return None
    pid = int(lines[0])
    try:
        return pid if Path(f"/proc/{pid}/cwd").samefile(data) else None
    except OSError:
        return None


def forget_dead_server(data: Path) -> None:
    """Remove what a dead server left behind, so that a stranger's pid in it cannot keep ours from starting."""
    for name in ("postmaster.pid", SOCKET, f"{SOCKET}.lock"):
        (data / name).unlink(missing_ok=True)


def _lock_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []
