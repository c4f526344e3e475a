"""`citywatch trace` on the wire: what is asked and answered, in words and in bytes, without secrets."""

import asyncio
import json

import aiohttp
import pytest
import typer
from pydantic import BaseModel, SecretStr

from drivers.base import Seen
from drivers.http.ingest_spec import SPEC as INGEST
from drivers.modbus import SPEC
from drivers.modbus.trace import spoken
from hub.cli.trace import _printer, follow, masked, secrets_of, trace
from hub.model import SECOND, SystemClock
from tests.support.broken_modbus import broken_modbus, crc16, exception, good, never
from tests.unit.drivers.modbus import device, point
from tests.unit.http.test_ingest import GOOD, SECRET, signed
from tests.unit.http.test_ingest import device as desk

POINTS = (point("a", table="holding", register=10), point("b", table="coil", register=3))


async def seen_of(server, *, framing="tcp", seconds=0.5):
    told = []
    traced = device(POINTS, server.port, framing=framing)
    return await follow(traced, SPEC, seconds, told.append), told


@pytest.mark.parametrize("framing", ["tcp", "rtu"])
async def test_requests_answers_and_values_of_a_modbus_device_are_told_in_turn(framing):
    async with broken_modbus(rtu=framing == "rtu") as server:
        server.script = [good]
        reached, told = await seen_of(server, framing=framing)
    assert reached
    ways = [(s.way, s.says) for s in told[:6]]
    assert ways == [
        ("sent", "unit 1: read coil 3"),
        ("received", "unit 1: coil bits, first on the right: 00000000"),
        ("sent", "unit 1: read holding 10"),
        ("received", "unit 1: holding 010a"),
        ("value", "d/b False"),
        ("value", "d/a 266"),
    ]
    assert told[2].raw[-5:] == b"\x03\x00\x0a\x00\x01" or framing == "rtu"


async def test_a_refusal_and_a_silence_are_told_as_what_they_are():
    async with broken_modbus() as server:
        server.script = [exception(2), never]
        reached, told = await seen_of(server)
    assert reached
    says = [s.says for s in told]
    assert "unit 1: refuses: illegal data address (exception 2)" in says
    assert any(s.way == "fault" and "did not answer within" in s.says for s in told)


async def test_a_device_that_cannot_be_reached_is_told_and_ends_the_trace():
    async with broken_modbus() as server:
        pass
    reached, told = await seen_of(server, seconds=5)
    assert not reached
    assert [s.way for s in told] == ["fault"]
    assert str(server.port) in told[0].says


def test_a_piece_of_a_frame_is_called_so():
    body = bytes([1, 3, 2, 0, 9])
    assert spoken(False, body + crc16(body), True).says == "unit 1: holding 0009"
    assert "a piece of a frame" in spoken(False, b"\0\1\0\0\0", False).says
    assert "do not fit" in spoken(False, b"\0\1\0\0\0\5\1\3\x09\0\1", False).says


def test_secrets_are_masked_in_words_and_then_no_bytes_are_shown():
    class Inner(BaseModel):
        community: SecretStr = SecretStr("hush-hush")

    class Outer(BaseModel):
        inner: Inner = Inner()
        host: str = "h"

    secrets = tuple(secrets_of(Outer()))
    assert secrets == ("hush-hush",)
    assert masked(Seen("received", "say hush-hush", b"say hush-hush"), secrets) == Seen("received", "say ***")
    told = masked(Seen("received", 't {"Wifi_Password": "p4,ss", "level": 3}', b"raw"), ())
    assert (told.says, told.raw) == ('t {"Wifi_Password": ***, "level": 3}', b"")
    assert masked(Seen("value", "d/a 5", b"x"), secrets) == Seen("value", "d/a 5", b"x")


def test_what_is_printed_cannot_command_a_terminal_and_json_has_the_bytes(capsys):
    _printer(False)(Seen("received", "t \x1b[2J", bytes(range(70))))
    line, more = capsys.readouterr().out.splitlines()
    assert "\x1b" not in line
    assert more.strip().endswith("… 70 bytes")
    _printer(True)(Seen("sent", "q", b"\x01\xff"))
    row = json.loads(capsys.readouterr().out)
    assert (row["way"], row["says"], row["hex"]) == ("sent", "q", "01ff")


def test_a_plate_is_shown_neither_in_words_nor_in_bytes():
    said = "20A-123.45 passed"
    assert masked(Seen("received", said, said.encode()), ()) == Seen("received", "20A-***.45 passed")
    hidden = masked(Seen("received", "312 bytes of JSON", b'{"plate": "XYZ9876"}'), ())
    assert hidden == Seen("received", "312 bytes of JSON")


def test_an_unknown_device_or_one_that_cannot_be_traced_ends_in_a_sentence(tmp_path, capsys):
    (tmp_path / "site.yaml").write_text(
        "version: 1\nsite: {id: s}\nzones: [{id: z}]\ndevices:\n"
        "  - {id: host-1, profile: net/snmp-traps, zone: z, connection: {communities: [{env: PATH}]}}\n"
    )
    with pytest.raises(typer.Exit):
        trace("hots-1", tmp_path)
    assert "there is no device 'hots-1'; did you mean 'host-1'" in capsys.readouterr().err
    with pytest.raises(typer.Exit):
        trace("host-1", tmp_path)
    assert (
        "speaks snmp-trap, which cannot be traced; files, http, http-ingest, modbus, mqtt, onvif, opcua, snmp can"
        in capsys.readouterr().err
    )


async def test_what_a_system_pushes_to_a_trace_is_judged_and_never_taken():
    told, sent, ready = [], [], asyncio.Event()

    def tell(seen):
        told.append(seen)
        ready.set()

    tracing = asyncio.create_task(INGEST.trace()(desk(), tell))
    await asyncio.wait_for(ready.wait(), 5)
    url = told[0].says.split()[2].rstrip(";")

    async def push(body, secret=SECRET):
        at = int(SystemClock().now() // SECOND)
        headers = {
            "Idempotency-Key": "k1", "Webhook-Timestamp": str(at), "Webhook-Signature": signed(body, "k1", at, secret)
        }  # fmt: skip
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
            sent.append((answer.status, answer.headers.get("Retry-After")))

    await push(json.dumps(GOOD).encode())
    await push(json.dumps(GOOD).encode(), "another secret, too long")
    await push(b'{"ho_ten": "x"}')
    await push(b" " * 70_000)
    tracing.cancel()
    await asyncio.gather(tracing, return_exceptions=True)
    assert sent == [(503, "10")] * 4, "whoever pushes keeps it, and the hub gets it later"
    says = [f"{s.way} {s.says}" for s in told]
    assert "value desk/open 41" in says
    assert any(s.startswith("value desk report.citizen opened/R1") for s in says)
    assert any(s.startswith("fault unsigned:") for s in says)
    assert any(s.startswith("fault persons:") for s in says)
    assert says[-1] == "fault the body has more than 65536 bytes"
