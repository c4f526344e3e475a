"""The WebSocket over real sockets: snapshot, deltas, resume, digest, actions, limits (promise 9)."""

import asyncio
import json
import socket as sockets
from typing import Any

import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from adapters.web.board import Facts, Row
from adapters.web.broadcast import Pace
from adapters.web.digest import Digest
from adapters.web.rows import alarm_row
from hub.model import HOUR, SECOND, DeviceEvent, DeviceState, Priority, SystemNote
from tests.integration.web.conftest import QUIET, Console, Running, Start

FIRE = "fire:panel-1/z01.alarm"


def told(web: Running) -> dict[str, Any]:
    return {alarm.last.alarm: json.loads(json.dumps(alarm_row(alarm))) for alarm in web.hub.alarms()}


def digest_of(rows: dict[str, Any]) -> str:
    digest = Digest()
    for key, row in rows.items():
        digest.put(key, Row(key, row["rev"], Facts(), dict))
    return digest.hex


async def test_hello_says_where_the_stream_stands_and_what_i_may_do(web: Running) -> None:
    web.hub.raise_(FIRE)
    console = await web.console()
    assert console.hello["epoch"] == "e1"
    assert console.hello["seq"] == web.hub.seq
    assert console.hello["may"] == ["ack", "command", "comment", "pictures", "read", "reset", "shelve"]


async def test_a_snapshot_and_its_deltas_give_exactly_the_hubs_list(web: Running) -> None:
    for number in range(450):
        web.hub.raise_(f"fire:panel-1/z{number:03}.alarm")
    console = await web.console()
    end = await console.subscribe()
    assert console.rows == told(web)
    assert end["digest"] == digest_of(console.rows)
    web.hub.change("fire:panel-1/z001.alarm", "ack", active=True, acked=True, who="anh")
    web.hub.change("fire:panel-1/z002.alarm", "return", active=False, acked=False)
    web.hub.change("fire:panel-1/z002.alarm", "ack", active=False, acked=True, who="anh")
    web.hub.raise_("fire:panel-2/z01.alarm")
    await console.until("ev", seq=web.hub.seq)
    assert console.rows == told(web)
    assert "fire:panel-1/z002.alarm" not in console.rows


async def test_every_transition_is_told_once_and_in_order_also_in_a_burst(web: Running) -> None:
    console = await web.console()
    await console.subscribe()
    burst = []
    for number in range(3000):
        active = number % 2 == 0
        burst.append(web.hub.transition(FIRE, "raise" if active else "return", active=active, acked=False))
    web.hub.publish(*burst)
    await console.until("ev", seq=3000)
    told_revs = [said["row"]["rev"] for said in console.heard if said["t"] == "ev"]
    assert told_revs == list(range(1, 3001))


async def test_a_heartbeat_sums_what_each_subscription_must_hold(web: Running) -> None:
    web.hub.raise_(FIRE)
    web.hub.raise_("fault:panel-3/$health", category="fault", zone="other", priority=Priority.LOW)
    console = await web.console()
    await console.subscribe(id=1)
    await console.subscribe(id=2, filter={"zone": "tn"})
    await console.subscribe("devices", id=3)
    await console.subscribe("events", id=4)
    web.hub.change(FIRE, "ack", active=True, acked=True, who="anh")
    await console.until("ev", id=2)
    web.beat()
    sums = (await console.until("hb"))["sums"]
    assert sums["1"] == {"count": 2, "unacked": 1, "digest": digest_of(told(web))}
    assert sums["2"] == {"count": 1, "unacked": 0, "digest": digest_of({FIRE: {"rev": 2}})}
    assert sums["3"]["count"] == 3
    assert "4" not in sums


async def test_a_zone_filter_includes_what_lies_inside_and_nothing_else(web: Running) -> None:
    web.hub.raise_("fire:panel-1/deep", zone="tn/market/floor-7")
    web.hub.raise_("fire:panel-3/away", zone="other")
    console = await web.console()
    await console.subscribe(filter={"zone": "tn", "priority": ["critical"], "category": ["fire"]})
    assert list(console.rows) == ["fire:panel-1/deep"]


async def test_an_alarm_that_no_longer_fits_the_filter_leaves_the_list(web: Running) -> None:
    web.hub.raise_(FIRE, priority=Priority.CRITICAL)
    console = await web.console()
    await console.subscribe(filter={"priority": ["critical"]})
    web.hub.change(FIRE, "return", active=False, acked=False, priority=Priority.LOW)
    left = await console.until("ev")
    assert (left["op"], left["key"], left["row"]["priority"]) == ("del", FIRE, "low")
    web.beat()
    assert (await console.until("hb"))["sums"]["1"]["digest"] == "00000000"


async def test_a_console_that_comes_back_hears_only_what_it_missed(web: Running) -> None:
    web.hub.raise_(FIRE)
    browser = await web.browser()
    first = await web.console(browser)
    end = await first.subscribe()
    await first.socket.close()
    web.hub.change(FIRE, "ack", active=True, acked=True, who="anh")
    web.hub.health("panel-2", DeviceState.OFFLINE)
    web.hub.change(FIRE, "return", active=False, acked=True)
    second = await web.console(browser)
    second.rows = first.rows
    assert (await second.subscribe(**{"from": {"epoch": "e1", "seq": end["seq"]}}))["t"] == "resumed"
    missed = [await second.next(), await second.next()]
    assert [(said["seq"], said["op"]) for said in missed] == [(end["seq"] + 1, "put"), (end["seq"] + 3, "del")]
    assert second.rows == told(web) == {}


@pytest.mark.parametrize("position", [{"epoch": "e0", "seq": 1}, {"epoch": "e1", "seq": 99}])
async def test_an_unknown_position_gets_a_snapshot(web: Running, position: dict[str, Any]) -> None:
    web.hub.raise_(FIRE)
    console = await web.console()
    assert (await console.subscribe(**{"from": position}))["t"] == "snap.end"
    assert list(console.rows) == [FIRE]


async def test_devices_are_told_when_their_health_changes(web: Running) -> None:
    console = await web.console()
    await console.subscribe("devices", filter={"zone": "tn"})
    begin = next(said for said in console.heard if said["t"] == "snap.begin")
    assert begin["count"] == 2
    web.hub.health("panel-3", DeviceState.OFFLINE)  # another zone
    web.hub.health("panel-1", DeviceState.OFFLINE)
    row = (await console.until("ev"))["row"]
    assert (row["device"], row["state"], row["reason"], row["rev"]) == ("panel-1", "offline", "no_answer", web.hub.seq)


async def test_events_and_notes_have_a_recent_past_and_a_filter(web: Running) -> None:
    now = web.clock.now()
    web.hub.publish(
        DeviceEvent("panel-1", "traffic.passage", {"plate": "20A"}, now, now),
        DeviceEvent("panel-1", "net.trap", {}, None, now),
        SystemNote("started", {}, now),
    )
    console = await web.console()
    await console.subscribe("events", filter={"kind": "traffic.passage"})
    await console.subscribe("system", id=2)
    snaps = [said["rows"] for said in console.heard if said["t"] == "snap"]
    assert [[row.get("kind", row.get("what")) for row in rows] for rows in snaps] == [["traffic.passage"], ["started"]]
    web.hub.publish(DeviceEvent("panel-2", "traffic.passage", {}, None, now))
    assert (await console.until("ev", id=1))["row"]["device"] == "panel-2"


async def test_points_are_told_at_a_tick_and_only_what_changed(web: Running) -> None:
    web.hub.read("panel-1/level", 1.5)
    console = await web.console()
    await console.subscribe("points", filter={"points": ["panel-1/level", "panel-2/level"]})
    rows = next(said for said in console.heard if said["t"] == "snap")["rows"]
    assert [(row["value"], row["quality"], row["reason"]) for row in rows] == [
        (1.5, "good", "none"),
        (None, "bad", "waiting"),
    ]
    web.tick()
    for value in (2.0, 3.0, 4.0):
        web.hub.read("panel-2/level", value)
    web.tick()
    said = await console.until("ev")
    assert [(row["point"], row["value"], row["rev"]) for row in said["rows"]] == [("panel-2/level", 4.0, 3)]


async def test_what_cannot_be_understood_is_answered_and_the_connection_stays(web: Running) -> None:
    console = await web.console()
    for text, why in (
        ("not json", "bad_message"),
        ('{"t":"sub","id":1,"topic":"secrets"}', "bad_message"),
        ('{"t":"sub","id":1,"topic":"alarms","filter":{"kind":"x"}}', "bad_filter"),
        ('{"t":"sub","id":1,"topic":"points","filter":{"points":["no/such"]}}', "unknown_point"),
        ('{"t":"sub","id":1,"topic":"points"}', "bad_filter"),
        ("[" * 5000, "bad_message"),
    ):
        await console.socket.send_str(text)
        assert (await console.next())["why"] == why
    await console.socket.send_bytes(b"\0")
    assert (await console.next())["why"] == "bad_message"
    for number in range(1, 18):
        await console.subscribe("system", id=number)
    assert console.heard[-1]["why"] == "too_many"


async def test_of_two_operators_one_acknowledges_and_the_other_hears_who(web: Running) -> None:
    raised = web.hub.raise_(FIRE)
    anh = await web.console(await web.browser("operator", "anh"))
    tam = await web.console(await web.browser("operator", "tam"))
    do = {"t": "do", "cid": "c-1", "op": "ack", "items": [{"alarm": FIRE, "occurrence": raised.occurrence}]}
    await asyncio.gather(anh.say(**do), tam.say(**do))
    done = {"anh": await anh.until("done"), "tam": await tam.until("done")}
    (winner,) = (user for user, said in done.items() if said["ok"])
    (loser,) = done.keys() - {winner}
    assert done[winner]["ok"] == [{"alarm": FIRE, "occurrence": 1, "rev": 2, "state": "acknowledged"}]
    assert [(no["why"], no["by"]) for no in done[loser]["no"]] == [("already", winner)]
    assert {action.request for action in web.hub.acted} == {"anh/c-1/0", "tam/c-1/0"}


async def test_an_action_that_cannot_be_journaled_says_so(web: Running) -> None:
    web.hub.raise_(FIRE)
    web.hub.full = True
    console = await web.console()
    await console.say(t="do", cid="x", op="ack", items=[{"alarm": FIRE, "occurrence": 1}])
    assert (await console.until("done"))["no"][0]["why"] == "not_recorded"


async def test_a_viewer_sees_and_may_not_act(web: Running) -> None:
    web.hub.raise_(FIRE)
    console = await web.console(await web.browser("viewer"))
    await console.say(t="do", cid="x", op="ack", items=[{"alarm": FIRE, "occurrence": 1}])
    assert (await console.until("done"))["no"][0]["why"] == "not_allowed"
    assert web.hub.acted == []


async def test_a_foreign_origin_is_refused_before_there_is_a_socket(web: Running) -> None:
    browser = await web.browser()
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}):
        with pytest.raises(WSServerHandshakeError) as refused:
            await browser.ws_connect("/api/v1/stream", headers=headers)
        assert refused.value.status == 403


async def test_a_cookie_without_an_origin_opens_no_stream(web: Running) -> None:
    browser = await web.browser()
    async with ClientSession(web.url, cookie_jar=browser.cookie_jar) as bare:
        with pytest.raises(WSServerHandshakeError) as refused:
            await bare.ws_connect("/api/v1/stream")
        assert refused.value.status == 403


async def test_a_stranger_is_told_to_sign_in(web: Running) -> None:
    stranger = await web.browser(None)
    async with stranger.ws_connect("/api/v1/stream") as socket:
        await socket.receive()
        assert socket.close_code == 4401


async def test_another_protocol_is_refused_by_name(web: Running) -> None:
    browser = await web.browser()
    async with browser.ws_connect("/api/v1/stream", protocols=("citywatch.v9",)) as socket:
        await socket.receive()
        assert socket.close_code == 4409


async def test_a_ticket_opens_one_socket_within_its_half_minute(web: Running) -> None:
    script = await web.script()

    async def ticket() -> str:
        async with script.post("/api/v1/ticket") as answer:
            return str((await answer.json())["ticket"])

    async with ClientSession(web.url) as anybody:
        used, late = await ticket(), await ticket()
        async with anybody.ws_connect(f"/api/v1/stream?ticket={used}") as socket:
            assert json.loads((await socket.receive()).data)["user"] == "script"
        web.clock.advance(31 * SECOND)
        for bad in (used, late, "guess"):
            async with anybody.ws_connect(f"/api/v1/stream?ticket={bad}") as socket:
                await socket.receive()
                assert socket.close_code == 4401


async def test_signing_out_closes_the_sessions_sockets(web: Running) -> None:
    browser = await web.browser("operator", "anh")
    console, other = await web.console(browser), await web.console(await web.browser("operator", "tam"))
    async with browser.post("/api/v1/logout") as answer:
        assert answer.status == 204
    assert await console.closed() == 4401
    await other.subscribe()


async def test_a_session_that_ends_or_changes_elsewhere_closes_its_socket_at_the_next_beat(web: Running) -> None:
    console = await web.console(await web.script("operator", "robot"))
    web.adapter.token("robot", "viewer")  # as `citywatch token create` in another process does
    web.beat()
    assert await console.closed() == 4401
    expired = await web.console()
    web.clock.advance(13 * HOUR)
    web.beat()
    assert await expired.closed() == 4401


async def test_a_frame_that_is_too_big_closes_the_socket(web: Running) -> None:
    console = await web.console()
    await console.socket.send_str("x" * (64 * 1024 + 1))
    assert await console.closed() == 1009


async def test_a_chatterer_is_cut_off(web: Running) -> None:
    console = await web.console()
    for _ in range(200):
        await console.socket.send_str('{"t":"unsub","id":1}')
    assert await console.closed() == 4429


async def test_no_more_sockets_than_may_be(start: Start) -> None:
    web = await start(Pace(heartbeat_s=3600.0, tick_s=3600.0, sockets=1))
    await web.console()
    with pytest.raises(WSServerHandshakeError) as refused:
        await web.console()
    assert refused.value.status == 503


async def test_a_restart_says_that_it_is_one(web: Running) -> None:
    console = await web.console()
    await asyncio.gather(web.adapter.stop(), closed := asyncio.ensure_future(console.closed()))
    assert closed.result() == 1012


async def _deaf(web: Running) -> Console:
    """A console that subscribed and then stops reading, with small buffers so that it shows soon."""
    console = await web.console()
    await console.subscribe()
    console.socket._conn.transport.pause_reading()  # type: ignore[union-attr]
    server = next(iter(web.adapter._broadcast.clients))
    for end in (console.socket._conn.transport, server._transport):  # type: ignore[union-attr]
        kernel = end.get_extra_info("socket")
        kernel.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, 4096)
        kernel.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    return console


def _flood(web: Running, count: int) -> None:
    for number in range(count):
        active = number % 2 == 0
        web.hub.change(FIRE, "raise" if active else "return", active=active, acked=False)


async def _quiet(web: Running, console: Console) -> None:
    while console.rows.get(FIRE, {}).get("rev") != web.hub.known[FIRE].last.n:
        await console.next()


async def test_a_deaf_console_slows_nobody_loses_its_subscription_and_is_told(web: Running) -> None:
    deaf = await _deaf(web)
    well = await web.console()
    await well.subscribe()
    for _ in range(40):
        _flood(web, 200)
        await _quiet(web, well)
    slow = next(client for client in web.adapter._broadcast.clients if client.outbox.dropped)
    assert slow._transport.get_write_buffer_size() < 1024 * 1024
    assert [said for said in well.heard if said["t"] == "lost"] == []
    deaf.socket._conn.transport.resume_reading()  # type: ignore[union-attr]
    lost = await deaf.until("lost")
    assert lost["id"] == 1
    assert lost["from"] <= lost["to"] <= web.hub.seq
    await deaf.subscribe()
    assert deaf.rows == told(web)
    _flood(web, 2)
    await _quiet(web, deaf)


async def test_a_console_that_does_not_read_is_cut_off_after_six_beats(web: Running) -> None:
    deaf = await _deaf(web)
    _flood(web, 6000)
    for _ in range(3):
        await asyncio.sleep(0)
    client = next(iter(web.adapter._broadcast.clients))
    for _ in range(QUIET.still_beats + 1):
        web.beat()
    assert client._closing is not None
    await client._closing
    deaf.socket._conn.transport.resume_reading()  # type: ignore[union-attr]
    assert await deaf.closed() in (4408, 1006)


async def test_a_reload_that_changes_the_site_starts_every_subscription_anew(web: Running) -> None:
    from tests.unit.web.fakes import site

    console = await web.console()
    await console.subscribe("devices")
    web.hub.site = site(panels=2)
    web.hub.publish(SystemNote("reloaded", {}, web.clock.now()))
    assert (await console.until("lost"))["id"] == 1
    await console.subscribe("devices")
    assert [said["count"] for said in console.heard if said["t"] == "snap.begin"] == [3, 2]
