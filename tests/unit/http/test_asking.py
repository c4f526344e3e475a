"""What is asked once, what is spared, who signs in how."""

import json
from urllib.parse import parse_qs

import pytest

from hub.model import NoAnswer, Refused
from tests.support.http_server import Asked, Said
from tests.unit.http.rig import ask, served

GOOD = b'{"open": 12, "late": 3}'


async def test_one_request_gives_every_point_of_a_resource() -> None:
    asked: list[str] = []

    def answer(a: Asked) -> Said:
        asked.append(a.path)
        return 200, {}, GOOD

    async with served(answer) as driver:
        assert await ask(driver) == {"desk/open": 12, "desk/late": 3}
    assert asked == ["/feed"]


async def test_what_has_not_changed_is_not_sent_again_and_is_still_good() -> None:
    tags: list[str | None] = []

    def answer(a: Asked) -> Said:
        tags.append(a.headers["If-None-Match"])
        return (304, {}, b"") if tags[-1] == '"7"' else (200, {"ETag": '"7"'}, GOOD)

    async with served(answer) as driver:
        assert await ask(driver) == await ask(driver) == {"desk/open": 12, "desk/late": 3}
        assert driver.client.unchanged == 1
    assert tags == [None, '"7"']


async def test_an_unconditional_question_is_not_answered_by_304() -> None:
    async with served(lambda _: (304, {}, b"")) as driver:
        with pytest.raises(NoAnswer, match="304"):
            await ask(driver)


@pytest.mark.parametrize(
    ("given", "header", "proof"),
    [
        ({"user": "u", "password": "p"}, "Authorization", "Basic dTpw"),
        ({"token": "t0"}, "Authorization", "Bearer t0"),
        ({"token": "t0", "token_header": "X-Api-Key"}, "X-Api-Key", "t0"),
    ],
)
async def test_the_hub_signs_in_as_configured(given: dict[str, str], header: str, proof: str) -> None:
    async with served(lambda a: (200, {}, GOOD) if a.headers[header] == proof else (401, {}, b""), **given) as driver:
        assert (await ask(driver))["desk/open"] == 12


async def test_a_token_is_got_with_client_credentials_and_renewed_when_it_is_not_taken() -> None:
    given: list[str] = []

    def answer(a: Asked) -> Said:
        if a.path == "/token":
            form = parse_qs(a.body.decode())
            assert form == {"grant_type": ["client_credentials"], "scope": ["read"]}
            assert a.headers["Authorization"] == "Basic aHViOnMlMkZ4"  # hub:s%2Fx, RFC 6749, 2.3.1
            given.append(f"t{len(given)}")
            return 200, {}, json.dumps({"access_token": given[-1], "expires_in": 3600}).encode()
        fits = (a.headers["Authorization"] == f"Bearer {given[-1]}" and len(given) != 1) or a.headers["If-None-Match"]
        return (200, {}, GOOD) if fits else (401, {}, b"")

    oauth2 = {"resource": "/token", "client_id": "hub", "client_secret": "s/x", "scope": "read"}
    async with served(answer, oauth2=oauth2) as driver:
        assert (await ask(driver))["desk/open"] == 12
        assert (await ask(driver))["desk/open"] == 12
    assert given == ["t0", "t1"], "one renewed token serves both questions"


async def test_a_wrong_token_is_said_as_such_and_asked_twice_at_most() -> None:
    asked: list[str] = []
    oauth2 = {"resource": "/token", "client_id": "hub", "client_secret": "s"}

    def answer(a: Asked) -> Said:
        asked.append(a.path)
        return (200, {}, b'{"access_token": "t"}') if a.path == "/token" else (401, {}, b"")

    async with served(answer, oauth2=oauth2) as driver:
        with pytest.raises(NoAnswer) as told:
            await ask(driver)
    assert told.value.reason == "auth_failed"
    assert asked == ["/token", "/feed", "/token", "/feed"]


async def test_nothing_is_ever_set_over_http() -> None:
    async with served(lambda _: (200, {}, GOOD)) as driver:
        with pytest.raises(Refused):
            await driver.write(driver._feeds["desk"].device.points[0], 1)
