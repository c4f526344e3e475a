"""Who can tell an event: its own profile, its family, and whoever a receiver of traps hears."""

from typing import ClassVar

from msgspec.structs import replace

from hub.model import EventMap
from hub.model.device import tellers
from tests.support.sites import a_device


class Receiving:
    """The connection of a receiver that is told whose messages come from where."""

    sources: ClassVar[dict[str, str]] = {"old-ups": "10.0.0.9", "gone": "10.0.0.8"}


def test_what_a_receiver_of_traps_knows_any_agent_can_tell_and_those_of_its_sources() -> None:
    kind = EventMap("authentication_failure", "security.auth_failure", None)
    receiver = replace(a_device("traps", []), driver="snmp-trap", connection=Receiving(), events=(kind,))
    switch = replace(a_device("switch", []), driver="snmp")
    ups, panel = replace(a_device("old-ups", []), driver="modbus"), replace(a_device("panel", []), driver="modbus")
    devices = {d.id: d for d in (receiver, switch, ups, panel)}
    assert tellers(devices, "security.auth_failure") == {"traps", "switch", "old-ups"}
    assert tellers(devices, "traffic.passage") == frozenset()
