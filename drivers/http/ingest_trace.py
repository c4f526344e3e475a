"""A system that pushes, under the glass: a place of our own to push to, where everything is judged and nothing is kept.

A running hub alone takes what comes to it. Whoever wants to see why it is refused lets the system push here: each
request is judged as the hub would, and answered 503, so that an honest sender keeps it and sends it to the hub later.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from aiohttp import web

from drivers.base import BoundDevice, Seen
from drivers.http.ingest import Inlet
from hub.model import Clock, Refused, SystemClock

AGAIN_S = "10"


async def trace(device: BoundDevice, tell: Callable[[Seen], None]) -> None:
    """Judge what is pushed to a free loopback port, until cancelled. Raises OSError."""
    app = web.Application(client_max_size=device.connection.largest)
    app.router.add_post("/api/v1/ingest/{device}", partial(_judge, Inlet(device), tell, SystemClock()))
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        tell(Seen("sent", f"waiting at http://127.0.0.1:{port}/api/v1/ingest/{device.id}; nothing is stored here"))
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


async def _judge(inlet: Inlet, tell: Callable[[Seen], None], clock: Clock, request: web.Request) -> web.Response:
    try:
        body, now = await request.read(), clock.now()
        headers = request.headers
        key = headers.get("Idempotency-Key", "") or headers.get("Webhook-Id", "")
        tell(Seen("received", f"POST {request.path}, {len(body)} bytes, key {key!r}", body))
        inlet.prove(key, headers.get("Webhook-Timestamp", ""), headers.get("Webhook-Signature", ""), body, now)
        intake = inlet.read(body, now)
    except web.HTTPRequestEntityTooLarge:
        tell(Seen("fault", f"the body has more than {inlet.push.largest} bytes"))
    except Refused as why:
        tell(Seen("fault", f"{why.reason}: {why}"))
    else:
        for sample in intake.samples:
            tell(Seen("value", f"{sample.point} {sample.reason.word if sample.value is None else repr(sample.value)}"))
        for event in intake.events:
            tell(Seen("value", f"{event.device} {event.kind} {event.dedupe_key} {event.attributes}"))
    return web.Response(status=503, headers={"Retry-After": AGAIN_S}, text="traced, not stored; send it again\n")
