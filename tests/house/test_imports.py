"""Who may import whom: the contracts of the house, and each library in its rooms only."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, WINGS, imports, of_wings

EVERYWHERE = {"msgspec"}
"""The library of `hub/model`: values of every wing are its structs."""

ROOMS = {
    "aiohttp": (
        "adapters/web/",
        "adapters/notify/addresses.py",
        "adapters/notify/channels/",
        "drivers/onvif/camera.py",
        "drivers/onvif/digest.py",
        "simulators/onvif/port.py",
        "drivers/http/client.py",
        "drivers/http/ingest_trace.py",
        "simulators/http.py",
        "simulators/pushing.py",
    ),
    "aiosmtplib": ("adapters/notify/channels/email.py",),
    "amqtt": ("simulators/broker.py",),
    "apscheduler": ("hub/schedule.py",),
    "argon2": ("adapters/web/passwords.py",),
    "asyncua": ("drivers/opcua/", "simulators/opcua/"),
    "cryptography": ("hub/wire/certificates.py", "hub/cli/certs.py", "drivers/opcua/", "simulators/opcua/"),
    "gufo": ("drivers/snmp/client.py", "drivers/snmp/exchange.py", "drivers/snmp/signin.py"),
    "icalendar": ("hub/config/channels/duty.py",),
    "mqtt5": ("hub/wire/mqtt/",),
    "paho": ("hub/wire/mqtt/v311.py", "simulators/publisher.py"),
    "prometheus_client": ("hub/metrics.py",),
    "psycopg": ("adapters/timescale/",),
    "pydantic": ("hub/config/", "hub/cli/", "adapters/web/", "drivers/", "simulators/"),
    "pydantic_core": ("hub/config/",),
    "pymodbus": (
        "drivers/modbus/client.py",
        "simulators/modbus.py",
        "simulators/modbus_unit.py",
        "simulators/image.py",
    ),
    "pyasn1": ("drivers/snmp/usm.py", "drivers/snmp/setting.py", "simulators/snmp/"),
    "pysnmp": ("drivers/snmp/usm.py", "drivers/snmp/setting.py", "simulators/snmp/"),
    "recurring_ical_events": ("hub/config/channels/duty.py",),
    "rich": ("hub/cli/",),
    "structlog": ("hub/", "drivers/", "adapters/", "simulators/"),
    "typer": ("hub/cli/",),
    "uvloop": ("hub/cli/stopping.py",),
    "yaml": ("hub/config/tree.py",),
    "sqlite3": (
        "hub/album.py",
        "hub/batchfile.py",
        "hub/journal.py",
        "hub/passinglog.py",
        "hub/receipts.py",
        "hub/spool.py",
        "hub/thinning.py",
        "hub/cli/statefiles.py",
        "hub/cli/waiting.py",
        "adapters/web/accounts.py",
    ),
    "xml": (
        "hub/cli/test.py",
        "hub/cli/drilling/junit.py",
        "adapters/notify/channels/",
        "hub/importing/nodeset.py",
        "drivers/onvif/",
        "simulators/onvif/discovery.py",
        "simulators/onvif/templates.py",
    ),
    "ctypes": ("adapters/timescale/postmaster.py",),
}
"""Library → where it may be imported. A second room needs a reason that a reviewer believes."""

OURS = {*WINGS, "tests", "bench"}
STANDARD = sys.stdlib_module_names - {"sqlite3", "xml", "ctypes"}


def test_every_import_contract_is_kept() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    told = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout


def test_a_library_is_imported_in_its_rooms_only() -> None:
    strays = [
        f"{path} imports {name}"
        for path in of_wings()
        for name in sorted(imports(path) - STANDARD - OURS - EVERYWHERE)
        if not path.as_posix().startswith(ROOMS.get(name, ()))
    ]
    assert not strays, "give the library a room in ROOMS, or go through the room it has"


@pytest.mark.parametrize("library", sorted(ROOMS))
def test_no_room_is_kept_for_a_library_that_left(library: str) -> None:
    here = [path.as_posix() for path in of_wings() if library in imports(path)]
    for room in ROOMS[library]:
        assert any(path.startswith(room) for path in here), f"{library} is not imported in {room} any more"


def test_nothing_imports_tests_or_benchmarks() -> None:
    assert not [str(path) for path in of_wings() if imports(path) & {"tests", "bench", "pytest", "hypothesis"}]
