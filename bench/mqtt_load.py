"""A publisher of QoS 1 messages as fast as the broker acknowledges them: `python -m bench.mqtt_load PORT COUNT [RATE]`.

The bare `mqtt5` codec in an asyncio protocol. Topics `bench/d000` … `bench/d999`, payload `{"value": n, "time": ms}`;
each message has a value of its own, the last one is -1 on the first topic. Prints one JSON line when all are acked.
"""

import asyncio
import json
import sys
import time

import uvloop
from mqtt5 import ConnAckPacket, ConnectPacket, PubAckPacket, PublishPacket, QoS, read

TOPICS = [f"bench/d{n:03}" for n in range(1000)]
LAST_VALUE = -1.0
CHUNK = 100


class Publisher(asyncio.Protocol):
    def __init__(self, count: int, rate: float) -> None:
        self.count, self.rate = count, rate
        self.sent = self.acked = 0
        self.window = 0
        self.first = self.last = 0.0
        self.done = asyncio.get_running_loop().create_future()
        self._rest = b""

    def connection_made(self, transport):  # type: ignore[no-untyped-def]
        self.transport = transport
        transport.write(ConnectPacket("bench-load", clean_start=True, keep_alive=600).write())

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        view, at, end = memoryview(data), 0, len(data)
        while at < end:
            try:
                packet, size = read(view[at:])
            except IndexError:
                break
            at += size
            if type(packet) is PubAckPacket:
                self.acked += 1
            elif type(packet) is ConnAckPacket:
                self.window = min(packet.receive_max, 2000)
                self.first = time.time()
        self._rest = data[at:]
        if self.acked == self.count and not self.done.done():
            self.last = time.time()
            self.done.set_result(None)
        self.pump()

    def allowed(self) -> int:
        free = min(self.window - (self.sent - self.acked), self.count - self.sent)
        if self.rate:
            free = min(free, int((time.time() - self.first) * self.rate) - self.sent)
            if free < CHUNK and self.sent < self.count:
                asyncio.get_running_loop().call_later(CHUNK / self.rate, self.pump)
        return free

    def pump(self) -> None:
        while (free := self.allowed()) >= min(CHUNK, self.count - self.sent) > 0:
            now = int(time.time() * 1000)
            out = [self.message(self.sent + n, now) for n in range(min(free, CHUNK))]
            self.sent += len(out)
            self.transport.write(b"".join(out))

    def message(self, n: int, now: int) -> bytes:
        topic, value = (TOPICS[0], LAST_VALUE) if n == self.count - 1 else (TOPICS[n % 1000], n / 2 + 0.25)
        payload = b'{"value": %.2f, "time": %d}' % (value, now)
        return PublishPacket(topic, payload, qos=QoS.AT_LEAST_ONCE, packet_id=n % 65_000 + 1).write()


async def main(port: int, count: int, rate: float) -> None:
    loop = asyncio.get_running_loop()
    _, publisher = await loop.create_connection(lambda: Publisher(count, rate), "127.0.0.1", port)
    await publisher.done
    cpu = time.process_time()
    print(json.dumps({"acked": publisher.acked, "first": publisher.first, "last": publisher.last, "cpu_s": cpu}))
    publisher.transport.close()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 0.0))
