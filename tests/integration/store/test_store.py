"""Promise 8: what the hub makes durable arrives in the database, the same on every server."""

from pathlib import Path

import pytest

from hub.model import (
    Command,
    CommandResult,
    DeviceChange,
    DeviceEvent,
    DeviceState,
    OperatorAction,
    Priority,
    Quality,
    Reading,
    Reason,
    Stray,
    SystemNote,
    Text,
    Transition,
    row_id,
)
from hub.model.clock import SECOND
from tests.integration.store.harness import IDS, NOW, SITE, reading, running, until
from tests.support.sites import a_device, a_point, a_site

pytestmark = pytest.mark.database


def transition(n: int, kind: str, *, occurrence: int = 1, at: int = 0, **more: object) -> Transition:
    flags = {"raise": (True, False, False), "ack": (True, True, False), "return": (False, True, False)}
    active, acked, latched = flags.get(kind, (True, False, False))
    return Transition(
        "fire:panel/alarm", occurrence, n, kind, active, acked, latched, Priority.CRITICAL, "fire", "fire", "panel",
        "panel/alarm", "town/market", Text("CHÁY", "FIRE"), {"value": True}, NOW + at * SECOND, **more,
    )  # fmt: skip


async def test_readings_of_every_type_arrive_with_quality_reason_and_lag(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.spool_readings(
            [
                reading(21.5),
                reading(True, NOW + 1, "panel/alarm"),
                reading(7, NOW + 2, "panel/count"),
                reading("cửa mở", NOW + 3, "panel/state"),
                reading(19.0, NOW + SECOND, quality=Quality.UNCERTAIN, reason=Reason.STALE, source_time=NOW - SECOND),
                reading(None, NOW + 5, "gate/temperature", quality=Quality.BAD, reason=Reason.WAITING),
            ]
        )
        await store.stored()
        rows = await store.rows(
            "select device, point, value, text, quality, reason, lag_ms from v_reading"
            " order by device, point, value desc"
        )
        assert rows == [
            ("gate", "temperature", None, None, "bad", "waiting", None),
            ("panel", "alarm", 1.0, None, "good", "none", None),
            ("panel", "count", 7.0, None, "good", "none", None),
            ("panel", "state", None, "cửa mở", "good", "none", None),
            ("panel", "temperature", 21.5, None, "good", "none", None),
            ("panel", "temperature", 19.0, None, "uncertain", "stale", 2000),
        ]
        assert store.adapter.rows == {"reading": 6}
        assert (store.adapter.connected, store.adapter.lag) == (True, {"readings": 0, "journal": 0})


async def test_what_is_stored_is_trimmed_from_the_spool(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.spool_readings([reading(1.0)])
        await store.stored()
        await store.spool.flushed()
        assert store.spool.read(0) == []


async def test_every_reason_has_the_word_that_the_view_shows(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.spool_readings([reading(1.0)])
        await store.stored()
        for quality in Quality:
            assert await store.one("select citywatch_quality(%s::int2)", quality * 256 + 3) == quality.name.lower()
        for reason in Reason:
            assert await store.one("select citywatch_reason(%s::int2)", 256 + reason) == reason.word
        assert await store.one("select citywatch_reason(250::int2)") == "unknown"


async def test_device_events_and_strays_arrive(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        passages = [
            DeviceEvent(
                "gate", "traffic.passage", {"speed": 60 + n, "plate": None}, NOW + n, NOW + n + 5_000_000, f"k{n}"
            )
            for n in range(0, 5000, 1000)
        ]
        await store.spool_events([*passages, DeviceEvent("panel", "net.trap", {"oid": "1.3\0"}, None, NOW)])
        await store.spool_strays([Stray("gate", "t/1", "not JSON", b"\xff\0{", NOW)])
        await store.stored()
        first = await store.adapter.events(before=None, limit=2, kind="traffic.passage", device=None)
        assert [e["attributes"]["speed"] for e in first] == [4060, 3060]
        assert first[0]["device"] == "gate"
        assert (first[0]["lag_ms"], first[0]["dedupe_key"]) == (5, "k4000")
        second = await store.adapter.events(before=first[-1]["id"], limit=5, kind=None, device="gate")
        assert [e["attributes"]["speed"] for e in second] == [2060, 1060, 60]
        [trap] = await store.adapter.events(before=None, limit=5, kind="net.trap", device=None)
        assert trap["attributes"] == {"oid": "1.3\ufffd"}
        assert await store.rows("select source, reason, body from quarantine") == [("t/1", "not JSON", b"\xff\0{")]
        assert await store.one("select count(*) from v_event where kind = 'traffic.passage'") == 5


async def test_the_journal_arrives_and_can_be_searched_page_by_page(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.record(SystemNote("started", {"version": "1\0"}, NOW))
        await store.record(
            transition(1, "raise"), DeviceChange("gate", DeviceState.OFFLINE, "timeout", "no answer", NOW)
        )
        await store.record(OperatorAction("ack", "fire:panel/alarm", 1, "lan", NOW + SECOND, "seen"))
        await store.stored()
        page = await store.adapter.journal(before=None, limit=3, match={})
        assert [row.kind for row in page] == ["operator_action", "device_change", "transition"]
        assert page[0].at == NOW + SECOND
        assert page[0].body["note"] == "seen"
        [note] = await store.adapter.journal(before=page[-1].seq, limit=3, match={})
        assert note.body["detail"] == {"version": "1\ufffd"}

        async def kinds(**match: str) -> list[str]:
            return [row.kind for row in await store.adapter.journal(before=None, limit=9, match=match)]

        assert await kinds(alarm="fire:panel/alarm") == ["operator_action", "transition"]
        assert await kinds(device="gate") == ["device_change"]
        assert await kinds(zone="town") == ["operator_action", "device_change", "transition"]
        assert await kinds(zone="town/market") == ["transition"]
        assert await kinds(zone="tow") == []
        assert await kinds(category="fire", kind="transition") == ["transition"]


async def test_commands_and_their_results_arrive_with_their_device(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.record(
            Command("panel/count", 7, "anh", NOW, "why", "anh/r1", before=3),
            CommandResult(
                "anh/r1", False, "no answer", NOW + SECOND, outcome="unknown", point="panel/count", who="anh"
            ),
        )
        await store.stored()
        rows = await store.rows("select kind, device, zone, body->>'who', body->>'outcome' from journal order by seq")
        assert rows == [
            ("command", "panel", "town", "anh", None),
            ("command_result", "panel", "town", "anh", "unknown"),
        ]
        assert [row.kind for row in await store.adapter.journal(before=None, limit=9, match={"device": "panel"})] == [
            "command_result",
            "command",
        ]


async def test_alarms_are_the_fold_of_their_transitions_one_row_an_occurrence(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.record(transition(1, "raise"), transition(2, "ack", at=30, who="lan"))
        await store.record(transition(3, "comment", at=31), transition(4, "return", at=60))
        await store.record(transition(5, "raise", occurrence=2, at=90))
        await store.stored()
        rows = await store.rows(
            "select occurrence, state, priority, acked_by, seconds_to_ack, seconds_to_return, comments, text_vi"
            " from v_alarm order by occurrence"
        )
        assert rows == [
            (1, "normal", "critical", "lan", 30.0, 60.0, 1, "CHÁY"),
            (2, "unacknowledged", "critical", None, None, None, 0, "CHÁY"),
        ]


async def test_device_health_shows_the_last_change_of_each_device(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.record(
            DeviceChange("panel", DeviceState.OFFLINE, "timeout", "no answer", NOW),
            DeviceChange("panel", DeviceState.ONLINE, "", "", NOW + SECOND),
        )
        await store.stored()
        rows = await store.rows("select device, state, zone, latitude from v_device_health order by device")
        assert rows == [("gate", None, "town", None), ("panel", "online", "town", 21.5942)]


async def test_the_latest_value_of_each_point_is_there_within_a_second_or_so(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await until(lambda: store.adapter.statistics["latest"].connected)
        store.fresh = [
            reading(1.0),
            reading(False, NOW, "panel/alarm"),
            Reading("gone/x", 1, Quality.GOOD, Reason.NONE, None, NOW, 1),
        ]
        query = "select point, value, quality from v_latest where device = 'panel' and value is not null order by point"
        await until(lambda: _equals(store.rows(query), [("alarm", 0.0, "good"), ("temperature", 1.0, "good")]))
        store.fresh = [reading(2.0, NOW - SECOND, quality=Quality.BAD, reason=Reason.NO_COMMUNICATION)]
        await until(lambda: _equals(store.rows(query), [("alarm", 0.0, "good"), ("temperature", 2.0, "bad")]))
        assert await store.one("select count(*) from v_latest where device = 'gate'") == 2


async def _equals(rows, expected) -> bool:
    return await rows == expected


async def test_names_follow_the_configuration_and_what_is_gone_is_kept_inactive(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.spool_readings([reading(1.0)])
        await store.stored()
        assert await store.rows("select name, tags, active from device order by name") == [
            ("gate", [], True),
            ("panel", ["a", "b"], True),
        ]
        assert await store.one("select id from point where name = 'alarm'") == IDS["panel/alarm"]
        assert await store.one("select id from device where name = 'gate'") == row_id("test", "gate")
    async with running(tmp_path, empty, a_site([a_device("panel", [a_point("panel", "temperature")])])) as store:
        await until(lambda: store.adapter.connected)
        assert await store.rows("select name, active from device order by name") == [("gate", False), ("panel", True)]
        assert await store.rows("select name from point where active order by name") == [("$health",), ("temperature",)]
        assert await store.one("select count(*) from v_reading") == 1


async def test_the_store_answers_for_its_readiness(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await until(lambda: store.adapter.connected)
        assert await store.adapter.ready()
        store.adapter.connect_to("host=/nonexistent user=citywatch")
        await store.adapter.close()
        assert not await store.adapter.ready()


async def test_a_reloaded_site_is_known_at_once(tmp_path: Path, empty: str):
    wider = a_site([*SITE.devices.values(), a_device("pump", [a_point("pump", "temperature")])])
    async with running(tmp_path, empty) as store:
        await until(lambda: store.adapter.connected)
        await store.adapter.describe(wider)
        assert await store.one("select count(*) from device where active") == 3
        store.fresh = [reading(5.0, NOW, "pump/temperature")]
        query = "select value from v_latest where device = 'pump' and point = 'temperature'"
        await until(lambda: _equals(store.rows(query), [(5.0,)]))
