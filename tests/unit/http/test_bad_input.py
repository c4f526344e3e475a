"""Whatever a server says wrongly ends in a word and a count, and never in a value."""

import pytest

from drivers.http import SPEC
from drivers.http.client import judged
from hub.model import Misconfigured, NoAnswer
from hub.wire.persons import person_field
from tests.support.http_server import Asked, Said
from tests.unit.http.rig import ask, served

GOOD = b'{"open": 12, "late": 3}'


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (204, "protocol_error"), (301, "misconfigured"), (307, "misconfigured"), (400, "refused"), (401, "auth_failed"),
        (403, "refused"), (404, "misconfigured"), (408, "timeout"), (410, "misconfigured"), (429, "refused"),
        (500, "refused"), (502, "unreachable"), (503, "refused"), (504, "timeout"),
    ],
)  # fmt: skip
async def test_every_status_has_its_word_of_health(status: int, word: str) -> None:
    async with served(lambda _: (status, {}, b"")) as driver:
        with pytest.raises(NoAnswer) as told:
            await ask(driver)
    assert told.value.reason == word


async def test_a_redirect_is_not_followed_and_names_where_it_leads() -> None:
    asked: list[str] = []

    def answer(a: Asked) -> Said:
        asked.append(a.path)
        return 302, {"Location": "http://169.254.169.254/latest"}, b""

    async with served(answer) as driver:
        with pytest.raises(NoAnswer, match=r"169\.254\.169\.254"):
            await ask(driver)
        assert driver.client.refused == 1
    assert asked == ["/feed"]


@pytest.mark.parametrize("size", [1025, 100_000_000])
async def test_an_answer_that_says_it_is_too_large_is_not_read(size: int) -> None:
    def answer(_: Asked) -> Said:
        return 200, {"Content-Length": str(size)}, b"["

    async with served(answer, limits={"largest": 1024}) as driver:
        with pytest.raises(NoAnswer, match="more than 1024 bytes"):
            await ask(driver)
        assert driver.client.received == 0


async def test_chunks_without_end_are_cut_off_at_the_limit() -> None:
    def answer(a: Asked) -> Said | None:
        a.send_response(200)
        a.send_header("Transfer-Encoding", "chunked")
        a.end_headers()
        try:
            while True:
                a.wfile.write(b"2000\r\n" + b" " * 0x2000 + b"\r\n")
        except OSError:
            return None

    async with served(answer, limits={"largest": 65_536}) as driver:
        with pytest.raises(NoAnswer, match="more than 65536 bytes"):
            await ask(driver)
        assert driver.client.received < 65_536 + 131_072


async def test_a_byte_now_and_then_is_no_answer_in_time() -> None:
    def answer(a: Asked) -> Said | None:
        a.send_response(200)
        a.send_header("Content-Length", "1000")
        a.end_headers()
        try:
            while not a.server.quiet.wait(0.05):
                a.wfile.write(b" ")
        except OSError:
            pass
        return None

    async with served(answer) as driver:
        with pytest.raises(NoAnswer) as told:
            await ask(driver)
        assert told.value.reason == "timeout"


async def test_packed_answers_are_refused_so_that_none_can_unpack_to_a_flood() -> None:
    async with served(lambda _: (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b")) as driver:
        with pytest.raises(NoAnswer, match="packed"):
            await ask(driver)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"open": 12', b"\xff\xfe", b"[" * 100_000, b'"text"', b"[1, 2]"])
async def test_what_is_no_document_of_the_feed_gives_no_value(body: bytes) -> None:
    async with served(lambda _: (200, {}, body)) as driver:
        assert await ask(driver) == {"desk/open": "undecodable", "desk/late": "undecodable"}


async def test_one_bad_field_leaves_the_others_good() -> None:
    async with served(lambda _: (200, {}, b'{"open": NaN, "late": 3}')) as driver:
        assert await ask(driver) == {"desk/open": "undecodable", "desk/late": 3}


async def test_a_field_that_vanished_is_not_its_last_value() -> None:
    answers = [GOOD, b'{"open": 11}']
    async with served(lambda _: (200, {}, answers.pop(0))) as driver:
        await ask(driver)
        assert await ask(driver) == {"desk/open": 11, "desk/late": "undecodable"}


@pytest.mark.parametrize("field", ['"ho_ten": "x"', '"Số điện thoại": 1', '"a": [{"CCCD": 2}]', '"x": "0912 345 678"'])
async def test_an_answer_about_persons_is_refused_whole(field: str) -> None:
    body = f'{{"open": 12, "late": 3, {field}}}'.encode()
    async with served(lambda _: (200, {}, body)) as driver:
        assert await ask(driver) == {"desk/open": "refused", "desk/late": "refused"}
        assert driver._feeds["desk"].persons == 1
    async with served(lambda _: (200, {}, body), limits={"persons": "pass"}) as driver:
        assert (await ask(driver))["desk/open"] == 12


def test_ordinary_names_and_numbers_are_not_about_persons() -> None:
    assert (
        person_field({"name": "Trạm 1", "area": "02088", "value": 1_234_567_890, "code": "GRDP", "id": "R-0912"})
        is None
    )


async def test_a_server_that_wants_rest_is_left_alone() -> None:
    asked: list[str] = []

    def answer(a: Asked) -> Said:
        asked.append(a.path)
        return 429, {"Retry-After": "60"}, b""

    async with served(answer) as driver:
        for _ in range(3):
            with pytest.raises(NoAnswer, match="rest"):
                await ask(driver)
    assert asked == ["/feed"]


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1%eth0", "::ffff:169.254.1.1", "224.0.0.1", "0.0.0.0", "127.0.0.1", "::1"]
)
def test_a_name_that_leads_to_an_inner_address_is_refused(address: str) -> None:
    with pytest.raises(Misconfigured):
        judged("feeds.example", [address], local=False)


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.1.9", "203.0.113.9", "2001:db8::1"])
def test_servers_of_the_city_and_of_the_world_may_be_asked(address: str) -> None:
    judged("feeds.example", [address], local=False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": "//evil.example/x"}, {"path": "http://evil.example"}, {"path": "/a b"}, {"path": "/a#b"},
        {"path": "/a\r\nX: 1"},
        {"token": "t", "user": "u", "password": "p"}, {"user": "u"}, {"token_header": "X: y"}, {"also": [401]},
        {"also": [200]},
    ],
)  # fmt: skip
def test_a_connection_that_could_lead_astray_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        SPEC.connection.model_validate({"host": "feeds.example", **wrong})
