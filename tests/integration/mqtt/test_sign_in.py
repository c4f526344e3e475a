"""Signing in: who may, whom to trust, and the sentence when it fails; both protocol versions."""

import asyncio
from pathlib import Path

import pytest

from hub.model import Misconfigured, Unreachable
from tests.integration.mqtt.conftest import Told, listening, sensors
from tests.support.mosquitto import Authority, free_port, running

pytestmark = pytest.mark.broker


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


async def test_the_right_password_opens_and_a_wrong_one_says_what_to_change(tmp_path, version):
    with running(tmp_path / "broker", users={"citywatch": "s3cret"}) as broker:
        sink = Told()
        async with listening(sensors(broker.port, version, "a", user="citywatch", password="s3cret"), sink):
            await asyncio.to_thread(broker.publish, "site/a", '{"value": 1.5}', username="citywatch", pw="s3cret")
            await sink.until(lambda: sink.samples)
        wrong = sensors(broker.port, version, "a", user="citywatch", password="guess")
        with pytest.raises(Misconfigured, match=r"user 'citywatch' .*connection\.password") as error:
            await wrong.open()
        assert "guess" not in str(error.value)
        with pytest.raises(Misconfigured, match=r"set connection\.user and connection\.password"):
            await sensors(broker.port, version, "a").open()


async def test_tls_with_the_right_authority_carries_messages(tmp_path, version, authority):
    with running(tmp_path / "broker", tls=authority) as broker:
        sink = Told()
        async with listening(sensors(broker.port, version, "a", tls={"ca": str(authority.ca)}), sink):
            await asyncio.to_thread(broker.publish, "site/a", '{"value": 1.5}')
            await asyncio.to_thread(broker.publish, "site/a", f'{{"value": 2.5, "pad": "{"x" * 100_000}"}}')
            await sink.until(lambda: len(sink.samples) == 2)


async def test_tls_with_another_authority_is_refused_with_the_file_to_look_at(tmp_path, version, authority):
    stranger = Authority(tmp_path / "stranger", "Somebody else")
    with running(tmp_path / "broker", tls=authority) as broker:
        with pytest.raises(Misconfigured, match=r"certificate of .* is refused") as error:
            await sensors(broker.port, version, "a", tls={"ca": str(stranger.ca)}).open()
        assert str(stranger.ca) in str(error.value)
        with pytest.raises(Misconfigured, match=r"tls\.ca"):
            await sensors(broker.port, version, "a", tls=True).open()


async def test_a_client_certificate_proves_the_hub(tmp_path, version, authority):
    tls = {"ca": str(authority.ca), "cert": str(authority.client_cert), "key": str(authority.client_key)}
    with running(tmp_path / "broker", tls=authority, require_cert=True) as broker:
        async with listening(sensors(broker.port, version, "a", tls=tls), Told()):
            pass
        with pytest.raises(Unreachable):
            await sensors(broker.port, version, "a", tls={"ca": str(authority.ca)}).open()


async def test_a_file_that_is_missing_or_no_pem_is_named(tmp_path, version):
    junk = tmp_path / "junk.pem"
    junk.write_text("not a certificate")
    with pytest.raises(Misconfigured, match=r"junk\.pem is not a usable certificate authority"):
        await sensors(1, version, "a", tls={"ca": str(junk)}).open()
    with pytest.raises(Misconfigured, match=r"cannot read .*absent\.pem"):
        await sensors(1, version, "a", tls={"ca": str(tmp_path / "absent.pem")}).open()


async def test_tls_to_a_port_without_it_asks_the_right_question(broker, version):
    with pytest.raises(Unreachable, match=r"does that port speak TLS|closed|answer"):
        await sensors(broker.port, version, "a", tls=True).open()


async def test_nobody_at_the_port_is_unreachable_with_the_place(version):
    port = free_port()
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port}"):
        await sensors(port, version, "a").open()


async def test_a_peer_that_takes_the_connection_and_says_nothing_is_given_up(version):
    gone = asyncio.Event()

    async def mute(reader, writer):
        await reader.read()
        writer.close()
        await writer.wait_closed()
        gone.set()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        driver = sensors(port, version, "a")
        with pytest.raises(Unreachable, match="does not answer the sign-in"):
            await driver.open()
        await asyncio.wait_for(gone.wait(), 5)
