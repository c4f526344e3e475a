"""Trying a site's devices: name, port, one read; all lines in parallel, nothing written, nothing kept."""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from drivers.base import BoundDevice, DriverSpec, Tracer
from drivers.bound import bind
from hub.model import DriverError, Reason, Site, one_by_one

TOGETHER = 64
"""Connections tried at the same time."""
PATIENCE = 5.0
"""Seconds for a name and a connection."""
Row = dict[str, Any]
Lines = Sequence[tuple[DriverSpec, list[BoundDevice]]]


def probe(site: Site, drivers: Mapping[str, DriverSpec], *, progress: bool = False) -> list[Row]:
    """Return for each enabled device whether it answers and what was seen, in the order of the site."""
    lines = lines_of(site, drivers)
    with _shown(len(lines)) if progress else nullcontext(_quiet) as advance:
        return asyncio.run(try_lines(site, lines, advance))


def lines_of(site: Site, drivers: Mapping[str, DriverSpec]) -> Lines:
    """Return each connection once, with the enabled devices that it serves."""
    lines: dict[Any, list[BoundDevice]] = {}
    specs: dict[Any, DriverSpec] = {}
    for device in site.devices.values():
        if device.enabled:
            spec = drivers[device.driver]
            key = device.driver, spec.line(device.connection)
            specs[key] = spec
            lines.setdefault(key, []).append(bind(device, site.id, default_state(site)))
    return [(specs[key], devices) for key, devices in lines.items()]


def default_state(site: Site) -> str:
    """Return where `citywatch run` keeps a site's state when it is told no other place."""
    return str(Path("var") / "state" / site.id)


def _quiet() -> None:
    """Show nothing."""


class _shown:  # noqa: N801 - reads as a context, `with _shown(lines) as advance`
    """A progress bar on standard error."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._bar = Progress(console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task("connecting", total=total)

    def __enter__(self) -> Callable[[], None]:
        self._bar.start()
        return lambda: self._bar.advance(self._task)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


async def try_lines(site: Site, lines: Lines, advance: Callable[[], None] = _quiet) -> list[Row]:
    """Try every line; return one row for each device, in the order of the site."""
    gate = asyncio.Semaphore(TOGETHER)

    async def one(spec: DriverSpec, devices: list[BoundDevice]) -> list[Row]:
        async with gate:
            rows = await _line(spec, devices)
        advance()
        return rows

    found = await asyncio.gather(*(one(*line) for line in lines))
    order = {device: n for n, device in enumerate(site.devices)}
    return sorted((row for rows in found for row in rows), key=lambda row: order[row["device"]])


async def _line(spec: DriverSpec, devices: list[BoundDevice]) -> list[Row]:
    if spec.endpoint is not None:
        host, port = spec.endpoint(devices[0].connection)
        refused = await _reach(host, port) if port and not spec.datagrams else ""
        if refused:
            return [_row(device, False, refused) for device in devices]
    return await _talk(spec, devices)


async def _reach(host: str, port: int) -> str:
    """Return why a host and port cannot be reached, or an empty text."""
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(host, port)
    except socket.gaierror as error:
        return f"the name '{host}' is not known: {error.strerror}"
    except TimeoutError:
        return f"no answer from {host}:{port} within {PATIENCE:g} s"
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        return f"{host}:{port}: {reason.lower()}"
    writer.close()
    return ""


async def _talk(spec: DriverSpec, devices: list[BoundDevice]) -> list[Row]:
    if spec.knock is not None:
        return [_row(device, True, "it pushes to this hub; `citywatch doctor` tries the hub") for device in devices]
    if spec.exclusive and spec.trace is not None:
        return await _listen(spec.trace, devices)
    driver = None
    try:
        driver = spec.load()(devices)
        async with asyncio.timeout(2 * PATIENCE):
            await driver.open()
    except (DriverError, ImportError, TimeoutError) as error:
        if driver is not None:
            await driver.close()
        return [_row(device, False, str(error) or "no answer while signing in") for device in devices]
    try:
        if spec.pushes:
            return [_row(device, True, "signed in; it reports by itself") for device in devices]
        return [await _read(driver, device) for device in devices]
    finally:
        await driver.close()


async def _listen(load: Callable[[], Tracer], devices: list[BoundDevice]) -> list[Row]:
    """Sign in as a listener, with a session of its own: the driver's would throw a running hub out of its."""
    signed_in = asyncio.Event()
    try:
        listening = asyncio.ensure_future(load()(devices[0], lambda _: signed_in.set()))
    except ImportError as error:
        return [_row(device, False, str(error)) for device in devices]
    waiting = asyncio.ensure_future(signed_in.wait())
    await asyncio.wait((listening, waiting), timeout=2 * PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    for task in (listening, waiting):
        task.cancel()
    ended, _ = await asyncio.gather(listening, waiting, return_exceptions=True)
    if signed_in.is_set():
        return [_row(device, True, "signed in; it reports by itself") for device in devices]
    why = str(ended) if isinstance(ended, DriverError) else "no answer while signing in"
    return [_row(device, False, why) for device in devices]


async def _read(driver: Any, device: BoundDevice) -> Row:
    if not device.points:
        return _row(device, True, "connected; it has no points")
    try:
        async with asyncio.timeout(device.timeout + PATIENCE):
            samples = one_by_one(await driver.read(device.points[:1]))
    except (DriverError, TimeoutError) as error:
        return _row(device, False, str(error) or "no answer")
    sample = samples[0]
    if sample.value is None and sample.reason is not Reason.NONE:
        return _row(device, False, f"{device.points[0].id}: {sample.reason.word}")
    return _row(device, True, f"{device.points[0].id} reads {sample.value!r}")


def _row(device: BoundDevice, ok: bool, detail: str) -> Row:
    return {"device": device.id, "ok": ok, "detail": detail}
