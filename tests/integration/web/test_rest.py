"""REST over real sockets: what it says, how it pages and filters, how it refuses (promise 9)."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import BaseModel

from adapters.web.answers import (
    ActionAnswer,
    AlarmPage,
    DeviceAnswer,
    DevicePage,
    EventPage,
    FigureAnswer,
    FigurePage,
    HistoryAnswer,
    JournalPage,
    MapAnswer,
    MeAnswer,
    PointPage,
    Problem,
    SiteAnswer,
    ZonePage,
)
from adapters.web.wire import AlarmRow
from hub.model import DeviceState, ManualClock, Priority, WebSettings
from tests.integration.web.conftest import Running, Start
from tests.unit.web.fakes import FakeHub, site

FIRE = "fire:panel-1/z01.alarm"


async def get(web: Running, path: str, model: type[BaseModel] | None, status: int = 200) -> Any:
    script = await web.script("viewer", f"reader {path}")
    async with script.get(f"/api/v1{path}") as answer:
        body = await answer.read()
        assert answer.status == status, body
        if model is not None:
            model.model_validate_json(body)
        return json.loads(body)


async def test_every_read_keeps_to_its_model(web: Running) -> None:
    web.hub.raise_(FIRE)
    web.hub.read("panel-1/level", 1.25)
    for path, model in (
        ("/site", SiteAnswer),
        ("/zones", ZonePage),
        ("/devices", DevicePage),
        ("/devices/panel-1", DeviceAnswer),
        ("/devices/panel-1/points", PointPage),
        ("/points/panel-1/$health/history", HistoryAnswer),
        ("/metrics", FigurePage),
        ("/metrics/heat?at=2023-11-14T08:00:00Z", FigureAnswer),
        ("/points/panel-1/level/history?from=2023-11-14T00:00:00+07:00&to=2023-11-14T08:00:00Z", HistoryAnswer),
        ("/alarms", AlarmPage),
        (f"/alarms/{FIRE}", AlarmRow),
        (f"/alarms/{quote(FIRE, safe='')}", AlarmRow),
        ("/journal", JournalPage),
        ("/events", EventPage),
        ("/map.geojson", MapAnswer),
        ("/me", MeAnswer),
    ):
        await get(web, path, model)


async def test_nothing_of_a_connection_is_ever_told(web: Running) -> None:
    for path in ("/devices", "/devices/panel-1", "/devices/panel-1/points", "/map.geojson"):
        told = json.dumps(await get(web, path, None))
        assert "secret" not in told
        assert "10.1.2.3" not in told


async def test_points_tell_value_quality_and_both_times(web: Running) -> None:
    web.hub.read("panel-1/level", 1.25)
    rows = {row["name"]: row for row in (await get(web, "/devices/panel-1/points", PointPage))["items"]}
    level = rows["level"]
    assert (level["value"], level["quality"], level["reason"]) == (1.25, "good", "none")
    assert level["source_time"] < level["hub_time"]
    assert (rows["z01.alarm"]["value"], rows["z01.alarm"]["reason"]) == (None, "waiting")


async def test_devices_are_filtered_by_health_zone_and_tag(web: Running) -> None:
    web.hub.health("panel-2", DeviceState.OFFLINE)

    async def ids(query: str) -> list[str]:
        return [row["device"] for row in (await get(web, f"/devices?{query}", DevicePage))["items"]]

    assert await ids("health=offline,degraded") == ["panel-2"]
    assert await ids("zone=tn") == ["panel-1", "panel-2"]
    assert await ids("zone=other") == ["panel-3"]
    assert await ids("tag=water") == []


async def test_pages_join_without_gap_or_double(web: Running) -> None:
    first = await get(web, "/devices?limit=2", DevicePage)
    second = await get(web, f"/devices?limit=2&after={first['next']}", DevicePage)
    assert [row["device"] for row in first["items"] + second["items"]] == ["panel-1", "panel-2", "panel-3"]
    assert second["next"] is None
    newest = await get(web, "/journal?limit=6", JournalPage)
    older = await get(web, f"/journal?limit=6&before={newest['next']}", JournalPage)
    assert [row["seq"] for row in newest["items"] + older["items"]] == list(range(10, 0, -1))


async def test_stored_events_tell_both_times_and_page(web: Running) -> None:
    page = await get(web, "/events?limit=1", EventPage)
    (row,) = page["items"]
    assert (row["source_time"], row["hub_time"]) == ("2023-11-14T22:13:20.000Z", "2023-11-14T22:13:21.500Z")
    assert page["next"] == "2-2"
    last = (await get(web, "/events?limit=2", EventPage))["items"][1]
    assert (last["source_time"], last["hub_time"]) == (None, last["time"])
    assert (await get(web, "/events?before=nonsense", Problem, 400))["code"] == "bad_page"


async def test_alarms_are_filtered_by_state_zone_category_and_priority(web: Running) -> None:
    web.hub.raise_(FIRE)
    web.hub.raise_("fault:panel-3/$health", category="fault", priority=Priority.LOW, zone="other")
    web.hub.change("fault:panel-3/$health", "return", active=False, acked=False, category="fault", zone="other")

    async def ids(query: str) -> list[str]:
        return [row["alarm"] for row in (await get(web, f"/alarms?{query}", AlarmPage))["items"]]

    assert await ids("state=active") == [FIRE]
    assert await ids("state=returned") == ["fault:panel-3/$health"]
    assert await ids("zone=tn") == [FIRE]
    assert await ids("category=fault,security") == ["fault:panel-3/$health"]
    assert await ids("priority=critical&category=fire") == ["fire:panel-1/z01.alarm"]


@pytest.mark.parametrize("name", [FIRE, quote(FIRE, safe=""), quote(FIRE, safe="/")])
async def test_an_alarm_is_acknowledged_by_its_id_however_it_is_escaped(web: Running, name: str) -> None:
    from yarl import URL

    web.hub.raise_(FIRE)
    browser = await web.browser("operator", "anh")
    url = URL(f"{web.url}/api/v1/alarms/{name}/ack", encoded=True)
    async with browser.post(url, json={"occurrence": 1, "note": "đã gọi 114"}) as answer:
        assert answer.status == 200
        row = ActionAnswer.model_validate_json(await answer.read()).alarm
    assert (row.alarm, row.state, row.acked_by) == (FIRE, "acknowledged", "anh")


async def test_whoever_comes_second_hears_who_was_first(web: Running) -> None:
    web.hub.raise_(FIRE)
    for user, status in (("anh", 200), ("tam", 409)):
        browser = await web.browser("operator", user)
        async with browser.post(f"/api/v1/alarms/{FIRE}/ack", json={"occurrence": 1}) as answer:
            assert answer.status == status
            body = await answer.json(content_type=None)
    problem = Problem.model_validate(body)
    assert (problem.code, problem.by, problem.alarm and problem.alarm.rev) == ("already", "anh", 2)
    async with browser.post(f"/api/v1/alarms/{FIRE}/ack", json={"occurrence": 7}) as answer:
        assert (await answer.json(content_type=None))["code"] == "conflict"


async def test_actions_that_cannot_be_done_say_why(web: Running) -> None:
    web.hub.raise_(FIRE)
    browser = await web.browser()
    async with browser.post("/api/v1/alarms/none:such/x/comment", json={"note": "?"}) as answer:
        assert answer.status == 404
    web.hub.full = True
    async with browser.post(f"/api/v1/alarms/{FIRE}/reset", json={"occurrence": 1}) as answer:
        assert answer.status == 503
        assert (await answer.json(content_type=None))["code"] == "not_recorded"


async def test_a_database_that_is_away_is_a_sentence_and_the_rest_goes_on(web: Running) -> None:
    web.hub.away = True
    for path in ("/journal", "/events", "/points/panel-1/level/history"):
        problem = await get(web, path, Problem, 503)
        assert "the database does not answer" in problem["detail"]
    await get(web, "/alarms", AlarmPage)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/devices/nobody", 404), ("/points/panel-1/none/history", 404), ("/metrics/none", 404),
        ("/alarms/none:such", 404), ("/nowhere", 404),
        ("/devices?limit=0", 400), ("/devices?limit=1001", 400), ("/devices?colour=red", 400),
        ("/points/panel-1/level/history?from=yesterday", 400), ("/journal?before=x", 400),
        ("/points/panel-1/level/history?from=2024-01-02T00:00:00Z&to=2024-01-01T00:00:00Z", 400),
    ],
)  # fmt: skip
async def test_bad_requests_are_problems(web: Running, path: str, status: int) -> None:
    problem = await get(web, path, Problem, status)
    assert problem["status"] == status


async def test_bodies_are_json_small_and_whole(web: Running) -> None:
    browser = await web.browser()
    path = f"/api/v1/alarms/{FIRE}/ack"
    async with browser.post(path, data={"occurrence": "1"}) as answer:
        assert answer.status == 415
    async with browser.post(path, data=b"{", headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 400
    large = BytesIO(b'{"occurrence": 1, "note": "' + b"x" * 2_000_000 + b'"}')
    async with browser.post(path, data=large, headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 413
    async with browser.delete(path) as answer:
        assert answer.status == 405
        assert answer.content_type == "application/problem+json"


async def test_every_answer_carries_the_headers_that_protect_browsers(web: Running) -> None:
    browser = await web.browser()
    for path in ("/api/v1/site", "/", "/api/v1/nothing", "/healthz", "/enter?code=x"):
        async with browser.get(path) as answer:
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert "Server" not in answer.headers
            assert not path.startswith("/api") or answer.headers["Cache-Control"] == "no-store"


async def test_the_map_draws_outlines_of_the_sites_folder_only(start: Start, tmp_path: Path) -> None:
    outline = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": []}, "properties": {"name": "x"}}
    (tmp_path / "map.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [outline]}))
    web = await start(hub=FakeHub(ManualClock(), site(str(tmp_path), map_="map.geojson")))
    features = (await get(web, "/map.geojson", MapAnswer))["features"]
    assert [feature["properties"]["what"] for feature in features] == ["outline", "zone", "zone"] + ["device"] * 2
    panel = next(f for f in features if f["properties"].get("device") == "panel-1")
    assert panel["geometry"]["coordinates"] == [105.8, 21.5]
    assert panel["properties"]["placed"] == "device"


@pytest.mark.parametrize(
    ("name", "body", "problem"),
    [
        ("../outside.geojson", b"{}", "outside"), ("gone.geojson", None, "cannot be read"),
        ("map.geojson", b"not json", "not JSON"), ("map.geojson", b'{"a": 1}', "not GeoJSON"),
        ("map.geojson", b"[" * 100_000, "not JSON"), ("map.geojson", b"\xff", "not JSON"),
    ],
)  # fmt: skip
async def test_an_outline_that_cannot_be_used_is_named_and_the_map_is_drawn(
    start: Start, tmp_path: Path, name: str, body: bytes | None, problem: str
) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    if body is not None:
        (folder / name).write_bytes(body)
    web = await start(hub=FakeHub(ManualClock(), site(str(folder), map_=name)))
    answer = await get(web, "/map.geojson", MapAnswer)
    assert problem in answer["problems"][0]
    assert len(answer["features"]) == 4


async def test_probes_tell_strangers_yes_or_no_and_friends_everything(start: Start) -> None:
    parts: dict[str, Any] = {"database": False, "lines": 0}
    web = await start(metrics=lambda: b"citywatch_up 1\n", ready=lambda: parts)
    stranger = await web.browser(None)
    proxied = {"X-Forwarded-For": "192.0.2.7"}
    async with stranger.get("/healthz", headers=proxied) as answer:
        assert await answer.text() == "ok\n"
    async with stranger.get("/readyz", headers=proxied) as answer:
        assert (answer.status, await answer.json()) == (503, {"ready": False})
    async with stranger.get("/metrics", headers=proxied) as answer:
        assert answer.status == 401
    async with stranger.get("/readyz") as answer:
        assert await answer.json() == {"ready": False, "database": False, "lines": 0}
    parts["database"] = True
    async with stranger.get("/readyz") as answer:
        assert answer.status == 200
    script = await web.script("viewer")
    async with script.get("/metrics", headers=proxied) as answer:
        assert await answer.text() == "citywatch_up 1\n"


async def test_the_console_is_served_with_its_own_pages_and_nothing_else(start: Start, tmp_path: Path) -> None:
    static = tmp_path / "static"
    web = await start(static=static)
    stranger = await web.browser(None)
    async with stranger.get("/") as answer:
        assert answer.status == 503
        assert "make console" in await answer.text()
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html>console")
    (static / "assets" / "app-1a2b.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    for path in ("/", "/alarms", "/devices/panel-1/x"):
        async with stranger.get(path) as answer:
            assert (answer.status, await answer.text()) == (200, "<!doctype html>console")
            assert answer.headers["Cache-Control"] == "no-cache"
    async with stranger.get("/assets/app-1a2b.js") as answer:
        assert "immutable" in answer.headers["Cache-Control"]
    from yarl import URL

    for path in ("/..%2fsecret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt", "/gone.js"):
        async with stranger.get(URL(web.url + path, encoded=True)) as answer:
            assert answer.status == 404, path


async def test_anything_but_loopback_needs_tls(start: Start, tmp_path: Path) -> None:
    from adapters.web.server import WebAdapter
    from hub.model import Refused

    hub = FakeHub(ManualClock(), site(str(tmp_path)))
    for settings, host, reason in (
        (WebSettings(), "0.0.0.0", "plain_http"),
        (WebSettings(cert="none.pem", key="none.key"), "127.0.0.1", "certificate"),
    ):
        hub.site = site(str(tmp_path), web=settings)
        adapter = WebAdapter(hub, hub, hub, hub.stream, state_folder=tmp_path / "s", static=tmp_path, clock=hub.clock)
        with pytest.raises(Refused) as refused:
            await adapter.start(host, 0)
        assert refused.value.reason == reason
        await adapter.stop()


async def test_a_port_that_is_taken_is_named(web: Running, tmp_path: Path) -> None:
    from adapters.web.server import WebAdapter
    from hub.model import Refused

    hub = web.hub
    other = WebAdapter(hub, hub, hub, hub.stream, state_folder=tmp_path / "s", static=tmp_path, clock=hub.clock)
    with pytest.raises(Refused, match=str(web.port)):
        await other.start("127.0.0.1", web.port)
    await other.stop()


async def test_with_a_certificate_everything_goes_over_tls_with_a_host_cookie(start: Start, tmp_path: Path) -> None:
    import ssl

    from aiohttp import ClientSession, CookieJar

    from tests.support.mosquitto import Authority

    authority = Authority(tmp_path)
    settings = WebSettings(cert=authority.server_cert.name, key=authority.server_key.name)
    web = await start(hub=FakeHub(ManualClock(), site(str(tmp_path), web=settings)))
    url, trust = f"https://127.0.0.1:{web.port}", ssl.create_default_context(cafile=str(authority.ca))
    async with ClientSession(url, cookie_jar=CookieJar(unsafe=True)) as browser:
        async with browser.get(web.adapter.enrol(), ssl=trust, allow_redirects=False) as answer:
            cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-citywatch-")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        async with browser.get("/api/v1/me", ssl=trust) as answer:
            assert answer.status == 200
        async with browser.ws_connect("/api/v1/stream", ssl=trust, headers={"Origin": url}) as socket:
            assert json.loads((await socket.receive()).data)["t"] == "hello"
