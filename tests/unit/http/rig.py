"""A scripted server of another library, and feeds that read from it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from drivers.base import BoundDevice, BoundPoint
from drivers.http import SPEC
from drivers.http.driver import HttpDriver
from hub.model import EventMap, ManualClock
from tests.support.http_server import Asked, HttpServer, Said

NOW = 1_700_000_000_000_000_000
POINTS: dict[str, dict[str, Any]] = {"open": {"path": "open"}, "late": {"path": "late"}}


def feed(
    port: int, *, events: tuple[EventMap, ...] = (), limits: dict[str, Any] | None = None, **given: Any
) -> BoundDevice:
    connection = SPEC.connection.model_validate({"host": "127.0.0.1", "port": port, "path": "/feed", **given})
    points = tuple(BoundPoint(f"desk/{n}", "desk", SPEC.address.model_validate(a)) for n, a in POINTS.items())
    return BoundDevice("desk", connection, points, events, timeout=0.4, limits=limits or {})


def reports(**address: Any) -> EventMap:
    where = SPEC.event.model_validate({"list": "reports", "key": "id", "time": "opened", **address})  # type: ignore[union-attr]
    return EventMap("opened", "report.citizen", where, {"id": "id", "area": "area", "due": "due"})


@asynccontextmanager
async def served(answer: Callable[[Asked], Said | None], **given: Any) -> AsyncIterator[HttpDriver]:
    """Yield a driver that is open to a server with this answer."""
    server = HttpServer(answer)
    server.start()
    driver = HttpDriver([feed(server.port, **given)], ManualClock(NOW))
    try:
        await driver.open()
        yield driver
    finally:
        await driver.close()
        server.stop()


async def ask(driver: HttpDriver) -> dict[str, Any]:
    """Return what every point says: its value, or the word for why there is none."""
    points = driver._feeds["desk"].device.points
    return {s.point: s.reason.word if s.value is None else s.value for s in await driver.read(points)}
