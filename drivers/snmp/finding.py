"""What an agent says it is, and which shipped profile fits it: a few objects, asked once.

sysDescr, sysObjectID, sysName (RFC 3418); who has upsIdentModel is a UPS (RFC 1628), who has dot1dBaseNumPorts a bridge
(RFC 4188), who has hrSystemUptime a host (RFC 2790).
"""

from msgspec import Struct

from drivers.snmp.client import SnmpClient
from drivers.snmp.connection import Connection
from drivers.snmp.value import Raw, text_of
from hub.model import Clock

SYSTEM = ["1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.5.0"]
SIGNS = {
    "1.3.6.1.2.1.33.1.1.2.0": "power/ups-rfc1628",
    "1.3.6.1.2.1.17.1.2.0": "net/switch-ifmib",
    "1.3.6.1.2.1.25.1.1.0": "net/linux-host",
}
"""An object that only one sort of device has → its profile; the first that is there decides."""


class Agent(Struct, frozen=True):
    """An agent that answered."""

    description: str
    object_id: str
    name: str
    profile: str | None


async def identify(connection: Connection, patience: float, clock: Clock) -> Agent:
    """Return what an agent says it is. Raises DriverError when it does not answer, or not to this sign-in."""
    client = SnmpClient(connection, clock)
    try:
        await client.open(patience)
        system = await client.get(SYSTEM, patience)
        signs: dict[str, Raw] = {}
        for oid in SIGNS:  # one by one: an agent of version 1 answers with nothing at all when it lacks one of several
            signs |= await client.get([oid], patience)
    finally:
        client.close()
    description, object_id, name = (text_of(system[oid]) if oid in system else "" for oid in SYSTEM)
    return Agent(description, object_id, name, next((SIGNS[oid] for oid in SIGNS if oid in signs), None))
