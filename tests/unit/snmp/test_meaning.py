"""Which event of the profile a notification is."""

import pytest

from drivers.snmp import trap
from drivers.snmp.meaning import Meanings
from drivers.snmp.traps_address import Event
from hub.model import EventMap
from tests.unit.snmp.messages import trap_v2


def named(name: str, oid: str, *, below: bool = False) -> EventMap:
    return EventMap(name, "net.trap", Event(oid=oid, below=below))


@pytest.mark.parametrize(
    ("oid", "name"),
    [
        ("1.3.6.1.4.1.9.9.43.2.0.1", "exact"),
        ("1.3.6.1.4.1.9.9.43.2.0.2", "nearer"),
        ("1.3.6.1.4.1.9.10", "vendor"),
        ("1.3.6.1.4.1.99", None),
    ],
)
def test_the_nearest_event_is_meant(oid: str, name: str | None) -> None:
    meanings = Meanings(
        "traps",
        (
            named("vendor", "1.3.6.1.4.1.9", below=True),
            named("nearer", "1.3.6.1.4.1.9.9.43", below=True),
            named("exact", "1.3.6.1.4.1.9.9.43.2.0.1"),
        ),
    )
    event = meanings.event("switch", trap.read(trap_v2(oid)), 0, None)
    assert (event and event.attributes["trap"]) == name


def test_an_absent_variable_is_none_and_not_another_row_of_the_same_beginning() -> None:
    from pysnmp.proto import rfc1902

    event = EventMap("e", "net.trap", Event(oid="1.3.6.1.6.3.1.1.5.3"), {"port": "1.3.6.1.2.1.2.2.1.1"})
    said = trap.read(trap_v2(pairs=[("1.3.6.1.2.1.2.2.1.10.7", rfc1902.Integer32(1))]))
    made = Meanings("traps", (event,)).event("switch", said, 0, None)
    assert made is not None
    assert made.attributes["port"] is None
