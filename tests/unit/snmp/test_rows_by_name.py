"""A row keeps its meaning when the agent numbers its table anew."""

from drivers.snmp.plan import halves, pack, worth_walking
from drivers.snmp.tables import AGE
from hub.model import Reason
from tests.support.broken_snmp import GET, GET_BULK, counter64, integer, octets, shelf, ticks
from tests.unit.snmp.asking import Shelf, asking

IF, IFX, CHANGED = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1", "1.3.6.1.2.1.31.1.5.0"
STATUS = {
    name: {"table": IF, "column": 8, "row": {"column_oid": f"{IFX}.1", "equals": name}} for name in ("uplink", "camera")
}


def ports(**indexes: int) -> dict[str, bytes]:
    """Return an interface table in which each port's status is 100 times the port's place in the alphabet."""
    objects: dict[str, bytes] = {CHANGED: ticks(0)}
    for name, index in indexes.items():
        objects |= {f"{IFX}.1.{index}": octets(name.encode()), f"{IF}.8.{index}": integer(ord(name[0]))}
    return objects


UP, CAM = ord("u"), ord("c")


async def test_a_row_is_found_by_name_and_its_names_are_read_once():
    async with asking(shelf(Shelf(ports(uplink=7, camera=12)).objects), STATUS) as this:
        assert await this.read() == {"uplink": UP, "camera": CAM}
        this.agent.asked.clear()
        assert await this.read() == {"uplink": UP, "camera": CAM}
        assert [a.kind for a in this.agent.asked] == [GET]


async def test_rows_of_one_name_are_told_apart_by_their_order():
    points = {
        f"p{n}": {"table": IF, "column": 8, "row": {"column_oid": f"{IF}.3", "equals": 6, "nth": n}} for n in (1, 2, 3)
    }
    objects = {f"{IF}.3.{i}": integer(kind) for i, kind in {1: 24, 10: 6, 9: 6}.items()}
    objects |= {f"{IF}.8.{i}": integer(i) for i in (1, 9, 10)}
    async with asking(shelf(Shelf(objects).objects), points) as this:
        assert await this.read() == {"p1": 9, "p2": 10, "p3": Reason.MISCONFIGURED}


async def test_after_a_restart_rows_are_looked_up_before_a_value_is_believed():
    stock = Shelf(ports(uplink=7, camera=12))
    async with asking(shelf(stock.objects), STATUS) as this:
        await this.read()
        stock.objects.clear()
        stock.objects |= ports(uplink=12, camera=7)
        stock.pass_time(this, 30)
        stock.set_uptime(500)
        assert await this.read() == {"uplink": UP, "camera": CAM}


async def test_when_the_agent_says_its_table_changed_rows_are_looked_up():
    stock = Shelf(ports(uplink=7, camera=12))
    async with asking(shelf(stock.objects), STATUS) as this:
        await this.read()
        stock.objects |= {**ports(uplink=12, camera=7), CHANGED: ticks(1_000_500)}
        stock.pass_time(this, 30)
        assert await this.read() == {"uplink": UP, "camera": CAM}


async def test_a_row_that_is_gone_has_no_value_and_its_name_is_looked_for_again():
    stock = Shelf(ports(uplink=7, camera=12))
    async with asking(shelf(stock.objects), STATUS) as this:
        await this.read()
        del stock.objects[f"{IF}.8.12"], stock.objects[f"{IFX}.1.12"]
        stock.pass_time(this, 90)
        assert await this.read() == {"uplink": UP, "camera": Reason.NOT_PROGRAMMED}
        stock.pass_time(this, 30)
        assert await this.read() == {"uplink": UP, "camera": Reason.MISCONFIGURED}
        stock.objects |= ports(camera=3)
        stock.pass_time(this, AGE / 1e9 + 1)
        assert await this.read() == {"uplink": UP, "camera": CAM}


async def test_a_rate_begins_anew_when_its_row_moves():
    points = {
        "in": {
            "table": IFX, "column": 6, "type": "counter64", "rate": True, "discontinuity": f"{IFX}.19",
            "row": {"column_oid": f"{IFX}.1", "equals": "uplink"},
        }
    }  # fmt: skip
    stock = Shelf({**ports(uplink=7), f"{IFX}.6.7": counter64(1000), f"{IFX}.19.7": ticks(0)})
    async with asking(shelf(stock.objects), points) as this:
        await this.read()
        stock.pass_time(this, 10)
        stock.objects |= {f"{IFX}.6.7": counter64(2000)}
        assert await this.read() == {"in": 100.0}
        stock.objects |= {
            **ports(uplink=9, camera=7),
            CHANGED: ticks(5),
            f"{IFX}.6.9": counter64(9_000_000),
            f"{IFX}.19.9": ticks(5),
        }
        stock.pass_time(this, 10)
        assert await this.read() == {"in": Reason.WAITING}


async def test_whole_columns_are_read_where_that_takes_fewer_requests():
    indexes = {f"port-{i}": i for i in range(1, 41)}
    points = {n: {"table": IF, "column": 8, "row": {"column_oid": f"{IFX}.1", "equals": n}} for n in indexes}
    objects = Shelf(ports(**indexes)).objects
    async with asking(shelf(objects), points, largest=8) as this:
        assert set((await this.read()).values()) == {ord("p")}
        this.agent.asked.clear()
        await this.read()
        assert {a.kind for a in this.agent.asked} == {GET_BULK}
        assert len(this.agent.asked) == 3
    async with asking(shelf(objects), points, largest=40) as this:
        await this.read()
        this.agent.asked.clear()
        await this.read()
        assert [a.kind for a in this.agent.asked] == [GET, GET]


def test_what_belongs_together_is_in_one_request():
    wishes = [("a", "t"), ("b", "t"), ("c",), ("d", "u")]
    packed = pack(range(4), wishes, 3)
    assert [r.oids for r in packed] == [("a", "t", "b"), ("c", "d", "u")]
    assert [r.members for r in packed] == [(0, 1), (2, 3)]
    assert [r.oids for r in halves(packed[0], wishes)] == [("a", "t"), ("b", "t")]
    assert [r.members for r in pack([0], wishes, 1)] == [(0,)]


def test_a_column_is_walked_only_if_that_is_cheaper():
    assert worth_walking({"few": 3, "many": 60}, rows=60, room=10, repetitions=20) == {"many"}
    assert worth_walking({"many": 60}, rows=60, room=50, repetitions=20) == set()
    assert worth_walking({"many": 60}, rows=60, room=10, repetitions=0) == set()
