"""A folder under the glass: what lies there, and how each file is judged; nothing is taken and nothing is moved."""

import asyncio
import hashlib
from collections.abc import Callable

from drivers.base import BoundDevice, Seen
from drivers.files.address import Connection, Limits
from drivers.files.folder import FAILED, PROCESSED, Folder, Unfit
from drivers.files.form import Form
from drivers.files.sheet import Refusal
from hub.model import SystemClock, Unreachable

PERIOD = 1.0
"""Seconds between two looks."""
VALUES = 20
"""Values that are told of one file."""


async def trace(device: BoundDevice, tell: Callable[[Seen], None]) -> None:
    """Tell what files say, those that wait and the one that was taken last. Raises Unreachable, Misconfigured."""
    connection: Connection = device.connection
    folder, means = Folder(connection.folder, device.state), connection.means
    done = await asyncio.to_thread(folder.names, PROCESSED, means) if (folder.path / PROCESSED).is_dir() else []
    failed = await asyncio.to_thread(folder.names, FAILED, means) if (folder.path / FAILED).is_dir() else []
    waiting = await asyncio.to_thread(folder.names, "", means)
    told = f"{len(waiting)} wait, {len(done)} taken, {len(failed)} refused"
    tell(Seen("sent", f"looking at {folder.path}: {told}"))
    known = {*waiting}
    for name in [*(f"{PROCESSED}/{name}" for name in done[-1:]), *waiting]:
        await asyncio.to_thread(_judge, device, folder, name, tell)
    while True:
        await asyncio.sleep(PERIOD)
        here = await asyncio.to_thread(folder.names, "", means)
        for name in [name for name in here if name not in known]:
            await asyncio.to_thread(_judge, device, folder, name, tell)
        known = {*here}


def _judge(device: BoundDevice, folder: Folder, name: str, tell: Callable[[Seen], None]) -> None:
    limits = Limits.model_validate(device.limits)
    try:
        body = folder.read(name, limits.largest)
        tell(Seen("received", f"{name}, {len(body)} bytes", body))
        found = Form(device).judge(body, hashlib.sha256(body).hexdigest(), limits.rows, SystemClock().now())
    except Refusal as refusal:
        for line, error in refusal.errors:
            tell(Seen("fault", f"{name}:{line}: {error}"))
    except (Unfit, OSError, Unreachable) as why:
        tell(Seen("fault", f"{name}: {why}"))
    else:
        said = [f"{s.point} {s.value!r}" for p in found.pieces for s in p.samples]
        said += [f"{e.device} {e.kind} {e.dedupe_key} {e.attributes}" for p in found.pieces for e in p.events]
        for one in said[:VALUES]:
            tell(Seen("value", one))
        if len(said) > VALUES:
            tell(Seen("value", f"… and {len(said) - VALUES} more"))
