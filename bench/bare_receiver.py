"""The least that receives a message and keeps it: codec, JSON, one binary COPY a batch, acknowledgement after commit.

`python -m bench.bare_receiver PORT DSN TABLE`. No hub, no rules, no spool, no quality: what the hub is measured
against. Prints `ready` when subscribed and runs until it is terminated.
"""

import asyncio
import struct
import sys

import msgspec
import psycopg
import uvloop
from mqtt5 import (
    ConnAckPacket,
    ConnectPacket,
    PubAckPacket,
    PublishPacket,
    QoS,
    SubAckPacket,
    SubscribePacket,
    TopicFilter,
    read,
)

from hub.model import row_id

HEADER, TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
ROW = struct.Struct(">hiqidiqiiihi").pack
EPOCH_MS = 946_684_800_000
IDS = {f"bench/d{n:03}": row_id("bench", f"d{n:03}", "value") for n in range(1000)}


class Receiver(asyncio.Protocol):
    def __init__(self) -> None:
        self.rest = b""
        self.rows: list[bytes] = []
        self.ids: list[int] = []
        self.news = asyncio.Event()

    def connection_made(self, transport):  # type: ignore[no-untyped-def]
        self.transport = transport
        transport.write(ConnectPacket("bench-bare", keep_alive=600, receive_max=2000).write())

    def data_received(self, data: bytes) -> None:
        data = self.rest + data
        view, at, end = memoryview(data), 0, len(data)
        decode, rows, ids = msgspec.json.decode, self.rows, self.ids
        while at < end:
            try:
                packet, size = read(view[at:])
            except IndexError:
                break
            at += size
            if type(packet) is PublishPacket:
                said = decode(packet.payload)
                at_us = (said["time"] - EPOCH_MS) * 1000
                rows.append(ROW(6, 8, at_us, 8, said["value"], 8, IDS[packet.topic], 4, 0, 2, 0, -1))
                ids.append(packet.packet_id)
            elif type(packet) is ConnAckPacket:
                wanted = [TopicFilter("bench/+", max_qos=QoS.AT_LEAST_ONCE)]
                self.transport.write(SubscribePacket(1, wanted).write())
            elif type(packet) is SubAckPacket:
                print("ready", flush=True)
        self.rest = data[at:]
        self.news.set()


async def main(port: int, dsn: str, table: str) -> None:
    loop = asyncio.get_running_loop()
    connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True)
    _, receiver = await loop.create_connection(Receiver, "127.0.0.1", port)
    statement = f"copy {table} (time, value, point_id, lag_ms, quality, text) from stdin (format binary)"
    while True:
        await receiver.news.wait()
        receiver.news.clear()
        rows, ids = receiver.rows, receiver.ids
        if not rows:
            continue
        receiver.rows, receiver.ids = [], []
        async with connection.cursor() as cursor, cursor.copy(statement) as copy:
            await copy.write(b"".join([HEADER, *rows, TRAILER]))
        receiver.transport.write(b"".join([PubAckPacket(i).write() for i in ids]))


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
