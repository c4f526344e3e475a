"""Rows that nobody listed: which there are, what they are called, when a table is walked, and what is refused."""

from collections.abc import Sequence

import pytest

from drivers.snmp.table import Table, cell
from drivers.snmp.walking import rows, wanted
from hub.model import MINUTE, FoundGroup, FoundRow, Reason, Refused
from tests.support.broken_snmp import Asked, integer, octets, shelf, ticks
from tests.unit.snmp.asking import Asking, Shelf, asking

STATUS, NAME, DESCRIPTION = "1.3.6.1.2.1.2.2.1.8", "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.2.2.1.2"
CHANGED, NUMBER = "1.3.6.1.2.1.31.1.5.0", "1.3.6.1.2.1.2.1.0"
TABLE = {"walk": STATUS, "names": [NAME, DESCRIPTION], "changed": [CHANGED, NUMBER]}


def group(most: int = 8, **table: object) -> FoundGroup:
    return FoundGroup("port", Table.model_validate(table or TABLE), most, MINUTE, 1, lambda word, row: ())


def ports(*names: str, changed: int = 0, first: int = 1) -> dict[str, bytes]:
    made = {CHANGED: ticks(changed), NUMBER: integer(len(names))}
    for index, name in enumerate(names, first):
        made |= {f"{STATUS}.{index}": integer(1), f"{NAME}.{index}": octets(name.encode())}
        made |= {f"{DESCRIPTION}.{index}": octets(f"card {index}".encode())}
    return made


def at(row: FoundRow) -> dict[str, object]:
    place = cell(Table.model_validate(TABLE), row)["row"].model_dump()
    return {"table": "1.3.6.1.2.1.2.2.1", "column": 8, "type": "enum", "row": place}


async def labels(this: Asking, of: FoundGroup | None = None) -> list[str] | None:
    found = await this.driver.found("d", of or group())
    return None if found is None else [row.label for row in found]


async def test_rows_are_called_by_the_first_column_that_says_something():
    objects = Shelf(ports("Gi1", "", "Gi3"))
    async with asking(shelf(objects.objects), {}) as this:
        found = await this.driver.found("d", group())
    assert [(r.label, r.by) for r in found] == [("Gi1", NAME), ("card 2", DESCRIPTION), ("Gi3", NAME)]


def test_rows_with_one_name_are_told_apart_by_their_order_and_nameless_ones_by_index():
    table = Table.model_validate(TABLE)
    names = {NAME: {"9": b"x", "10": b"x", "11": b""}, DESCRIPTION: {"11": b" "}}
    found = rows(table, wanted(table, {"10": 1, "9": 1, "11": 1}), names)
    assert [(r.label, r.nth) for r in found] == [("x", 1), ("x", 2), ("11", 1)]
    assert cell(table, found[2]) == {"index": "11"}


def test_only_rows_of_the_sort_that_is_meant_are_taken():
    table = Table.model_validate({"walk": STATUS, "where": "1.3.6.1.2.1.25.2.1.4"})
    assert wanted(table, {"1": "1.3.6.1.2.1.25.2.1.2", "31": "1.3.6.1.2.1.25.2.1.4"}) == ["31"]


async def test_a_table_is_walked_again_only_when_the_agent_says_that_it_changed():
    objects = Shelf(ports("a", "b"))
    async with asking(shelf(objects.objects), {}) as this:
        assert await labels(this) == ["a", "b"]
        objects.pass_time(this, 60)
        assert await labels(this) is None
        objects.objects |= ports("a", "b", "c", changed=7)
        assert await labels(this) == ["a", "b", "c"]


async def test_a_table_is_walked_again_after_ten_minutes_and_after_a_restart_whatever_the_agent_says():
    objects = Shelf(ports("a"))
    async with asking(shelf(objects.objects), {}) as this:
        await labels(this)
        objects.pass_time(this, 601)
        assert await labels(this) == ["a"]
        objects.pass_time(this, 30)
        objects.set_uptime(100)
        assert await labels(this) == ["a"]


async def test_an_agent_that_says_nothing_of_changes_is_walked_each_time():
    objects = Shelf({f"{STATUS}.7": integer(1)})
    async with asking(shelf(objects.objects), {}) as this:
        of = group(walk=STATUS)
        assert await labels(this, of) == ["7"]
        assert await labels(this, of) == ["7"]


async def test_a_port_keeps_its_point_when_the_agent_numbers_its_rows_anew():
    objects = Shelf(ports("up", "down"))
    objects.objects[f"{STATUS}.2"] = integer(2)
    async with asking(shelf(objects.objects), {"p": at(FoundRow("down", 1, NAME))}) as this:
        await labels(this)
        assert await this.read() == {"p": 2}
        objects.objects.clear()
        objects.objects |= Shelf(ports("new", "up", "down", changed=9, first=40)).objects
        objects.objects[f"{STATUS}.42"] = integer(2)
        assert await this.read() == {"p": 2}


async def test_a_row_that_is_gone_says_so_and_is_no_mistake_of_the_configuration():
    objects = Shelf(ports("a", "b"))
    async with asking(shelf(objects.objects), {"p": at(FoundRow("b", 1, NAME))}) as this:
        assert await this.read() == {"p": 1}
        for column in (STATUS, NAME, DESCRIPTION):
            del objects.objects[f"{column}.2"]
        objects.objects[CHANGED] = ticks(3)
        assert await this.read() == {"p": Reason.NOT_PROGRAMMED}


async def test_a_table_with_more_rows_than_are_taken_is_refused_and_the_sentence_says_what_to_change():
    objects = Shelf(ports(*"abcdefghi"))
    async with asking(shelf(objects.objects), {}) as this:
        with pytest.raises(Refused, match="9 rows, more than the 8 that are taken: raise 'most'") as refused:
            await labels(this)
    assert refused.value.reason == "misconfigured"


async def test_a_table_that_is_longer_than_the_agents_limit_is_given_up():
    objects = Shelf(ports(*map(str, range(30))))
    async with asking(shelf(objects.objects), {}, {"largest_table": 20}) as this:
        with pytest.raises(Refused, match="has no end after") as refused:
            await labels(this)
    assert refused.value.reason == "misconfigured"


async def test_a_table_that_runs_in_circles_is_named():
    def circling(asked: Asked) -> bytes | Sequence[bytes]:
        if asked.oids[0].startswith(STATUS):
            return asked.answer([(f"{STATUS}.5", integer(1)), (f"{STATUS}.4", integer(1))])
        return shelf(Shelf({}).objects)(asked)

    async with asking(circling, {}) as this:
        with pytest.raises(Refused, match="runs in circles") as refused:
            await labels(this)
    assert refused.value.reason == "protocol_error"
