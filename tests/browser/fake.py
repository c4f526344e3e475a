"""A hub of one page that speaks `citywatch.v1` from memory, so that the console can be held against bad ones.

Silent sockets, wrong digests, slow journals: a real hub does not do these on demand. The shapes are those of
docs/reference/websocket.md, written here by hand so that the console is not tested by the hub's own encoder.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

STATIC = Path(__file__).parents[2] / "adapters" / "web" / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
Row = dict[str, Any]
HOLDS = {"shelve": "shelved", "unshelve": None, "out_of_service": "out_of_service", "in_service": None}


def iso(seconds_ago: float = 0) -> str:
    """Write a time so many seconds ago."""
    return (
        (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def fnv_sum(rows: dict[str, Row]) -> str:
    """Compute the digest as the reference page describes it."""
    total = 0
    for key, row in rows.items():
        value = 2166136261
        for byte in f"{key}:{row['rev']}".encode():
            value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
        total += value
    return f"{total & 0xFFFFFFFF:08x}"


class Fake:
    """Rows by key, open sockets, and the ways to misbehave."""

    def __init__(
        self, site: Row, zones: list[Row], devices: list[Row], points: dict[str, list[Row]], alarms: list[Row]
    ) -> None:
        self.site, self.zones, self.points = site, zones, points
        self.rows = {1: {a["alarm"]: a for a in alarms}, 2: {d["device"]: d for d in devices}}
        self.outlines: list[Row] = []
        self.journal: list[Row] = []
        self.notifications: Row = {"channels": [], "rosters": [], "waiting": [], "items": []}
        self.dead_letters: list[Row] = []
        self.retried: list[str] = []
        self.steps: dict[str, list[Row]] = {}
        self.load: Row = {}
        self.pictures: Row = {}
        self.signed_in = True
        self.password = "a long enough phrase"
        self.frozen = self.lying = False
        self.heartbeat_s = 1.0
        self.acts: list[Row] = []
        self.may = ["ack", "comment", "read", "reset"]
        self.seq = 100
        self.subs: list[Row] = []
        self._said: list[Row] = []
        self._sockets: dict[web.WebSocketResponse, dict[int, str]] = {}
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen on a free loopback port, or on the one of before."""
        app = web.Application()
        app.router.add_get("/api/v1/stream", self._stream)
        app.router.add_post("/api/v1/login", self._login)
        app.router.add_post("/api/v1/notifications/{key}/retry", self._retry)
        app.router.add_post("/api/v1/alarms/{alarm:.+}/playbook/{step}", self._mark)
        app.router.add_get("/api/v1/{rest:.*}", self._get)
        app.router.add_get("/{rest:.*}", self._static)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and cut every socket."""
        for socket in list(self._sockets):
            await socket.close(code=1012)
        if self._runner:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where the console is."""
        return f"http://127.0.0.1:{self.port}/"

    async def put(self, topic: int, key: str, row: Row) -> None:
        """Change a row and tell everyone."""
        self.seq += 1
        self.rows[topic][key] = row
        await self._tell({"t": "ev", "id": topic, "seq": self.seq, "op": "put", "row": row})

    async def drop(self, topic: int, key: str) -> None:
        """Remove a row and tell everyone."""
        self.seq += 1
        row = self.rows[topic].pop(key)
        await self._tell({"t": "ev", "id": topic, "seq": self.seq, "op": "del", "key": key, "row": row})

    async def set_points(self, rows: list[Row]) -> None:
        """Tell new readings."""
        self.seq += 1
        await self._tell({"t": "ev", "id": 3, "seq": self.seq, "op": "set", "rows": rows})

    async def sign_out(self) -> None:
        """End everybody's session."""
        self.signed_in = False
        for socket in list(self._sockets):
            await socket.close(code=4401)

    async def _tell(self, message: Row) -> None:
        self._said.append(message)
        for socket, topics in list(self._sockets.items()):
            if message["id"] in topics and not socket.closed:
                await socket.send_json(message)

    async def _static(self, request: web.Request) -> web.StreamResponse:
        path = STATIC / request.match_info["rest"]
        page = path if path.is_file() else STATIC / "index.html"
        return web.FileResponse(page, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})

    async def _login(self, request: web.Request) -> web.Response:
        if (await request.json())["password"] != self.password:
            wrong = {"code": "wrong_password", "detail": "name or password is wrong"}
            return web.json_response({"title": "Unauthorized", "status": 401} | wrong, status=401)
        self.signed_in = True
        return web.json_response({"user": "anh", "role": "operator", "may": [], "language": "vi", "expires": None})

    async def _get(self, request: web.Request) -> web.Response:
        path = request.match_info["rest"]
        if not self.signed_in:
            return web.json_response({"title": "Unauthorized", "status": 401, "code": "sign_in"}, status=401)
        answers: dict[str, Any] = {
            "site": self.site,
            "zones": {"items": self.zones, "next": None},
            "map.geojson": {"type": "FeatureCollection", "features": self._features(), "problems": []},
            "journal": {"items": self._journal(request), "next": None},
            "holds": {"items": self._holds(), "next": None},
            "notifications": self.notifications,
            "kpi/alarms": self.load,
            "pictures": self.pictures,
            "notifications/dead-letters": {"items": self.dead_letters, "next": None},
        }
        if path in answers:
            return web.json_response(answers[path])
        if path.endswith("/playbook"):
            return web.json_response(self._checklist(path))
        if path.endswith("/points"):
            return web.json_response({"items": self.points[path.split("/")[1]], "next": None})
        if path.endswith("/history"):
            return web.json_response(self._history(path))
        return web.json_response({"title": "no such path", "status": 404, "detail": path}, status=404)

    def _checklist(self, path: str) -> Row:
        alarm = path.removeprefix("alarms/").removesuffix("/playbook")
        empty = {"occurrence": 1, "since": iso(), "mark": None, "started_by": None, "started_at": None}
        return {"alarm": alarm, **empty, "steps": self.steps.get(alarm, [])}

    async def _mark(self, request: web.Request) -> web.Response:
        alarm, step = request.match_info["alarm"], request.match_info["step"]
        for row in self.steps[alarm]:
            if row["step"] == step:
                row |= {"by": "an", "at": iso()} if (await request.json())["done"] else {"by": None, "at": None}
        return web.json_response(self._checklist(f"alarms/{alarm}/playbook"))

    async def _retry(self, request: web.Request) -> web.Response:
        self.retried.append(request.match_info["key"])
        self.dead_letters = [row for row in self.dead_letters if row["delivery"]["key"] not in self.retried]
        return web.json_response({"key": self.retried[-1], "channel": "sms"})

    def _journal(self, request: web.Request) -> list[Row]:
        alarm = request.query.get("alarm")
        return [row for row in self.journal if alarm is None or row["body"].get("alarm") == alarm]

    def _holds(self) -> list[Row]:
        shelved = [(row["alarm"], h) for row in self.rows[1].values() for h in row["holds"] if h["kind"] == "shelved"]
        return [{k: v for k, v in h.items() if k != "by"} | {"key": alarm, "alarms": 1} for alarm, h in shelved]

    def _features(self) -> list[Row]:
        spots = [
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": [at[1], at[0]]}, "properties": props}
            for at, props in (
                *((z["at"], {"what": "zone", "zone": z["zone"]}) for z in self.zones),
                *((d["at"], {"what": "device", "device": d["device"]}) for d in self.rows[2].values()),
            )
            if at
        ]
        return [*self.outlines, *spots]

    def _history(self, path: str) -> Row:
        point = "/".join(path.split("/")[1:3])
        items = []
        for n in range(120):
            value = 27 + 3 * ((n * 7) % 23) / 23 + (n / 40) ** 2
            bad = 60 <= n < 70
            items.append({
                "at": iso(3600 - n * 30), "low": value - 0.6, "high": value + 0.6, "last": round(value, 2),
                "quality": "bad" if bad else "good", "count": 30,
            })  # fmt: skip
        return {"point": point, "unit": None, "start": iso(3600), "end": iso(), "items": items}

    async def _stream(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("citywatch.v1",))
        await socket.prepare(request)
        if not self.signed_in:
            await socket.close(code=4401)
            return socket
        topics: dict[int, str] = {}
        self._sockets[socket] = topics
        await socket.send_json({
            "t": "hello", "v": 1, "epoch": "e1", "seq": self.seq, "time": iso(), "heartbeat_s": self.heartbeat_s,
            "user": "anh", "role": "operator", "may": self.may, "language": "vi",
        })  # fmt: skip
        beating = asyncio.create_task(self._beat(socket, topics))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._hear(socket, topics, json.loads(message.data))
        finally:
            beating.cancel()
            del self._sockets[socket]
        return socket

    async def _beat(self, socket: web.WebSocketResponse, topics: dict[int, str]) -> None:
        while not socket.closed:
            await asyncio.sleep(self.heartbeat_s)
            if not self.frozen:
                sums = {str(n): self._sum(n) for n in topics if n in self.rows}
                await socket.send_json({"t": "hb", "seq": self.seq, "time": iso(), "sums": sums})

    def _sum(self, topic: int) -> Row:
        rows = self.rows[topic]
        unacked = sum(1 for row in rows.values() if not row.get("acked", True) and not row["hold"])
        return {"count": len(rows), "unacked": unacked, "digest": "deadbeef" if self.lying else fnv_sum(rows)}

    async def _hear(self, socket: web.WebSocketResponse, topics: dict[int, str], message: Row) -> None:
        if message["t"] == "sub":
            topics[message["id"]] = message["topic"]
            self.subs.append(message)
            await (self._resume if "from" in message else self._snapshot)(socket, message)
        elif message["t"] == "do":
            await self._act(socket, message)

    async def _resume(self, socket: web.WebSocketResponse, message: Row) -> None:
        n = message["id"]
        await socket.send_json({"t": "resumed", "id": n, "topic": message["topic"], "seq": self.seq})
        for missed in self._said:
            if missed["id"] == n and missed["seq"] > message["from"]["seq"]:
                await socket.send_json(missed)

    async def _snapshot(self, socket: web.WebSocketResponse, message: Row) -> None:
        n, topic = message["id"], message["topic"]
        if topic == "points":
            wanted = set(message["filter"]["points"])
            keys = ("point", "value", "quality", "reason", "unit", "time", "source_time", "hub_time", "rev")
            rows = [{k: p[k] for k in keys} for points in self.points.values() for p in points if p["point"] in wanted]
        else:
            rows = list(self.rows[n].values())
        await socket.send_json({"t": "snap.begin", "id": n, "topic": topic, "seq": self.seq, "count": len(rows)})
        await socket.send_json({"t": "snap", "id": n, "rows": rows})
        await socket.send_json({"t": "snap.end", "id": n, "seq": self.seq, "digest": None})

    async def _act(self, socket: web.WebSocketResponse, message: Row) -> None:
        self.acts.append(message)
        key = message["items"][0]["alarm"]
        row = self.rows[1][key]
        if message["op"] in HOLDS:
            await self._hold(socket, message, row)
            return
        if row["acked"]:
            no = {"alarm": key, "why": "already", "by": row["acked_by"], "at": row["acked_at"],
                  "occurrence": row["occurrence"], "rev": row["rev"], "state": row["state"]}  # fmt: skip
            await socket.send_json({"t": "done", "cid": message["cid"], "ok": [], "no": [no]})
            return
        after = row | {"rev": row["rev"] + 1, "acked": True, "state": "acknowledged", "input": "ack", "by": "anh",
                       "acked_by": "anh", "acked_at": iso(), "at": iso(), "note": message.get("note")}  # fmt: skip
        ok = {"alarm": key, "occurrence": row["occurrence"], "rev": after["rev"], "state": after["state"]}
        await socket.send_json({"t": "done", "cid": message["cid"], "ok": [ok], "no": []})
        await self.put(1, key, after)

    async def _hold(self, socket: web.WebSocketResponse, message: Row, row: Row) -> None:
        kind = HOLDS[message["op"]]
        hold = {"kind": kind, "by": message.get("of", ""), "since": iso(), "until": message.get("until"),
                "once": message.get("once", False), "who": "anh", "why": message.get("note")}  # fmt: skip
        after = row | {"rev": row["rev"] + 1, "hold": kind, "holds": [hold] if kind else [], "input": message["op"]}
        ok = {"alarm": row["alarm"], "occurrence": row["occurrence"], "rev": after["rev"], "state": row["state"]}
        await socket.send_json({"t": "done", "cid": message["cid"], "ok": [ok], "no": []})
        await self.put(1, row["alarm"], after)
