"""The driver on a server of another library: types, refusals, alarms with branches, arrays, sign-in, trust."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from drivers.opcua.driver import OpcUaDriver
from hub.model import DriverError, Misconfigured, Reason, Refused, SystemClock, Unreachable
from hub.wire.certificates import FOLDER, Certificates
from tests.integration.opcua.ear import Ear, device, listening
from tests.support.opcua_server import PASSWORD, USER, Foreign, running
from tests.support.opcua_shared import Shared, shared

NUMBERS = "Flag Small Byte Short Word Int Count Long Huge Level Temperature"
VARIABLES = f"{NUMBERS} Name Label Time Bytes Guid Numbers Secret Setpoint"


@pytest.fixture
def server() -> Shared:
    return shared()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    Certificates(tmp_path / FOLDER).make("Test", SystemClock().now())
    return tmp_path


def driver(server: Shared, state: Path, points: dict[str, dict[str, Any]], **more: Any) -> OpcUaDriver:
    Certificates(state / FOLDER).trust(server.certificate)
    connection = {"url": f"opc.tcp://127.0.0.1:{server.port}/foreign", "user": USER, "password": PASSWORD, **more}
    return OpcUaDriver([device(connection, points, state=str(state))])


def place(server: Shared | Foreign, name: str) -> dict[str, Any]:
    return {"node": f"nsu={server.namespace};s={name}", "sampling": "50ms"}


def some(server: Shared, names: str) -> dict[str, dict[str, Any]]:
    return {name: place(server, name) for name in names.split()}


async def test_every_type_arrives_as_what_it_is_and_what_may_not_be_read_is_refused(
    server: Shared, state: Path
) -> None:
    await server.order(
        "set", {"Temperature": 21.5, "Level": 0.5, "Count": 4_000_000_000, "Int": -70_000, "Flag": False}
    )
    ear = Ear()
    async with listening(driver(server, state, some(server, VARIABLES)), ear):
        await ear.sees(
            Flag=False, Small=-5, Byte=2, Short=-300, Word=65535, Int=-70_000, Count=4_000_000_000, Long=-5_000_000_000,
            Huge=9_007_199_254_740_993, Level=0.5, Temperature=21.5, Name="Chợ Thái", Label="cửa",
            Time="2026-01-02T03:04:05.678Z", Bytes=Reason.UNDECODABLE, Numbers=Reason.UNDECODABLE,
            Secret=Reason.REFUSED,
        )  # fmt: skip
        assert str(ear.value("Guid")).upper() == "72962B91-FA75-4AE6-8D28-B404DC7DAF63"
        await server.order("status", {"Level": "BadSensorFailure"})
        await server.order("set", {"Temperature": 22.5})
        await ear.sees(Level=Reason.REFUSED, Temperature=22.5)


async def test_an_array_of_ten_million_numbers_never_comes(server: Shared, state: Path) -> None:
    await server.order("numbers", 10_000_000)
    ear = Ear()
    async with listening(driver(server, state, some(server, "Numbers Name")), ear):
        await ear.sees(Numbers=Reason.UNDECODABLE, Name="Chợ Thái")
    await server.order("numbers", 3)


async def test_a_deadband_is_kept_by_the_server(server: Shared, state: Path) -> None:
    await server.order("set", {"Temperature": 10.0})
    ear = Ear()
    points = {"Temperature": {**place(server, "Temperature"), "deadband": 1.0}, "Flag": place(server, "Flag")}
    async with listening(driver(server, state, points), ear):
        await ear.sees(Temperature=10.0, Flag=False)
        await server.order("set", {"Temperature": 10.5, "Flag": True})
        await ear.sees(Temperature=10.0, Flag=True)
        await server.order("set", {"Temperature": 12.0, "Flag": False})
        await ear.sees(Temperature=12.0, Flag=False)


async def test_names_lead_to_the_same_variable_as_its_id(server: Shared, state: Path) -> None:
    points = {
        "whole": {"path": "0:Objects/Plant/Name", "namespace": server.namespace},
        "short": {"path": "Name", "namespace": server.namespace},
        "wrong": {"path": "Nome", "namespace": server.namespace},
    }
    ear = Ear()
    async with listening(driver(server, state, points), ear):
        await ear.sees(whole="Chợ Thái", short=Reason.MISCONFIGURED)
    index = await _index(server, state)
    ear = Ear()
    async with listening(driver(server, state, points, base=f"0:Objects/{index}:Plant"), ear):
        await ear.sees(short="Chợ Thái", whole=Reason.MISCONFIGURED, wrong=Reason.MISCONFIGURED)


async def _index(server: Shared, state: Path) -> int:
    looking = driver(server, state, some(server, "Name"))
    await looking.open()
    assert looking._session is not None
    found = looking._session.namespaces.index(server.namespace)
    await looking.close()
    return found


async def test_a_value_is_written_in_the_variable_s_type_and_a_method_gets_its_argument(
    server: Shared, state: Path
) -> None:
    points = some(server, "Count Setpoint Label Secret")
    node = f"nsu={server.namespace};s="
    points["reset"] = {"method": f"{node}Reset", "owner": f"{node}Plant", "argument": True}
    ear, at_work = Ear(), driver(server, state, points)
    bound = {p.id.partition("/")[2]: p for p in at_work._devices["opc"].points}
    async with listening(at_work, ear):
        await at_work.write(bound["Setpoint"], 7)
        await at_work.write(bound["Count"], 12)
        await at_work.write(bound["Label"], "mở")
        await ear.sees(Setpoint=7.0, Count=12, Label="mở")
        await at_work.write(bound["reset"], 3)
        assert (await server.order("called", None))[-1] == 3
        with pytest.raises(Refused):
            await at_work.write(bound["Count"], -1)
        with pytest.raises(Refused):
            await at_work.write(bound["Secret"], 1)
    await server.order("set", {"Label": "cửa"})


async def test_alarms_with_branches_are_refreshed_and_acknowledged(server: Shared, state: Path) -> None:
    points = {
        "active": {"condition": "2:Plant.Zone 1"},
        "acked": {"condition": "2:Plant.Zone 1", "state": "acked"},
        "none": {"condition": "2:Plant.Zone 2"},
    }
    await server.order("alarm", {"active": True, "message": "Cháy"})
    ear, at_work = Ear(), driver(server, state, points)
    async with listening(at_work, ear):
        await ear.sees(active=True, acked=False, none=False)
        assert ear.events[0].attributes["message"] == "Cháy"
        assert await at_work.acknowledge("opc/active", "đã biết", SystemClock().now()) >= 1
        await ear.sees(active=True, acked=True)
        assert "đã biết" in (await server.order("state", None))["comments"]
        await server.order("branch", {"message": "Earlier fire"})
        await ear.sees(active=True, acked=False)
        assert await at_work.acknowledge("opc/acked", "that too", SystemClock().now()) >= 1
        await ear.sees(acked=True)
        await server.order("alarm", {"active": False})
        await ear.sees(active=False)


async def test_a_certificate_signs_the_user_in_and_one_without_its_key_does_not(server: Shared, state: Path) -> None:
    user, other = Certificates(state / "user"), Certificates(state / "other")
    for kept in (user, other):
        kept.make("User", SystemClock().now())
    signed = {"user": None, "password": None, "cert": str(user.own_path), "key": str(user.key_path)}
    ear = Ear()
    async with listening(driver(server, state, some(server, "Name"), **signed), ear):
        await ear.sees(Name="Chợ Thái")
    at_work = driver(server, state, some(server, "Name"), **signed | {"key": str(other.key_path)})
    with pytest.raises(Misconfigured) as told:
        await at_work.open()
    await at_work.close()
    assert told.value.reason == "auth_failed"
    assert "connection.cert and connection.key" in str(told.value)


@pytest.mark.parametrize("wrong", [{"password": "guess"}, {"user": None, "password": None}])
async def test_a_refused_user_is_told_once_and_no_account_is_locked(
    server: Shared, state: Path, wrong: dict[str, Any]
) -> None:
    at_work = driver(server, state, some(server, "Name"), **wrong)
    with pytest.raises(Misconfigured) as told:
        await at_work.open()
    await at_work.close()
    assert told.value.reason == "auth_failed"
    assert "connection.password" in str(told.value)


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[Foreign]:
    async with running(tmp_path / "server", signed_in=False, strict=True) as server:
        yield server


async def test_a_server_that_does_not_trust_us_is_named_with_what_to_copy_where(strict: Foreign, state: Path) -> None:
    kept = Certificates(state / FOLDER)
    kept.trust(strict.certificate)
    at_work = OpcUaDriver([device({"url": strict.url}, {"Name": place(strict, "Name")}, state=str(state))])
    with pytest.raises(Unreachable) as told:
        await at_work.open()
    await at_work.close()
    assert told.value.reason == "cert_untrusted"
    assert str(kept.own_path) in str(told.value)
    strict.trusted.mkdir(parents=True, exist_ok=True)
    for theirs in strict.rejected.glob("*.pem"):
        shutil.move(theirs, strict.trusted)
    await strict.stop()
    await strict.start()
    ear = Ear()
    async with listening(at_work, ear) as task:
        await ear.sees(Name="Chợ Thái")
        await strict.order("drop")
        with pytest.raises(DriverError):
            async with asyncio.timeout(20):
                await task
