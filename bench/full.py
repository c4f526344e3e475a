"""The whole hub with a full queue everywhere: the disk refuses, the database is away, no console reads, and more comes.

`python -m bench.full [--seconds N]`: one JSON line. The hub may write no file beyond `FILE_MB`, so that its spool is
refused soon; nobody listens at the database's address; `CONSOLES` consoles subscribe to everything and read nothing; a
publisher sends QoS 0 messages, which nobody can hold back, at 5,000 a second, and one in `FLAPPING` begins or ends an
alarm. Beside the memory stand the proofs that the queues were full: records that wait (a broker's line takes no more
beyond ten thousand, and the broker drops them), events that consoles lost.
"""

import argparse
import asyncio
import json
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import uvloop
from aiohttp import ClientSession, ClientWebSocketResponse, TCPConnector
from mqtt5 import ConnectPacket, PublishPacket, QoS

from bench.ingest import HUB, peak_rss_mb
from bench.ingest_site import write_site
from tests.support.mosquitto import Mosquitto

FILE_MB, CONSOLES, RATE, FLAPPING = 9, 100, 5_000, 10
AWAY = "postgresql://nobody@127.0.0.1:{port}/none"
WAITING = 'citywatch_file_pending{file="spool"}'
TOPICS = ("alarms", "devices", "events", "system")


def start_hub(folder: Path, port: int) -> "subprocess.Popen[str]":
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        away = AWAY.format(port=free.getsockname()[1])
    command = ["bash", "-c", f'ulimit -f {FILE_MB << 10}; exec "$@"', "narrow"]
    command += [*HUB, "run", str(write_site(folder / "site", port, away))]
    command += ["--state", str(folder / "state"), "--port", "0", "--json"]
    with (folder / "hub.log").open("w") as errors:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)


async def publish(port: int, until: float) -> int:
    """Send QoS 0 messages at the rate; return how many."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(ConnectPacket("full", clean_start=True, keep_alive=600).write())
    await asyncio.sleep(0.5)
    sent, begun = 0, time.monotonic()
    while time.monotonic() < until:
        for _ in range(50):
            high = 2e9 if sent % FLAPPING == 0 and sent // FLAPPING % 2 else float(sent % 1000)
            topic = f"bench/d{sent // FLAPPING // 2 % 1000 if sent % FLAPPING == 0 else sent % 1000:03}"
            body = json.dumps({"value": high, "time": int(time.time() * 1000)}).encode()
            writer.write(PublishPacket(topic, body, qos=QoS.AT_MOST_ONCE).write())
            sent += 1
        await writer.drain()
        await asyncio.sleep(max(0.0, sent / RATE - (time.monotonic() - begun)))
    writer.close()
    return sent


async def deaf_console(session: ClientSession, url: str) -> ClientWebSocketResponse:
    """Open a WebSocket, subscribe to everything, and never read."""
    socket_ = await session.ws_connect(f"{url.replace('http', 'ws')}/api/v1/stream", protocols=("citywatch.v1",))
    for number, topic in enumerate(TOPICS, 1):
        await socket_.send_json({"t": "sub", "id": number, "topic": topic})
    return socket_


async def figures(session: ClientSession, url: str) -> dict[str, float]:
    async with session.get(f"{url}/metrics") as answer:
        lines = [line for line in (await answer.text()).splitlines() if not line.startswith("#")]
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}


def summed(found: dict[str, float], name: str) -> float:
    return sum(value for key, value in found.items() if key.partition("{")[0] == name)


async def run(folder: Path, broker: Mosquitto, seconds: float) -> dict[str, float | str]:
    hub = start_hub(folder, broker.port)
    try:
        assert hub.stdout is not None
        ready = json.loads(await asyncio.to_thread(hub.stdout.readline))
        ask = [*HUB, "token", "create", "bench", "--role", "operator", "--state", str(folder / "state")]
        made = await asyncio.to_thread(subprocess.run, ask, capture_output=True, text=True, check=True)
        headers = {"Authorization": f"Bearer {made.stdout.split()[-1]}"}
        async with ClientSession(headers=headers, connector=TCPConnector(limit=0)) as session:
            consoles = [await deaf_console(session, ready["url"]) for _ in range(CONSOLES)]
            sent = await publish(broker.port, time.monotonic() + seconds)
            found, rss = await figures(session, ready["url"]), peak_rss_mb(hub.pid)
            for console in consoles:
                console._response.close()
    finally:
        hub.send_signal(signal.SIGKILL)
        hub.wait()
    return {
        "bench": "full", "case": "everywhere", "sent": sent, "rss_mb": round(rss, 1),
        "records_dropped": summed(found, "citywatch_dropped_total"),
        "records_waiting": found.get(WAITING, 0.0),
        "events_consoles_lost": summed(found, "citywatch_web_events_dropped_total"),
        "consoles_cut": summed(found, "citywatch_web_clients_cut_total"),
        "alarms_unheard": summed(found, "citywatch_transitions_waiting"),
    }  # fmt: skip


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        broker = Mosquitto(folder / "broker").start()
        try:
            print(json.dumps(await run(folder, broker, options.seconds)), flush=True)
        finally:
            broker.stop()


if __name__ == "__main__":
    uvloop.run(main())
