"""Browsing a server of another library, and our simulator of a fire panel: what comes out loads."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from drivers import REGISTRY
from drivers.opcua import SPEC
from drivers.opcua.browsing import Bounds, Browser
from drivers.opcua.security import trust_of
from drivers.opcua.session import Session
from hub.cli import app
from hub.cli.import_opcua import browse
from hub.config import load
from hub.importing import mistakes, variables
from hub.model import Misconfigured, SystemClock, Text
from hub.wire.certificates import FOLDER, Certificates
from simulators.fleet import Fleet
from tests.integration.simulators.test_opcua import SITE
from tests.support.opcua_server import PASSWORD, USER
from tests.support.opcua_shared import Shared, shared


def quiet(nodes: int) -> None:
    del nodes


@pytest.fixture
def server() -> Shared:
    return shared()


@pytest.fixture
def state(tmp_path: Path, server: Shared) -> Path:
    certificates = Certificates(tmp_path / FOLDER)
    certificates.make("Test", SystemClock().now())
    certificates.trust(server.certificate)
    return tmp_path


def wanted(server: Shared):
    url = f"opc.tcp://127.0.0.1:{server.port}/foreign"
    return SPEC.connection.model_validate({"url": url, "user": USER, "password": PASSWORD})


def proposed(found):
    return variables.propose(found, "opcua/server", Text.same("server"), "a server")


async def test_a_foreign_server_is_browsed_with_units_ranges_and_conditions(server: Shared, state: Path) -> None:
    path = f"0:Objects/{await namespace(server, state)}:Plant"
    found = await browse(wanted(server), path, str(state), quiet)
    by_name = {variable.path[-1]: variable for variable in found.variables}
    assert by_name["Pressure"].range == (0.0, 10.0)
    assert by_name["Temperature"].node == f"nsu={server.namespace};s=Temperature"
    assert (by_name["Flag"].type, by_name["Count"].type, by_name["Numbers"].array) == ("Boolean", "UInt32", True)
    assert [(c.source, c.name) for c in found.conditions] == [("Plant", "Zone1Alarm")]
    made = proposed(found)
    assert not mistakes(made, REGISTRY)
    assert any("Numbers" in sentence for sentence in made.check)


async def namespace(server: Shared, state: Path) -> int:
    session = Session(wanted(server), trust_of(wanted(server), str(state)), 5.0, SystemClock())
    await session.open()
    number = session.namespaces.index(server.namespace)
    await session.close()
    return number


async def test_a_search_is_bounded_and_says_so(server: Shared, state: Path) -> None:
    session = Session(wanted(server), trust_of(wanted(server), str(state)), 5.0, SystemClock())
    await session.open()
    found = await Browser(session, Bounds(nodes=4), SystemClock(), quiet).search("0:Objects")
    await session.close()
    assert found.short == "it has more than 4 nodes"


async def test_a_place_that_is_not_there_is_said(server: Shared, state: Path) -> None:
    with pytest.raises(Misconfigured, match="has nothing at '0:Objects/2:Nowhere'"):
        await browse(wanted(server), "0:Objects/2:Nowhere", str(state), quiet)


async def test_the_simulated_panel_gives_the_points_of_its_profile(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    site = load(tmp_path, REGISTRY)
    fleet = Fleet(site, clock=SystemClock())
    await fleet.start()
    try:
        found = await browse(fleet.redirected(site).devices["panel"].connection, "0:Objects", "", quiet)
    finally:
        await fleet.stop()
    paths = {"/".join(variable.path) for variable in found.variables}
    assert {"FirePanel/PanelState", "FirePanel/Power/MainsOk", "FirePanel/Zones/Zone2/PresentValue"} <= paths
    assert not mistakes(proposed(found), REGISTRY)


def test_a_password_is_never_taken_from_the_command_line_and_a_dead_server_is_said() -> None:
    words = ["import", "opcua", "opc.tcp://127.0.0.1:1", "--connection"]
    clear = CliRunner().invoke(app, [*words, "password=x"])
    assert clear.exit_code == 2
    assert "env:NAME" in clear.output
    dead = CliRunner().invoke(app, [*words, "security=None"])
    assert dead.exit_code == 1
    assert "127.0.0.1:1" in dead.output
