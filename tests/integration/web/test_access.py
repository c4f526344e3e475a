"""Who may do what, over real sockets: every route with every role, sessions, passwords, codes (promise 9)."""

import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from adapters.web import passwords
from adapters.web.passwords import hashed
from adapters.web.server import routes
from hub.model import HOUR, MINUTE, SECOND
from hub.roles import Role, allowed
from tests.integration.web.conftest import Running, Start

FIRE = "fire:panel-1/z01.alarm"
PASSWORD = "một câu dài dễ nhớ hơn"


def _path(pattern: str) -> str:
    values = {
        "device": "panel-1", "point": "level", "alarm": FIRE, "name": "silence", "scope": "device:panel-1", "id": "1",
        "step": "call", "key": "sms-1", "channel": "cap", "document": "a.xml", "figure": "heat",
        "camera": "gate",
    }  # fmt: skip
    return "/api/v1" + re.sub(r"{(\w+)\*?}", lambda found: values[found[1]], pattern)


@pytest.mark.parametrize("role", [None, *Role])
@pytest.mark.parametrize("by", ["cookie", "token"])
async def test_every_route_lets_in_exactly_the_roles_that_have_its_right(
    web: Running, role: Role | None, by: str
) -> None:
    web.hub.raise_(FIRE)
    for route in routes():
        if by == "token" and role is not None:
            client = await web.script(role, f"{role} {route.path}")
        else:
            client = await web.browser(role)
        bodies: dict[str, Any] = {
            "comment": {"note": "x"}, "login": {"user": "x", "password": "x"}, "operate": {"note": "x"},
            "write": {"value": 1.5, "note": "x"}, "look": {"purpose": "Công văn 12/CSGT"},
            "shelve": {"occurrence": 1, "note": "x"}, "unshelve": {}, "in-service": {}, "end": {},
            "out-of-service": {"note": "x", "until": "2030-01-01T00:00:00Z"},
            "holds": {"scope": "device:panel-1", "note": "x", "until": "2030-01-01T00:00:00Z"},
        }  # fmt: skip
        body = bodies.get(route.path.rsplit("/", 1)[-1], {"occurrence": 1}) if route.body else None
        async with client.request(route.method, _path(route.path), json=body) as answer:
            where = f"{route.method} {route.path} as {role}"
            if route.path == "/ingest/{device}":
                assert answer.status == 404, where  # nobody signs in there: what comes is signed, and none pushes here
            elif route.right is None:
                assert answer.status == 401, where  # login with a wrong password
                assert (await answer.json(content_type=None))["code"] == "wrong_password"
            elif role is None:
                assert answer.status == 401, where
            elif allowed(role, route.right):
                assert answer.status not in (401, 403), where
            else:
                assert answer.status == 403, where


async def test_no_path_is_served_that_the_table_of_routes_does_not_hold(web: Running) -> None:
    served = {
        (method.method, method.resource.canonical if method.resource else "")
        for method in web.adapter._runner.app.router.routes()  # type: ignore[union-attr]
    }
    api = {(route.method, "/api/v1" + route.path.replace("*", "")) for route in routes()}
    known = api | {("GET", "/api/v1/stream")}
    known |= {("GET", path) for path in ("/healthz", "/readyz", "/metrics", "/enter", "/{path}")}
    assert {pair for pair in served if pair[0] != "HEAD"} == known


async def test_a_page_of_another_origin_can_change_nothing(web: Running) -> None:
    web.hub.raise_(FIRE)
    browser = await web.browser()
    for origin in ("https://evil.example", "null", f"http://127.0.0.1:{web.port + 1}"):
        async with browser.post(
            f"/api/v1/alarms/{FIRE}/ack", json={"occurrence": 1}, headers={"Origin": origin}
        ) as answer:
            assert answer.status == 403
    async with (
        ClientSession(web.url, cookie_jar=browser.cookie_jar) as bare,
        bare.post(f"/api/v1/alarms/{FIRE}/ack", json={"occurrence": 1}) as answer,
    ):
        assert answer.status == 403
    assert web.hub.acted == []


async def test_a_sign_in_link_is_good_once_for_a_quarter_of_an_hour(web: Running) -> None:
    stranger = await web.browser(None)
    link = web.adapter.enrol("operator")
    async with stranger.get(link, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    late = web.adapter.enrol("operator")
    web.clock.advance(16 * MINUTE)
    for used in (link, late, "/enter?code=guess", "/enter"):
        async with (await web.browser(None)).get(used) as answer:
            assert answer.status == 410
    async with stranger.get("/api/v1/me") as answer:
        assert (await answer.json())["role"] == "operator"


async def test_a_restart_keeps_people_and_tokens_signed_in(start: Start) -> None:
    web = await start()
    browser, script = await web.browser(), await web.script()
    await web.adapter.stop()
    again = await start(hub=web.hub)
    for client in (browser, script):
        async with client.get(f"{again.url}/api/v1/me") as answer:
            assert answer.status == 200


async def test_a_session_ends_by_idleness_by_age_and_by_signing_out(web: Running) -> None:
    idle, old, gone = await web.browser("engineer"), await web.browser("operator"), await web.browser("operator")

    async def status(client: ClientSession) -> int:
        async with client.get("/api/v1/me") as answer:
            return answer.status

    async with gone.post("/api/v1/logout") as answer:
        assert answer.status == 204
    assert await status(gone) == 401
    web.clock.advance(40 * MINUTE)
    assert await status(idle) == 200
    web.clock.advance(40 * MINUTE)
    assert await status(idle) == 200
    web.clock.advance(61 * MINUTE)
    assert await status(idle) == 401
    assert await status(old) == 200
    web.clock.advance(10 * HOUR)
    assert await status(old) == 401


async def test_a_token_expires_and_a_newer_one_of_its_name_ends_it(web: Running) -> None:
    first = await web.script("viewer", "wall")
    second = await web.script("operator", "wall")
    async with first.get("/api/v1/me") as answer:
        assert answer.status == 401
    async with second.get("/api/v1/me") as answer:
        assert (await answer.json())["user"] == "wall"
    web.clock.advance(91 * 24 * HOUR)
    async with second.get("/api/v1/me") as answer:
        assert answer.status == 401


@pytest.mark.parametrize("token", ["", "x", "cw_", "cw_a.b", "cw_000000000000.", "ü" * 50])
async def test_a_made_up_token_is_nobody(web: Running, token: str) -> None:
    stranger = await web.browser(None)
    async with stranger.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}) as answer:
        assert answer.status == 401


async def test_a_user_signs_in_with_a_password_and_guessers_wait(web: Running) -> None:
    web.adapter._accounts.add_user("anh", Role.ENGINEER, hashed(PASSWORD))
    browser = await web.browser(None)

    async def login(user: str, password: str) -> tuple[int, Any]:
        async with browser.post("/api/v1/login", json={"user": user, "password": password}) as answer:
            return answer.status, await answer.json(content_type=None)

    for _ in range(passwords.FREE_FAILURES):
        assert (await login("anh", "guess"))[1]["code"] == "wrong_password"
    assert (await login("anh", PASSWORD))[0] == 429
    assert (await login("nobody", "guess"))[0] == 401
    web.clock.advance(2 * SECOND)
    status, me = await login("anh", PASSWORD)
    assert (status, me["user"], me["role"]) == (200, "anh", "engineer")
    async with browser.get("/api/v1/me") as answer:
        assert answer.status == 200


async def test_secrets_are_not_in_the_state_folder(web: Running, tmp_path: Path) -> None:
    web.adapter._accounts.add_user("anh", Role.OPERATOR, hashed(PASSWORD))
    token = web.adapter.token("x", "viewer")
    link = web.adapter.enrol()
    stored = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
    for secret in (PASSWORD, token.partition(".")[2], link.partition("=")[2]):
        assert secret.encode() not in stored
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "state").iterdir())
