"""The conversation of one WebSocket: `citywatch.v1` from hello to close."""

import asyncio
import socket as sockets
from contextlib import suppress

from aiohttp import WSMsgType, web
from pydantic import ValidationError

from adapters.web.accounts import Who
from adapters.web.actions import Counter, Wish
from adapters.web.auth import Gate, foreign, unproven
from adapters.web.board import encode
from adapters.web.broadcast import Broadcast
from adapters.web.client import CLOSING_S, Client
from adapters.web.entitled import entitled
from adapters.web.feed import ALLOWED
from adapters.web.frames import CLIENT, FORBIDDEN, OTHER_PROTOCOL, PROTOCOL, SIGN_IN, TOO_FAST, Do, Sub, Target, Unsub
from adapters.web.points import Watch
from adapters.web.problem import ProblemError, forbidden
from adapters.web.rows import time_or_none
from hub.model import SECOND, Clock, Outcome
from hub.model.clock import from_iso, iso
from hub.roles import Right, allowed

LARGEST = 64 * 1024
UNANSWERED_MS = 35_000
"""After so long without TCP acknowledgement the connection is dead (TCP_USER_TIMEOUT, RFC 5482)."""


def upgrade() -> web.WebSocketResponse:
    """Return the response that becomes the socket: small frames in, no compression, never a buffer that grows."""
    return web.WebSocketResponse(
        protocols=(PROTOCOL,), max_msg_size=LARGEST, compress=False, writer_limit=0, timeout=CLOSING_S
    )


class Door:
    """Lets people in to the stream, and holds a conversation with each."""

    def __init__(self, broadcast: Broadcast, counter: Counter, gate: Gate, clock: Clock) -> None:
        self._broadcast = broadcast
        self._counter = counter
        self._gate = gate
        self._clock = clock

    async def open(self, request: web.Request) -> web.StreamResponse:
        """Answer an upgrade: refuse what no console of ours would send, else let it in."""
        if foreign(request):
            return forbidden("the stream is open to the hub's own pages only (header Origin)").response()
        if len(self._broadcast.clients) >= self._broadcast.pace.sockets:
            return ProblemError(503, "full", "as many consoles are connected as may be; try again later").response()
        who = self._gate.who_streams(request)
        if unproven(request, who) and "ticket" not in request.query:
            return forbidden("a cookie opens the stream only from the hub's own pages (header Origin)").response()
        return await self.serve(request, who)

    async def serve(self, request: web.Request, who: Who | None) -> web.WebSocketResponse:
        """Hold a conversation until the socket closes."""
        socket = upgrade()
        await socket.prepare(request)
        refusal = self._refusal(request, socket, who)
        if who is None or refusal is not None or request.transport is None:
            code, reason = refusal or (SIGN_IN, "sign in")
            await socket.close(code=code, message=reason.encode())
            return socket
        _notice_death(request.transport)
        client = Client(who, socket, request.transport, self._broadcast.pace.queue, self._broadcast.overflown)
        pump = asyncio.create_task(client.outbox.pump(), name="web-pump")
        self._broadcast.clients.add(client)
        try:
            self._hello(client)
            await self._hear(client, socket)
        finally:
            self._broadcast.part(client)
            pump.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await pump
        return socket

    def _refusal(self, request: web.Request, socket: web.WebSocketResponse, who: Who | None) -> tuple[int, str] | None:
        if request.headers.get("Sec-WebSocket-Protocol") and socket.ws_protocol != PROTOCOL:
            return OTHER_PROTOCOL, f"this hub speaks {PROTOCOL}"
        if who is None:
            return SIGN_IN, "sign in"
        if not allowed(who.role, Right.READ):
            return FORBIDDEN, "this account may not use the stream"
        return None

    def _hello(self, client: Client) -> None:
        boards, who = self._broadcast.boards, client.who
        hello = {
            "t": "hello",
            "v": 1,
            "epoch": boards.epoch,
            "seq": boards.position,
            "time": iso(self._clock.now()),
            "heartbeat_s": self._broadcast.pace.heartbeat_s,
            "user": who.user,
            "role": who.role.value,
            "may": entitled(self._broadcast.view.site, who.user, who.role),
            "language": boards.site.language,
        }
        client.outbox.say(encode(hello))

    async def _hear(self, client: Client, socket: web.WebSocketResponse) -> None:
        allowance = Allowance(self._broadcast.pace.messages_per_s, self._clock)
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                _err(client, "bad_message", "only text frames are spoken here")
            elif not allowance.take():
                client.close_soon(TOO_FAST, "too many messages")
                return
            else:
                await self._answer(client, message.data)
                self._broadcast.settle()

    async def _answer(self, client: Client, text: str) -> None:
        try:
            said = CLIENT.validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            _err(client, "bad_message", f"{where}: {first['msg']}" if where else first["msg"])
            return
        match said:
            case Sub():
                self._subscribe(client, said)
            case Unsub():
                self._broadcast.leave(client, said.id)
            case Do():
                await self._do(client, said)

    # subscriptions

    def _subscribe(self, client: Client, sub: Sub) -> None:
        self._broadcast.leave(client, sub.id)
        unknown = sub.filter.model_fields_set - ALLOWED[sub.topic]
        if unknown:
            _err(client, "bad_filter", f"{sub.topic} cannot be filtered by {', '.join(sorted(unknown))}", sub.id)
        elif len(client.subscriptions) >= self._broadcast.pace.subscriptions:
            _err(client, "too_many", f"at most {self._broadcast.pace.subscriptions} subscriptions a socket", sub.id)
        elif sub.topic == "points":
            self._watch(client, sub)
        else:
            self._follow(client, sub)

    def _watch(self, client: Client, sub: Sub) -> None:
        points = list(dict.fromkeys(sub.filter.points or ()))
        unknown = self._broadcast.ticker.unknown(points)
        if not points:
            _err(client, "bad_filter", "points needs filter.points, 1 to 500 ids", sub.id)
        elif unknown is not None:
            _err(client, "unknown_point", f"the site has no point {unknown}", sub.id)
        else:
            watch = client.subscriptions[sub.id] = Watch(points)
            client.show_points(sub.id, watch, self._broadcast.ticker, self._broadcast.boards.position)

    def _follow(self, client: Client, sub: Sub) -> None:
        boards = self._broadcast.boards
        feed = self._broadcast.join(client, sub.id, sub.topic, sub.filter)
        known = sub.start is not None and sub.start.epoch == boards.epoch and sub.start.seq <= boards.position
        missed = feed.replay(sub.start.seq) if known and sub.start is not None else None
        if missed is None or len(missed) > self._broadcast.pace.queue // 2:
            client.show(sub.id, feed, boards.position)
            return
        resumed = {"t": "resumed", "id": sub.id, "topic": sub.topic, "seq": boards.position}
        client.outbox.tell(encode(resumed), boards.position)
        for tail in missed:
            client.outbox.tell(b'{"t":"ev","id":%d' % sub.id + tail, boards.position)

    # actions

    async def _do(self, client: Client, do: Do) -> None:
        acts = (
            self._counter.act(client.who, _wish(do, item, f"{do.cid}/{number}")) for number, item in enumerate(do.items)
        )
        outcomes = await asyncio.gather(*acts)
        told = [(item.alarm, outcome) for item, outcome in zip(do.items, outcomes, strict=True)]
        ok = [_accepted(alarm, outcome) for alarm, outcome in told if outcome.refused is None]
        no = [_declined(alarm, outcome) for alarm, outcome in told if outcome.refused is not None]
        client.outbox.say(encode({"t": "done", "cid": do.cid, "ok": ok, "no": no}))


class Allowance:
    """How many messages may come: so many a second, saved up for two."""

    def __init__(self, per_second: int, clock: Clock) -> None:
        self._clock = clock
        self._rate = per_second
        self._most = 2 * per_second * SECOND
        self._left = self._most
        self._at = clock.monotonic()

    def take(self) -> bool:
        """Use one; tell whether there was one."""
        now = self._clock.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < SECOND:
            return False
        self._left -= SECOND
        return True


def _wish(do: Do, item: Target, request: str) -> Wish:
    until = None if do.until is None else from_iso(do.until.isoformat())
    return Wish(do.op, item.alarm, item.occurrence, do.note, request, until, do.once, do.of)


def _accepted(alarm: str, outcome: Outcome) -> dict[str, object]:
    last = outcome.done or (outcome.alarm.last if outcome.alarm else None)
    if last is None:
        return {"alarm": alarm, "occurrence": None, "rev": None, "state": None}
    return {"alarm": alarm, "occurrence": last.occurrence, "rev": last.n, "state": last.state}


def _declined(alarm: str, outcome: Outcome) -> dict[str, object]:
    stands = outcome.alarm
    last = stands.last if stands else None
    return {
        "alarm": alarm,
        "why": outcome.refused or "not_recorded",
        "by": stands.acked_by if stands else None,
        "at": time_or_none(stands.acked_at) if stands else None,
        "occurrence": last.occurrence if last else None,
        "rev": last.n if last else None,
        "state": last.state if last else None,
    }


def _err(client: Client, why: str, detail: str, number: int | None = None) -> None:
    client.outbox.say(encode({"t": "err", "id": number, "cid": None, "why": why, "detail": detail}))


def _notice_death(transport: asyncio.Transport) -> None:
    # A console whose cable was pulled never closes; without this the kernel would try for a quarter of an hour.
    socket = transport.get_extra_info("socket")
    if socket is not None and hasattr(sockets, "TCP_USER_TIMEOUT"):
        socket.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_USER_TIMEOUT, UNANSWERED_MS)
