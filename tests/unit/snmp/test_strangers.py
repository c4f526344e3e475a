"""Addresses of a switch: learnt, told once, remembered within bounds."""

from drivers.snmp.strangers import HOUR, Memory, Place, places
from hub.model import SECOND

LEARN = 1.0


def at(*macs: str) -> dict[str, Place]:
    return {mac: Place(mac, 1) for mac in macs}


def strangers(memory: Memory, now: int, *macs: str, most: int = 10) -> list[str]:
    return [place.mac for place in memory.take(at(*macs), now, LEARN, most)[0]]


def test_nobody_is_a_stranger_while_learning():
    memory = Memory(0)
    assert strangers(memory, 0, "a", "b") == []
    assert strangers(memory, HOUR - SECOND, "a", "c") == []
    assert strangers(memory, HOUR, "a", "b", "c") == []


def test_a_stranger_is_told_until_somebody_says_that_it_is_known():
    memory = Memory(0)
    assert strangers(memory, HOUR, "a") == ["a"]
    assert strangers(memory, HOUR + SECOND, "a") == ["a"]
    memory.know(["a"], HOUR, 10)
    assert strangers(memory, 2 * HOUR, "a") == []


def test_who_was_not_seen_for_longest_is_forgotten_when_there_is_no_more_room():
    memory = Memory(0)
    strangers(memory, 0, "old", "kept")
    strangers(memory, 2 * HOUR, "kept")
    memory.know(["new"], 2 * HOUR, 2)
    assert set(memory.seen) == {"kept", "new"}
    assert memory.forgotten == 1
    assert strangers(memory, 3 * HOUR, "old") == ["old"]


def test_what_is_remembered_is_written_when_it_changed_and_at_most_once_an_hour_for_being_seen():
    memory = Memory(0)
    assert memory.take(at("a"), 0, LEARN, 10)[1]
    assert not memory.take(at("a"), HOUR // 2, LEARN, 10)[1]
    assert memory.take(at("a"), HOUR, LEARN, 10)[1]


def test_both_tables_tell_address_port_and_vlan_and_what_is_no_address_is_passed_over():
    rows = {"0.27.33.0.0.7": 3, "20.0.27.33.0.0.8": 4, "5": 1, "0.27.33.0.0.9": 0, "0.27.33.0.0.300": 2}
    assert places(rows) == {
        "00:1b:21:00:00:07": Place("00:1b:21:00:00:07", 3),
        "00:1b:21:00:00:08": Place("00:1b:21:00:00:08", 4, 20),
    }
