"""Orders to running simulators: a Unix socket that takes one JSON object a line and answers each with one line.

    {"set": {"panel/z07.alarm": true, "psu/voltage": {"to": 21.5, "over": "10s"}}}     null gives a point back
    {"get": "panel/z07.alarm"}   {"get": ["panel/z07.alarm", "psu/voltage"]}
    {"fault": {"device": "panel", "kind": "delay", "args": {"seconds": 5}}}
    {"heal": "panel"}   {"heal": {"device": "panel", "kind": "delay"}}   {"heal": null}
    {"notify": {"device": "switch", "event": "link_down", "about": "switch/p03.status", "inform": true}}
    {"scenario": "flood"}   {"scenario": null}

Only the user who started the simulators may open the socket (mode 0600).
"""

import asyncio
import fcntl
import os
import socket
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import msgspec

from hub.config.durations import positive
from hub.config.problems import Problem
from hub.model import ConfigError, Value
from simulators.check import check_value
from simulators.fleet import Fleet
from simulators.stage import Stage

_LONGEST_LINE = 65_536
_MOST_CLIENTS = 16
_LONGEST_PATH = 100
"""Bytes; the system takes 108 in the address of a Unix socket."""
NAME = "simulators.sock"

Answer = dict[str, Any]


class Control:
    """The control socket of one fleet."""

    def __init__(self, fleet: Fleet, stage: Stage, folder: Path | None = None) -> None:
        self._fleet, self._stage = fleet, stage
        self._folder = folder
        self._own_folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock: TextIO | None = None
        self._server: asyncio.Server | None = None
        self._clients: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}
        self.path: Path | None = None
        """Where the socket is, once started."""
        self._orders: dict[str, Callable[[Any], Answer | Awaitable[Answer]]] = {
            "set": self._set, "get": self._get, "fault": self._fault, "heal": self._heal, "notify": self._notify,
            "scenario": self._scenario,
        }  # fmt: skip

    async def start(self) -> Path:
        """Listen in the folder, or in one of our own where there is none or its name is too long. Raises OSError."""
        folder = self._folder
        if folder is None or len(os.fsencode(folder.resolve() / NAME)) > _LONGEST_PATH:
            self._own_folder = tempfile.TemporaryDirectory(prefix="citywatch-")
            folder = Path(self._own_folder.name)
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder.resolve() / NAME
        self._lock = _locked(self.path)
        bound = _bound(self.path)
        self._server = await asyncio.start_unix_server(self._connected, sock=bound, limit=_LONGEST_LINE)
        return self.path

    async def stop(self) -> None:
        """Close the socket and take it away; safe to call twice."""
        server, self._server = self._server, None
        if server is None or self.path is None:
            return
        server.close()
        talks = [task for task in self._clients if task is not None]
        for writer in self._clients.values():
            writer.close()
        await asyncio.gather(*talks, return_exceptions=True)
        await server.wait_closed()
        self.path.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
            self.path.with_suffix(".lock").unlink(missing_ok=True)
        if self._own_folder is not None:
            self._own_folder.cleanup()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._clients) >= _MOST_CLIENTS:
            writer.close()
            return
        self._clients[asyncio.current_task()] = writer
        try:
            await self._converse(reader, writer)
        finally:
            del self._clients[asyncio.current_task()]
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while True:
                try:
                    line = await reader.readline()
                except ValueError:
                    writer.write(_line({"ok": False, "error": f"a line is at most {_LONGEST_LINE} bytes"}))
                    await writer.drain()
                    return
                if not line:
                    return
                writer.write(_line(await self.answer(line)))
                await writer.drain()

    async def answer(self, line: bytes) -> Answer:
        """Carry out one order; never raises for a wrong one, whose answer says what is wrong."""
        try:
            word, given = self._order(line)
            done = self._orders[word](given)
            return {"ok": True, **(done if isinstance(done, dict) else await done)}
        except ConfigError as wrong:
            return {"ok": False, "error": _sentences(wrong)}
        except KeyError as unknown:
            return {"ok": False, "error": f"there is no {unknown.args[0]!r} in this site, or it has no simulator"}
        except (ValueError, TypeError) as wrong:
            return {"ok": False, "error": str(wrong)}

    def _order(self, line: bytes) -> tuple[str, Any]:
        try:
            order = msgspec.json.decode(line)
        except msgspec.DecodeError as wrong:
            raise ValueError(f"not JSON: {wrong}") from None
        if not isinstance(order, dict) or len(order) != 1:
            raise ValueError(f"expected an object with one of {', '.join(self._orders)}")
        [(word, given)] = order.items()
        if word not in self._orders:
            raise ValueError(f"unknown order {word!r}; known: {', '.join(self._orders)}")
        return str(word), given

    def _set(self, given: Any) -> Answer:
        if not isinstance(given, dict):
            raise ValueError('expected {"set": {"device/point": value}}')
        moves = {point: _move(value) for point, value in given.items()}
        for point, (value, _) in moves.items():
            known = self._fleet.point(point)
            if value is not None:
                check_value(known, value)
        for point, (value, over) in moves.items():
            self._fleet.set(point, value, over)
        return {}

    def _notify(self, given: Any) -> Answer:
        known = {"device", "event", "about", "inform"}
        if not isinstance(given, dict) or not {"device", "event"} <= given.keys() <= known:
            raise ValueError('expected {"notify": {"device": …, "event": …, "about": "device/point", "inform": true}}')
        about = given.get("about")
        if about is not None:
            self._fleet.point(about)
        self._fleet.notify(given["device"], given["event"], about=about, confirmed=given.get("inform") is True)
        return {}

    def _get(self, given: Any) -> Answer:
        points = [given] if isinstance(given, str) else given
        if not isinstance(points, list) or not all(isinstance(point, str) for point in points):
            raise ValueError('expected {"get": "device/point"} or a list of them')
        return {"values": {point: self._fleet.get(point) for point in points}}

    def _fault(self, given: Any) -> Answer:
        device, kind = _named(given, "device"), _named(given, "kind")
        args = given.get("args", {})
        if not isinstance(args, dict) or not all(type(value) in (int, float) for value in args.values()):
            raise ValueError("the arguments of a fault are numbers by name")
        self._fleet.fault(device, kind, **args)
        return {}

    def _heal(self, given: Any) -> Answer:
        if given is None:
            self._fleet.reset()
        elif isinstance(given, str):
            self._fleet.heal(given)
        else:
            device = _named(given, "device")
            self._fleet.heal(device, _named(given, "kind") if "kind" in given else None)
        return {}

    async def _scenario(self, given: Any) -> Answer:
        if given is not None and not isinstance(given, str):
            raise ValueError('expected {"scenario": "name"}, or null for none')
        await self._stage.change(given)
        return {"scenario": given}


def _sentences(wrong: ConfigError) -> str:
    problems = wrong.problems if isinstance(wrong.problems, list | tuple) else ()
    said = [f"{p.file}:{p.line}: {p.message}; {p.hint}".rstrip("; ") for p in problems if isinstance(p, Problem)]
    return " ".join(said) or str(wrong)


def _named(given: Any, word: str) -> str:
    found = given.get(word) if isinstance(given, dict) else None
    if not isinstance(found, str):
        raise ValueError(f'expected an object with "{word}"')
    return found


def _move(given: Any) -> tuple[Value | None, int]:
    """Return the value and over how many nanoseconds it is reached. Raises ValueError."""
    if isinstance(given, dict):
        if set(given) != {"to", "over"} or type(given["to"]) not in (int, float):
            raise ValueError('a movement is {"to": number, "over": "10s"}')
        return given["to"], positive(given["over"])
    if given is not None and not isinstance(given, bool | int | float | str):
        raise ValueError(f"a point is a number, a text, true, false or null, not {given!r}")
    return given, 0


def _line(answer: Answer) -> bytes:
    return msgspec.json.encode(answer) + b"\n"


def _locked(path: Path) -> TextIO:
    """Return a file that says these simulators are at work here. Raises OSError when others are."""
    lock = path.with_suffix(".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise OSError(f"other simulators already take orders at {path}") from None
    return lock


def _bound(path: Path) -> socket.socket:
    """Return a socket bound to `path`, where a dead one may lie, that only this user may open. Raises OSError."""
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        made.bind(str(path))
    except OSError:
        made.close()
        raise
    finally:
        os.umask(before)
    return made
