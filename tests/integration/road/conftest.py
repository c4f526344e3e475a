"""A broker, and a database server that outlives the hubs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import mosquitto, postgres
from tests.support.mosquitto import Mosquitto
from tests.support.real_site import url_of


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    if reason := mosquitto.available():
        pytest.skip(reason)
    with mosquitto.running(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def server() -> Iterator[str]:
    with postgres.server("embedded") as dsn:
        yield url_of(dsn)
