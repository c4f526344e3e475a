"""HTTPS: whom the hub believes, and what it says of whom it does not."""

import ssl
from pathlib import Path

import pytest

from drivers.http.driver import HttpDriver
from hub.model import Misconfigured, Unreachable
from tests.support.http_server import HttpServer
from tests.support.mosquitto import Authority
from tests.unit.http.rig import ask, feed


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


async def answered(authority: Authority, tls: object) -> dict[str, object]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.server_cert, authority.server_key)
    server = HttpServer(lambda _: (200, {}, b'{"open": 12, "late": 3}'), context)
    server.start()
    driver = HttpDriver([feed(server.port, tls=tls)])
    try:
        await driver.open()
        return await ask(driver)
    finally:
        await driver.close()
        server.stop()


async def test_a_server_of_a_known_authority_is_believed(authority: Authority) -> None:
    assert (await answered(authority, {"ca": str(authority.ca)}))["desk/open"] == 12


async def test_a_server_that_nobody_vouches_for_is_not(authority: Authority) -> None:
    with pytest.raises(Misconfigured) as told:
        await answered(authority, True)
    assert told.value.reason == "cert_untrusted"


async def test_a_missing_file_is_named(tmp_path: Path, authority: Authority) -> None:
    with pytest.raises(Misconfigured, match=r"none\.pem"):
        await answered(authority, {"ca": str(tmp_path / "none.pem")})


async def test_a_port_that_speaks_no_tls_is_said_as_such() -> None:
    server = HttpServer(lambda _: (200, {}, b"{}"))
    server.start()
    driver = HttpDriver([feed(server.port, tls=True)])
    try:
        await driver.open()
        with pytest.raises(Unreachable, match="TLS"):
            await ask(driver)
    finally:
        await driver.close()
        server.stop()
