"""What the driver makes of what agents answer, rightly and wrongly."""

import asyncio

import pytest

from drivers.snmp.exchange import BadAnswer
from hub.model import Misconfigured, NoAnswer, Reason, Unreachable, one_by_one
from tests.support.broken_snmp import (
    GENERAL_ERROR,
    GET,
    GET_BULK,
    GET_NEXT,
    NO_SUCH_NAME,
    NO_SUCH_OBJECT,
    NULL,
    TOO_BIG,
    Asked,
    counter32,
    counter64,
    integer,
    octets,
    oid,
    shelf,
    tlv,
)
from tests.unit.snmp.asking import UPTIME, Shelf, asking

MINE = "1.3.6.1.4.1.32473"
FOUR = {f"p{i}": {"oid": f"{MINE}.{i}.0"} for i in range(1, 5)}
VALUES = Shelf({f"{MINE}.{i}.0": integer(10 * i) for i in range(1, 5)}).objects
ALL = {f"p{i}": 10 * i for i in range(1, 5)}


async def test_many_objects_are_asked_for_in_few_requests():
    points = {f"p{i}": {"oid": f"{MINE}.{i}.0"} for i in range(1, 41)}
    async with asking(shelf(Shelf({}).objects), points, largest=11) as this:
        await this.read()
        assert [len(a.oids) for a in this.agent.asked] == [11, 11, 11, 11]
        assert all(a.oids[0] == UPTIME for a in this.agent.asked)


async def test_the_smaller_of_the_connections_and_the_profiles_limit_counts():
    async with asking(shelf(VALUES), FOUR, {"largest": 3}, largest=50) as this:
        assert await this.read() == ALL
        assert [len(a.oids) for a in this.agent.asked] == [3, 3]


async def test_an_object_of_two_points_is_asked_for_once():
    points = {"a": {"oid": f"{MINE}.1.0"}, "b": {"oid": f"{MINE}.1.0", "type": "integer"}}
    async with asking(shelf(VALUES), points) as this:
        assert await this.read() == {"a": 10, "b": 10}
        assert [a.oids for a in this.agent.asked] == [[UPTIME, f"{MINE}.1.0"]]


async def test_what_the_agent_has_not_is_not_programmed_and_the_rest_has_its_value():
    async with asking(shelf({**VALUES, f"{MINE}.3.0": NO_SUCH_OBJECT}), FOUR) as this:
        assert await this.read() == {**ALL, "p3": Reason.NOT_PROGRAMMED}
        assert len(this.agent.asked) == 1


async def test_a_request_too_big_for_the_agent_is_halved_and_stays_so():
    def small(asked: Asked) -> bytes:
        right = shelf(VALUES)(asked)
        assert isinstance(right, bytes)
        return asked.answer([], error=TOO_BIG) if len(asked.oids) > 3 else right

    async with asking(small, FOUR) as this:
        assert await this.read() == ALL
        this.agent.asked.clear()
        assert await this.read() == ALL
        assert [len(a.oids) for a in this.agent.asked] == [3, 3]


async def test_an_object_that_makes_the_agent_fail_stands_alone_at_last():
    def failing(asked: Asked) -> bytes:
        bad = f"{MINE}.2.0" in asked.oids
        right = shelf(VALUES)(asked)
        assert isinstance(right, bytes)
        return asked.answer([(o, NULL) for o in asked.oids], error=GENERAL_ERROR) if bad else right

    async with asking(failing, FOUR) as this:
        assert await this.read() == {**ALL, "p2": Reason.REFUSED}


async def test_version_1_voids_the_whole_answer_for_one_missing_name():
    def old(asked: Asked) -> bytes:
        missing = any(o not in VALUES or o == f"{MINE}.4.0" for o in asked.oids)
        right = shelf(VALUES)(asked)
        assert isinstance(right, bytes)
        return asked.answer([(o, NULL) for o in asked.oids], error=NO_SUCH_NAME) if missing else right

    async with asking(old, FOUR, version=1) as this:
        assert await this.read() == {**ALL, "p4": Reason.NOT_PROGRAMMED}


@pytest.mark.parametrize("garbage", [b"hello", b"\x00", b"\x30\x03\x02\x01", b"\x30\x82\xff\xff", bytes(60)])
async def test_garbage_is_undecodable_and_the_next_answer_counts_again(garbage: bytes):
    async with asking(shelf(VALUES), {"p1": FOUR["p1"]}) as this:
        this.agent.script = lambda _: garbage
        assert await this.read() == {"p1": Reason.UNDECODABLE}
        this.agent.script = shelf(VALUES)
        assert await this.read() == {"p1": 10}


async def test_an_answer_larger_than_the_librarys_buffer_is_asked_for_in_parts():
    large = {o: octets(b"x" * 1500) for o in VALUES if o != UPTIME}
    points = {n: {**a, "type": "string"} for n, a in FOUR.items()}
    async with asking(shelf({**VALUES, **large}), points) as this:
        assert {len(str(v)) for v in (await this.read()).values()} == {1024}


async def test_an_unknown_tag_spoils_its_own_object_only():
    async with asking(shelf({**VALUES, f"{MINE}.1.0": tlv(0x49, b"\x01")}), FOUR) as this:
        assert await this.read() == {**ALL, "p1": Reason.UNDECODABLE}


async def test_another_requests_answer_is_not_taken_for_this_ones():
    async with asking(shelf(VALUES), {"p1": FOUR["p1"]}) as this:
        lie = [(f"{MINE}.1.0", integer(666))]
        this.agent.script = lambda asked: [
            asked.answer(lie, number=asked.number + 1),
            asked.answer([(UPTIME, integer(1)), (f"{MINE}.1.0", integer(7))]),
        ]
        assert await this.read() == {"p1": 7}


async def test_objects_that_were_not_asked_for_are_nobodys_value():
    async with asking(shelf(VALUES), {"p1": FOUR["p1"]}) as this:
        this.agent.script = lambda asked: asked.answer([(UPTIME, integer(1)), (f"{MINE}.9.0", integer(666))])
        assert await this.read() == {"p1": Reason.NOT_PROGRAMMED}


async def test_a_late_answer_is_dropped():
    async with asking(shelf(VALUES), {"p1": FOUR["p1"]}) as this:
        late: list[bytes] = []
        this.agent.script = lambda asked: late.append(shelf(VALUES)(asked)) or []
        with pytest.raises(NoAnswer):
            await this.read()
        this.agent.script = lambda asked: [late[0], asked.answer([(UPTIME, integer(1)), (f"{MINE}.1.0", integer(7))])]
        assert await this.read() == {"p1": 7}


async def test_a_lost_request_is_sent_again_within_the_timeout():
    async with asking(shelf(VALUES), {"p1": FOUR["p1"]}, retries=2) as this:
        this.agent.script = lambda asked: shelf(VALUES)(asked) if len(this.agent.asked) == 3 else []
        assert await this.read() == {"p1": 10}
        assert len(this.agent.asked) == 3


async def test_silence_is_no_answer_and_says_how_long_it_waited():
    async with asking(shelf(VALUES), FOUR) as this:
        this.agent.script = lambda _: []
        with pytest.raises(NoAnswer, match=r"within 0.3 s \(1 tries\)") as told:
            await this.read()
        assert told.value.reason == "timeout"


async def test_a_wrong_community_is_named_as_a_cause_of_silence():
    with pytest.raises(Unreachable, match="community") as told:
        async with asking(lambda _: [], FOUR):
            pass
    assert told.value.reason == "timeout"


async def test_what_is_no_snmp_at_all_is_said_so():
    with pytest.raises(Unreachable, match="does not speak SNMP 2c") as told:
        async with asking(lambda _: b"HTTP/1.1 400 Bad Request", FOUR):
            pass
    assert told.value.reason == "protocol_error"


async def test_listening_is_somebody_elses():
    async with asking(shelf(VALUES), FOUR) as this:
        with pytest.raises(Misconfigured, match="snmp-trap"):
            await this.driver.subscribe(None)


async def test_a_whole_number_beyond_float64_is_kept_and_doubted():
    points = {"big": {"oid": f"{MINE}.1.0", "type": "counter64"}}
    async with asking(shelf({**VALUES, f"{MINE}.1.0": counter64(2**53 + 1)}), points) as this:
        (sample,) = one_by_one(await this.driver.read(this.device.points))
        assert (sample.value, sample.reason) == (2**53 + 1, Reason.OUT_OF_RANGE)


def column_points(**more: object) -> dict[str, dict[str, object]]:
    return {"c": {"table": MINE, "column": 2, **more}}


async def test_a_column_is_true_while_one_of_its_rows_holds_the_value():
    stock = Shelf(
        {f"{MINE}.2.1": oid(f"{MINE}.6.3"), f"{MINE}.2.9": oid(f"{MINE}.6.2"), f"{MINE}.3.1": oid(f"{MINE}.6.5")}
    )
    for wanted, found in {"6.2": True, "6.5": False}.items():
        async with asking(shelf(stock.objects), column_points(holds=f"{MINE}.{wanted}")) as this:
            assert await this.read() == {"c": found}


async def test_an_empty_table_holds_nothing_and_counts_none():
    async with asking(shelf(Shelf({}).objects), column_points(holds="x")) as this:
        assert await this.read() == {"c": False}
    async with asking(shelf(Shelf({}).objects), column_points(fold="count")) as this:
        assert await this.read() == {"c": 0}
    async with asking(shelf(Shelf({}).objects), column_points(fold="mean")) as this:
        assert await this.read() == {"c": Reason.NOT_PROGRAMMED}


async def test_a_long_column_is_read_in_few_requests_and_version_1_goes_row_by_row():
    stock = Shelf({f"{MINE}.2.{i}": integer(i) for i in range(1, 46)} | {f"{MINE}.3.1": integer(1)}).objects
    async with asking(shelf(stock), column_points(fold="sum")) as this:
        assert await this.read() == {"c": 45 * 46 // 2}
        assert [a.kind for a in this.agent.asked] == [GET_BULK] * 3
    async with asking(shelf(stock), column_points(fold="max"), version=1) as this:
        assert await this.read() == {"c": 45}
        assert [a.kind for a in this.agent.asked] == [GET_NEXT] * 46


async def test_a_table_that_runs_in_circles_is_given_up():
    def circle(asked: Asked) -> bytes:
        if asked.kind == GET:
            return asked.answer([(UPTIME, integer(1))])
        return asked.answer([(f"{MINE}.2.{i}", integer(1)) for i in (1, 2, 3, 2, 3)])

    async with asking(circle, column_points(fold="count")) as this:
        assert await this.read() == {"c": Reason.UNDECODABLE}
        assert len(this.agent.asked) <= 2


async def test_a_table_that_does_not_end_is_given_up_at_the_limit():
    def endless(asked: Asked) -> bytes:
        if asked.kind == GET:
            return asked.answer([(UPTIME, integer(1))])
        last = int(asked.oids[0].rpartition(".")[2]) if asked.oids[0] != f"{MINE}.2" else 0
        return asked.answer([(f"{MINE}.2.{last + i}", integer(1)) for i in range(1, 21)])

    async with asking(endless, column_points(fold="count"), {"largest_table": 100}) as this:
        assert await this.read() == {"c": Reason.UNDECODABLE}
        assert len(this.agent.asked) <= 6
        with pytest.raises(BadAnswer, match="no end after 120 rows"):
            await this.driver._client.column(f"{MINE}.2", 20, 100, 1.0)


async def test_a_counter_waits_for_its_second_look_and_then_gives_its_rate():
    stock = Shelf({f"{MINE}.1.0": counter32(2**32 - 100)})
    points = {"r": {"oid": f"{MINE}.1.0", "type": "counter32", "rate": True}}
    async with asking(shelf(stock.objects), points) as this:
        assert await this.read() == {"r": Reason.WAITING}
        stock.pass_time(this, 10)
        stock.objects[f"{MINE}.1.0"] = counter32(900)
        assert await this.read() == {"r": 100.0}


async def test_a_restart_costs_a_counter_one_interval():
    stock = Shelf({f"{MINE}.1.0": counter64(5000)})
    points = {"r": {"oid": f"{MINE}.1.0", "type": "counter64", "rate": True}}
    async with asking(shelf(stock.objects), points) as this:
        await this.read()
        stock.pass_time(this, 10)
        stock.set_uptime(300)
        stock.objects[f"{MINE}.1.0"] = counter64(9000)
        assert await this.read() == {"r": Reason.WAITING}
        stock.pass_time(this, 10)
        stock.objects[f"{MINE}.1.0"] = counter64(9500)
        assert await this.read() == {"r": 50.0}


async def test_a_counter_and_its_discontinuity_time_are_always_of_one_answer():
    points = {
        f"r{i}": {
            "table": MINE, "column": 10, "index": i, "type": "counter64", "rate": True, "discontinuity": f"{MINE}.19",
        }
        for i in range(1, 8)
    }  # fmt: skip
    stock = Shelf({f"{MINE}.{c}.{i}": counter64(0) for c in (10, 19) for i in range(1, 8)})
    async with asking(shelf(stock.objects), points, largest=5) as this:
        await this.read()
        for asked in this.agent.asked:
            counters = {o.rpartition(".")[2] for o in asked.oids if o.startswith(f"{MINE}.10.")}
            times = {o.rpartition(".")[2] for o in asked.oids if o.startswith(f"{MINE}.19.")}
            assert counters == times
            assert len(asked.oids) <= 5
        stock.pass_time(this, 10)
        stock.objects[f"{MINE}.19.3"] = counter64(1)
        assert await this.read() == {f"r{i}": Reason.WAITING if i == 3 else 0.0 for i in range(1, 8)}


async def test_cancelling_leaves_nothing_behind():
    async with asking(shelf(VALUES), FOUR) as this:
        this.agent.script = lambda _: []
        reading = asyncio.create_task(this.read())
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        this.agent.script = shelf(VALUES)
        assert await this.read() == ALL
