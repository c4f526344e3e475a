"""Real things: a broker, a Modbus server of another make, and databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import modbus_server, mosquitto, postgres
from tests.support.mosquitto import Mosquitto
from tests.support.real_site import url_of


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    if reason := mosquitto.available():
        pytest.skip(reason)
    with mosquitto.running(tmp_path / "broker") as running:
        yield running


@pytest.fixture(scope="session")
def panel_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return modbus_server.build(tmp_path_factory.mktemp("modbus"))


@pytest.fixture
def panel(panel_program: Path) -> Iterator[int]:
    """The port of a fire panel."""
    with modbus_server.running(panel_program) as port:
        yield port


@pytest.fixture(params=["embedded", "timescale"])
def dsn(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """What `store.url` says: the hub's own database, and a real TimescaleDB."""
    tmp_path.chmod(0o755)
    tmp_path.parent.chmod(0o755)
    if request.param == "embedded":
        yield "embedded"
    else:
        with postgres.server("timescale") as server:
            yield url_of(server)
