"""Many bare Modbus TCP servers in one process, for benchmarks: precomputed answers, and a witness of the requests.

`python -m bench.modbus_farm COUNT` prints {"ports": […]} and then obeys lines on standard input: `reset` forgets what
was seen, `silence N` lets the first N servers answer nothing from now on, `report` prints one JSON line about the
periods between requests of the servers that answer. It ends when its standard input is closed.
"""

import asyncio
import itertools
import json
import struct
import sys
import threading
import time

import uvloop

BODIES = {count: struct.pack(f">{count}H", *[200 + n for n in range(count)]) for count in range(1, 126)}


class Server(asyncio.Protocol):
    """One device: input and holding registers that hold 200, 201, …"""

    def __init__(self, seen: list[float], silent: "set[int]", number: int) -> None:
        self.seen = seen
        self.silent = silent
        self.number = number

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.seen.append(time.perf_counter())
        if self.number in self.silent:
            return
        count = data[11]
        body = BODIES[count]
        head = struct.pack(">HHBBB", 0, 3 + len(body), data[6], data[7], len(body))
        self.transport.write(data[:2] + head + body)  # type: ignore[attr-defined]


class Farm:
    """The servers, and what they saw."""

    def __init__(self, count: int) -> None:
        self.seen: list[list[float]] = [[] for _ in range(count)]
        self.silent: set[int] = set()
        self.since = time.perf_counter()
        self.before = 0
        """Requests seen before the last reset."""

    async def open(self) -> list[int]:
        loop = asyncio.get_running_loop()
        ports = []
        for number, seen in enumerate(self.seen):
            server = await loop.create_server(lambda n=number, s=seen: Server(s, self.silent, n), "127.0.0.1", 0)  # type: ignore[misc]
            ports.append(server.sockets[0].getsockname()[1])
        return ports

    def obey(self, line: str) -> None:
        word, _, rest = line.strip().partition(" ")
        if word == "reset":
            self.before += sum(len(s) for s in self.seen)
            for seen in self.seen:
                seen.clear()
            self.since = time.perf_counter()
        elif word == "silence":
            self.silent.update(range(int(rest)))
        elif word == "report":
            print(json.dumps(self.report()), flush=True)

    def report(self) -> dict[str, float]:
        took = time.perf_counter() - self.since
        lists = [s for n, s in enumerate(self.seen) if n not in self.silent]
        periods = sorted(b - a for s in lists for a, b in itertools.pairwise(s))
        requests = sum(len(s) for s in lists)
        if not periods:
            return {"requests": requests, "seconds": took}
        typical = periods[len(periods) // 2]
        off = sorted(abs(p - typical) for p in periods)
        return {
            "requests": requests,
            "requests_ever": requests + self.before,
            "seconds": took,
            "period_p50_s": typical,
            "off_p99_s": off[int(len(off) * 0.99)],
            "off_max_s": off[-1],
        }


async def main(farm: Farm) -> None:
    """Open the servers and obey until standard input is closed."""
    print(json.dumps({"ports": await farm.open()}), flush=True)
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    def listen() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(farm.obey, line)
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=listen, daemon=True).start()
    await over.wait()


if __name__ == "__main__":
    uvloop.run(main(Farm(int(sys.argv[1]))))
