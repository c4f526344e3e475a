"""Modbus/TCP Security against pymodbus' TLS server: what is carried, and which side a refusal names."""

import asyncio
import contextlib
import datetime
import os
import socket
import ssl
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from pymodbus import FramerType
from pymodbus.server import ModbusTlsServer
from pymodbus.simulator import DataType, SimData, SimDevice

from drivers.base import BoundDevice
from drivers.modbus import SPEC
from hub.model import Misconfigured, Unreachable, one_by_one
from tests.support.broken_modbus import broken_modbus
from tests.support.mosquitto import Authority
from tests.unit.drivers.modbus import driver, words

POINTS = words(0, 1, 2)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def served(authority, *, cert=None, key=None, asks=False):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert or authority.server_cert, key or authority.server_key)
    if asks:
        context.load_verify_locations(authority.ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@asynccontextmanager
async def panel(context):
    device = SimDevice(1, [SimData(0, count=8, values=7, datatype=DataType.REGISTERS)])
    server = ModbusTlsServer(device, framer=FramerType.TLS, address=("127.0.0.1", 0), sslctx=context)
    assert await server.listen()
    try:
        yield server.transport.sockets[0].getsockname()[1]
    finally:
        server.close()


def secure(port, tls):
    connection = SPEC.connection.model_validate({"host": "127.0.0.1", "port": port, "tls": tls})
    return driver(BoundDevice("d", connection, POINTS, timeout=5.0))


async def read(d):
    try:
        await d.open()
        return [s.value for s in one_by_one(await d.read(POINTS))]
    finally:
        await d.close()


def expired(authority):
    """Return a certificate for 127.0.0.1 by the authority that ended yesterday."""
    key = serialization.load_pem_private_key(authority.server_key.read_bytes(), None)
    ca_key = serialization.load_pem_private_key(authority.ca_key.read_bytes(), None)
    old = x509.load_pem_x509_certificate(authority.server_cert.read_bytes())
    day = datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder(old.issuer, old.subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(old.not_valid_before_utc - 3 * day)
        .not_valid_after(old.not_valid_before_utc - day)
        .add_extension(old.extensions.get_extension_for_class(x509.SubjectAlternativeName).value, False)
        .sign(ca_key, hashes.SHA256())
    )
    path = authority.folder / "expired.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


async def test_registers_are_read_and_written_through_tls_with_certificates_of_both_sides(authority):
    tls = {"ca": str(authority.ca), "cert": str(authority.client_cert), "key": str(authority.client_key)}
    async with panel(served(authority, asks=True)) as port:
        d = secure(port, tls)
        assert await read(d) == [7, 7, 7]
        await d.open()
        await d.write(POINTS[1], 9)
        assert [s.value for s in one_by_one(await d.read(POINTS))] == [7, 9, 7]
        await d.close()


async def test_a_certificate_that_expired_is_named_so_and_tried_again(authority):
    async with panel(served(authority, cert=expired(authority))) as port:
        with pytest.raises(Unreachable, match="must be renewed there") as error:
            await read(secure(port, {"ca": str(authority.ca)}))
    assert error.value.reason == "cert_expired"


async def test_a_certificate_of_a_stranger_is_refused_by_the_hub_with_the_file_to_look_at(authority, tmp_path):
    other = Authority(tmp_path)
    async with panel(served(authority)) as port:
        with pytest.raises(Misconfigured, match=r"refused by the hub: .*ca\.pem \(tls\.ca\)") as error:
            await read(secure(port, {"ca": str(other.ca)}))
        assert error.value.reason == "cert_untrusted"
        with pytest.raises(Misconfigured, match=r"name its own in tls\.ca"):
            await read(secure(port, True))


async def test_a_panel_that_hangs_up_without_the_hubs_certificate_is_the_one_that_refused(authority):
    async with panel(served(authority, asks=True)) as port:
        with pytest.raises(Unreachable, match=rf"^127.0.0.1:{port} hung up .* refuse the hub's certificate") as error:
            await read(secure(port, {"ca": str(authority.ca)}))
    assert error.value.reason == "cert_untrusted"


async def test_a_panel_that_says_why_it_refuses_the_hubs_certificate_is_quoted(authority):
    def refuse(listener):
        plain, _ = listener.accept()
        context = served(authority, asks=True)
        with context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False) as peer:
            with contextlib.suppress(ssl.SSLError):
                peer.do_handshake()
            while os.read(peer.fileno(), 4096):  # closing with bytes unread would take the alert back
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        refusing = asyncio.create_task(asyncio.to_thread(refuse, listener))
        with pytest.raises(
            Unreachable, match=rf"^127.0.0.1:{port} refuses the hub's certificate \(.*REQUIRED"
        ) as error:
            await read(secure(port, {"ca": str(authority.ca)}))
        await refusing
    assert error.value.reason == "cert_untrusted"


async def test_the_name_in_the_certificate_may_differ_from_the_host(authority):
    async with panel(served(authority)) as port:
        assert await read(secure(port, {"ca": str(authority.ca), "name": "localhost"})) == [7, 7, 7]
        with pytest.raises(Misconfigured, match="panel-7") as error:
            await read(secure(port, {"ca": str(authority.ca), "name": "panel-7"}))
    assert error.value.reason == "cert_untrusted"


async def test_a_port_that_speaks_no_tls_is_asked_about():
    async with broken_modbus() as server:
        server.script = [_plain]
        with pytest.raises(Unreachable):
            await read(secure(server.port, True))


async def _plain(request, send):
    await send(b"no TLS here")


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(Misconfigured, match=r"absent\.pem"):
        secure(1, {"ca": "absent.pem"})


def test_tls_moves_the_default_port_and_lines_differ_by_it():
    plain, secured = (SPEC.connection.model_validate({"host": "h", "tls": tls}) for tls in (None, True))
    assert (plain.port, secured.port) == (502, 802)
    assert SPEC.line(plain) != SPEC.line(secured)
    there = SPEC.redirect(secured, "127.0.0.1", 9)
    assert SimpleNamespace(tls=there.tls, at=SPEC.endpoint(there)) == SimpleNamespace(tls=None, at=("127.0.0.1", 9))
