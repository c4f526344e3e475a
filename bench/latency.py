"""From a value on the wire to its alarm on a console's WebSocket, through the real hub, broker and database.

`python -m bench.latency [--probes N]`: one JSON line a case: MQTT while nothing else happens, MQTT while 10,000 other
messages a second arrive, and a Modbus register scanned every 200 ms. Beside them, as the limit, the same value from a
publisher to a bare MQTT subscriber through the same broker.
"""

import argparse
import asyncio
import json
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import uvloop
from mqtt5 import ConnAckPacket, ConnectPacket, PublishPacket, QoS, SubscribePacket, TopicFilter, read

from adapters.timescale.embedded import EmbeddedPostgres
from bench.console import Console, console_at
from bench.ingest import HUB, as_url
from bench.ingest_site import write_site
from tests.support.mosquitto import Mosquitto

BACKGROUND = 10_000
PAUSE_S = 0.02
HIGH = 2_000_000_000
INTERVAL_S = 0.2
MODBUS_PROFILE = """
profile: bench/register
title: {vi: Thanh ghi, en: Register}
driver: modbus
source: bench
points:
  level: {kind: device.value, name: {vi: Mức, en: Level}, address: {table: holding, register: 0, type: uint32}}
examples:
""" + "".join(f"  - {{point: level, raw: [0, {n}], value: {n}}}\n" for n in range(5))


class Mqtt(asyncio.Protocol):
    """A bare MQTT 5 client: publishes QoS 1, and tells when a message arrives."""

    def __init__(self, name: str, listen: str | None = None) -> None:
        self.name, self.listen = name, listen
        self.ready = asyncio.get_running_loop().create_future()
        self.arrived: asyncio.Queue[float] = asyncio.Queue()
        self._rest = b""
        self._number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.write(ConnectPacket(self.name, clean_start=True, keep_alive=600).write())

    def write(self, data: bytes) -> None:
        self.transport.write(data)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        view, at = memoryview(data), 0
        while at < len(data):
            try:
                packet, size = read(view[at:])
            except IndexError:
                break
            at += size
            if type(packet) is ConnAckPacket:
                if self.listen:
                    self.write(SubscribePacket(1, [TopicFilter(self.listen)]).write())
                self.ready.set_result(None)
            elif type(packet) is PublishPacket:
                self.arrived.put_nowait(time.perf_counter())
        self._rest = data[at:]

    def publish(self, topic: str, value: int) -> float:
        self._number = self._number % 60_000 + 1
        payload = b'{"value": %d}' % value
        packet = PublishPacket(topic, payload, qos=QoS.AT_LEAST_ONCE, packet_id=self._number).write()
        begun = time.perf_counter()
        self.write(packet)
        return begun


class Register(asyncio.Protocol):
    """A Modbus TCP device with one 32-bit value."""

    value = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        body = struct.pack(">I", Register.value)
        head = struct.pack(">HHBBB", 0, 3 + len(body), data[6], data[7], len(body))
        self.transport.write(data[:2] + head + body)  # type: ignore[attr-defined]


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1000


def line(case: str, took: list[float], sent: int, **more: float) -> None:
    figures = {"probes": sent, "heard": len(took), "p50_ms": percentile(took, 0.5), "p99_ms": percentile(took, 0.99)}
    figures |= {"max_ms": max(took) * 1000} | more
    print(json.dumps({"bench": "latency", "case": case} | {k: round(v, 2) for k, v in figures.items()}), flush=True)


@asynccontextmanager
async def the_hub(folder: Path, port: int, modbus: int, dsn: str) -> AsyncIterator[tuple[str, str]]:
    """Run the hub; give its address and a token."""
    site = write_site(folder / "site", port, as_url(dsn))
    (site / "profiles" / "bench" / "register.yaml").write_text(MODBUS_PROFILE)
    device = f"  - {{id: register, profile: bench/register, zone: here, interval: {int(INTERVAL_S * 1000)}ms,\n"
    device += f"     connection: {{host: 127.0.0.1, port: {modbus}}}}}\n"
    (site / "devices.yaml").write_text((site / "devices.yaml").read_text() + device)
    state = folder / "state"
    command = [*HUB, "run", str(site), "--state", str(state), "--port", "0", "--json"]
    hub = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    try:
        assert hub.stdout is not None
        ready = json.loads(await hub.stdout.readline())
        ask = [*HUB, "token", "create", "bench", "--role", "operator", "--state", str(state)]
        token = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split()[-1]
        yield ready["url"], token
    finally:
        hub.send_signal(signal.SIGTERM)
        await hub.wait()


async def probe(console: Console, publisher: Mqtt, count: int) -> tuple[list[float], int]:
    """Raise `count` alarms one by one, each at a device of its own turn; return seconds from wire to socket."""
    took = []
    for n in range(count):
        device = f"d{(n * 7) % 1000:03}"
        heard = console.expect(device)
        begun = publisher.publish(f"bench/{device}", HIGH + n)
        try:
            took.append(await asyncio.wait_for(heard, 5) - begun)
        except TimeoutError:
            continue
        publisher.publish(f"bench/{device}", 0)
        await asyncio.sleep(PAUSE_S)
    return took, count


async def probe_modbus(console: Console, count: int) -> tuple[list[float], int]:
    took = []
    for n in range(count):
        Register.value = 0
        await asyncio.sleep(2 * INTERVAL_S + random.random() * INTERVAL_S)
        heard = console.expect("register")
        Register.value, begun = HIGH + n, time.perf_counter()
        took.append(await asyncio.wait_for(heard, 5) - begun)
    return took, count


async def probe_bare(port: int, publisher: Mqtt, count: int) -> tuple[list[float], int]:
    _, listener = await asyncio.get_running_loop().create_connection(lambda: Mqtt("bare", "bare/x"), "127.0.0.1", port)
    await listener.ready
    took = []
    for n in range(count):
        await asyncio.sleep(PAUSE_S)
        begun = publisher.publish("bare/x", n)
        took.append(await listener.arrived.get() - begun)
    listener.transport.close()
    return took, count


async def run(folder: Path, broker: Mosquitto, dsn: str, probes: int) -> None:
    loop = asyncio.get_running_loop()
    modbus = await loop.create_server(Register, "127.0.0.1", 0)
    port = modbus.sockets[0].getsockname()[1]
    _, publisher = await loop.create_connection(lambda: Mqtt("probe"), "127.0.0.1", broker.port)
    await publisher.ready
    async with the_hub(folder, broker.port, port, dsn) as (url, token), console_at(url, token) as console:
        await asyncio.sleep(2)
        line("broker alone", *await probe_bare(broker.port, publisher, probes))
        line("mqtt idle", *await probe(console, publisher, probes))
        seconds = probes * (PAUSE_S + 0.05) + 5
        load = [sys.executable, "-m", "bench.mqtt_load", str(broker.port)]
        load += [str(int(BACKGROUND * seconds)), str(BACKGROUND)]
        loading = await asyncio.create_subprocess_exec(*load, stdout=subprocess.PIPE)
        await asyncio.sleep(1.5)
        took, sent = await probe(console, publisher, probes)
        still = loading.returncode is None
        line("mqtt at 10,000/s", took, sent, load_ran_throughout=float(still))
        with suppress(ProcessLookupError):
            loading.terminate()
        await loading.wait()
        line("modbus 200 ms", *await probe_modbus(console, max(20, probes // 10)), interval_ms=INTERVAL_S * 1000)
    modbus.close()


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--probes", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        postgres = EmbeddedPostgres(folder / "postgres")
        broker = Mosquitto(folder / "broker").start()
        try:
            await run(folder, broker, await postgres.start(), options.probes)
        finally:
            broker.stop()
            await postgres.stop()


if __name__ == "__main__":
    uvloop.run(main())
