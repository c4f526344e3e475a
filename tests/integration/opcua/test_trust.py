"""Trust between the hub and a simulated panel: who is turned away, by which words, and what then has to be done."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from drivers.opcua.driver import OpcUaDriver
from hub.model import DriverError, SystemClock, Unreachable
from hub.wire.certificates import FOLDER, Certificates, load, thumbprint
from simulators.fleet import Fleet
from tests.integration.opcua.ear import Ear, device, listening
from tests.unit.simulators.opcua_site import opc_panel
from tests.unit.simulators.site import site_of

POINTS: dict[str, dict[str, Any]] = {
    "label": {"node": "ns=4;s=Label"},
    "alarm": {"condition": "Zone1.Fire"},
    "days": {"certificate": "server"},
}


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    fleet = Fleet(site_of(opc_panel()))
    await fleet.start()
    yield fleet
    await fleet.stop()


def url(fleet: Fleet) -> str:
    return f"opc.tcp://{fleet.where['opc'].host}:{fleet.where['opc'].port}/panel"


def secured(fleet: Fleet, state: Path, **more: Any) -> OpcUaDriver:
    return OpcUaDriver([device({"url": url(fleet), **more}, POINTS, state=str(state))])


@pytest.fixture
def state(tmp_path: Path) -> Path:
    Certificates(tmp_path / FOLDER).make("Test", SystemClock().now())
    return tmp_path


async def refused(driver: OpcUaDriver) -> Any:
    with pytest.raises(DriverError) as told:
        await driver.open()
    await driver.close()
    return told.value


async def test_a_server_nobody_trusts_is_turned_away_until_its_certificate_is_moved(fleet: Fleet, state: Path) -> None:
    ear, driver, kept = Ear(), secured(fleet, state), Certificates(state / FOLDER)
    why = await refused(driver)
    assert isinstance(why, Unreachable)
    assert why.reason == "cert_untrusted"
    (rejected,) = kept.rejected_folder.glob("*.der")
    assert str(rejected) in str(why)
    assert str(kept.trusted_folder) in str(why)
    shutil.move(rejected, kept.trusted_folder)
    async with listening(driver, ear):
        await ear.sees(label="simulated")
        assert 360 < ear.value("days") < 366


@pytest.mark.parametrize(
    ("security", "mode"),
    [("Basic256Sha256", "Sign"), ("Aes128Sha256RsaOaep", "SignAndEncrypt"), ("Aes256Sha256RsaPss", "SignAndEncrypt")],
)
async def test_every_policy_carries_values_and_alarms(fleet: Fleet, state: Path, security: str, mode: str) -> None:
    line: Any = fleet._line_of["opc"]
    shown = state / "shown.der"
    shown.write_bytes(line.certificate)
    Certificates(state / FOLDER).trust(shown)
    ear = Ear()
    async with listening(secured(fleet, state, security=security, mode=mode), ear):
        await ear.sees(label="simulated", alarm=False)
        fleet.set("opc/alarm", True)
        await ear.sees(alarm=True)


async def test_an_expired_certificate_is_named_and_not_put_up_for_trust(fleet: Fleet, state: Path) -> None:
    fleet.fault("opc", "expired_certificate")
    line: Any = fleet._line_of["opc"]
    await line.settled()
    why = await refused(secured(fleet, state))
    assert why.reason == "cert_expired"
    assert "renew it at the server" in str(why)
    assert not list(Certificates(state / FOLDER).rejected_folder.glob("*"))


async def test_a_pinned_certificate_is_trusted_alone(fleet: Fleet, state: Path) -> None:
    line: Any = fleet._line_of["opc"]
    shown = state / "shown.der"
    shown.write_bytes(line.certificate)
    ear = Ear()
    async with listening(secured(fleet, state, trust=f"sha256:{thumbprint(load(shown))}"), ear):
        await ear.sees(label="simulated")
    why = await refused(secured(fleet, state, trust="sha256:" + "0" * 64))
    assert why.reason == "cert_untrusted"
    assert thumbprint(load(shown)) in str(why)


async def test_a_hub_without_a_certificate_is_told_how_to_make_one(fleet: Fleet, tmp_path: Path) -> None:
    why = await refused(secured(fleet, tmp_path))
    assert "citywatch certs make --state" in str(why)


async def test_a_policy_that_is_not_offered_is_answered_with_those_that_are(fleet: Fleet, state: Path) -> None:
    why = await refused(secured(fleet, state, security="Aes256Sha256RsaPss", mode="Sign"))
    assert "Basic256Sha256/SignAndEncrypt" in str(why)
