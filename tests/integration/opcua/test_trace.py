"""`citywatch trace` of an OPC UA device: requests and answers in words, no secret, and what the hub counts of them."""

import asyncio
from pathlib import Path

from drivers.base import Seen
from drivers.opcua import SPEC
from drivers.opcua.driver import OpcUaDriver
from hub.cli.trace import follow
from hub.model import SystemClock
from hub.wire.certificates import FOLDER, Certificates
from tests.integration.opcua.ear import Ear, device, listening
from tests.support.opcua_server import PASSWORD, USER
from tests.support.opcua_shared import shared


async def test_requests_answers_changes_and_events_are_told_and_the_password_is_not(tmp_path: Path) -> None:
    server, told, heard = shared(), [], asyncio.Event()
    Certificates(tmp_path / FOLDER).make("Test", SystemClock().now())
    Certificates(tmp_path / FOLDER).trust(server.certificate)
    connection = {"url": f"opc.tcp://127.0.0.1:{server.port}/foreign", "user": USER, "password": PASSWORD}
    points = {
        "name": {"node": f"nsu={server.namespace};s=Name"},
        "gone": {"node": f"nsu={server.namespace};s=Nothing"},
        "fire": {"condition": "2:Plant.Zone 1"},
    }
    wanted = {"opc/fire True", "opc/name 'Chợ Thái'"}
    traced = device(connection, points, state=str(tmp_path))

    def show(seen: Seen) -> None:
        told.append(seen)
        if wanted <= {one.says for one in told}:
            heard.set()

    await server.order("alarm", {"active": True, "message": "Cháy"})
    following = asyncio.create_task(follow(traced, SPEC, 60, show))
    await asyncio.wait_for(heard.wait(), 20)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await server.order("alarm", {"active": False})
    said = [f"{seen.way} {seen.says}" for seen in told]
    for begins in (
        "sent ActivateSession as username",
        "received ActivateSession: good",
        "sent CreateSubscription every 50 ms",
        "received CreateMonitoredItems: good, BadNodeIdUnknown",
        "sent Call i=3875 of i=2782",
    ):
        assert any(one.startswith(begins) for one in said), (begins, said)
    assert any("s=Name = Chợ Thái" in one for one in said)
    assert any("RefreshStart, event SourceName" in one for one in said)
    assert any("event SourceName" in one and "Message Cháy" in one for one in said)
    everything = " ".join(said) + "".join(seen.raw.decode(errors="replace") for seen in told)
    assert PASSWORD not in everything
    secret = ("CreateSession", "ActivateSession", "OpenSecureChannel")
    assert not [seen for seen in told if seen.raw and (seen.way == "sent" or seen.says.startswith(secret))]


async def test_requests_and_bytes_are_counted(tmp_path: Path) -> None:
    server = shared()
    Certificates(tmp_path / FOLDER).make("Test", SystemClock().now())
    Certificates(tmp_path / FOLDER).trust(server.certificate)
    connection = {"url": f"opc.tcp://127.0.0.1:{server.port}/foreign", "user": USER, "password": PASSWORD}
    ear = Ear()
    driver = OpcUaDriver(
        [device(connection, {"name": {"node": f"nsu={server.namespace};s=Name"}}, state=str(tmp_path))]
    )
    async with listening(driver, ear):
        await ear.sees(name="Chợ Thái")
    told = driver.statistics("opc").told(0)
    assert told["tries"] - told["good"] in (0, 1), "one may be under way when the session ends"
    assert told["good"]
    assert told["rtt_p95_ms"]
    assert told["bytes_sent"]
    assert told["bytes_received"]
    bytes_ = {f.labels["way"]: f.value for f in driver.figures() if f.name == "citywatch_opcua_bytes"}
    assert bytes_ == {"sent": told["bytes_sent"], "received": told["bytes_received"]}
