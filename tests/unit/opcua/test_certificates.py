"""Certificates on disk, whom the hub trusts, and `citywatch certs`."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from drivers.opcua.address import Connection
from drivers.opcua.security import judge, trust_of
from hub.cli.certs import app
from hub.model import DAY, SECOND, ManualClock, Misconfigured, Refused, Unreachable
from hub.wire.certificates import FOLDER, Certificates, application_uri, days_left, der, load, thumbprint

NOW = ManualClock().now()
URI = "urn:panel:server"


def certificate(
    *, name: str = "Panel", bits: int = 2048, days: int = 30, born: int = -1, host: str = "10.1.2.3",
    issuer: tuple[x509.Certificate, Any] | None = None, ca: bool = False, curve: bool = False,
) -> tuple[x509.Certificate, Any]:  # fmt: skip
    key: Any = ec.generate_private_key(ec.SECP256R1()) if curve else rsa.generate_private_key(65537, bits)
    today = datetime.fromtimestamp(NOW // SECOND, UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(URI), x509.DNSName(host)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today + timedelta(days=born))
        .not_valid_after(today + timedelta(days=days))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(issuer[1] if issuer else key, hashes.SHA256())
    )
    return made, key


def judged(one: x509.Certificate, state: Path, uri: str = URI, **more: Any) -> None:
    connection = Connection.model_validate({"url": "opc.tcp://10.1.2.3", **more})
    judge(one, connection, uri, trust_of(connection, str(state)), NOW)


def keep(state: Path, one: x509.Certificate, where: str = "trusted", pem: bool = False) -> None:
    folder = state / FOLDER / where
    folder.mkdir(parents=True, exist_ok=True)
    form = serialization.Encoding.PEM if pem else serialization.Encoding.DER
    (folder / f"one{'.pem' if pem else '.der'}").write_bytes(one.public_bytes(form))


@pytest.mark.parametrize("pem", [True, False])
def test_what_lies_in_the_trusted_folder_is_trusted(tmp_path: Path, pem: bool) -> None:
    one, _ = certificate(host="somewhere-else")
    keep(tmp_path, one, pem=pem)
    judged(one, tmp_path)


def test_what_a_trusted_authority_signed_is_trusted_for_the_host_that_it_names(tmp_path: Path) -> None:
    authority = certificate(name="Authority", ca=True)
    keep(tmp_path, authority[0])
    judged(certificate(issuer=authority)[0], tmp_path)
    with pytest.raises(Unreachable, match=r"names another host than 10\.1\.2\.3"):
        judged(certificate(issuer=authority, host="elsewhere")[0], tmp_path)


def test_a_certificate_of_a_trusted_server_signs_no_other(tmp_path: Path) -> None:
    server = certificate(name="Panel")
    keep(tmp_path, server[0])
    with pytest.raises(Unreachable, match="is not trusted here"):
        judged(certificate(name="Other", issuer=server)[0], tmp_path)


@pytest.mark.parametrize(
    ("how", "reason", "word"),
    [
        ({"days": 0}, "cert_expired", "renew"),
        ({"born": 1}, "cert_expired", "clocks"),
        ({"bits": 1024}, "cert_untrusted", "2048 bits"),
        ({"curve": True}, "cert_untrusted", "RSA"),
    ],
)
def test_even_a_trusted_certificate_must_be_in_its_dates_and_strong(
    tmp_path: Path, how: dict[str, Any], reason: str, word: str
) -> None:
    one, _ = certificate(**how)
    keep(tmp_path, one)
    with pytest.raises(Unreachable, match=word) as told:
        judged(one, tmp_path)
    assert told.value.reason == reason


def test_a_server_that_shows_somebody_else_s_certificate_is_turned_away(tmp_path: Path) -> None:
    one, _ = certificate()
    keep(tmp_path, one)
    with pytest.raises(Unreachable, match="calls itself"):
        judged(one, tmp_path, uri="urn:other")


def test_no_more_than_so_many_rejected_certificates_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.wire.certificates.MOST_REJECTED", 1)
    kept = Certificates(tmp_path)
    for name in ("a", "b/../../x"):
        kept.reject(certificate(name=name)[0])
    assert len(list(tmp_path.rglob("*.der"))) == 1


def test_the_own_certificate_names_the_application_and_its_key_is_nobody_else_s(tmp_path: Path) -> None:
    kept = Certificates(tmp_path)
    made = kept.make("Trung tâm", NOW)
    assert kept.own() == made
    assert (application_uri(made) or "").endswith(":citywatch:Trung-t-m")
    assert days_left(made, NOW + 10 * DAY) == pytest.approx(5 * 365 - 10)
    assert stat.S_IMODE(kept.key_path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n", b"\x30\x82", b"x" * 100])
def test_a_file_that_is_no_certificate_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "one.der"
    path.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"one\.der is no certificate"):
        load(path)


def test_the_command_makes_lists_and_trusts(tmp_path: Path) -> None:
    run = CliRunner().invoke
    state = ["--state", str(tmp_path)]
    made = json.loads(run(app, ["make", *state, "--name", "Test", "--json"]).output)
    assert made["what"] == "own"
    assert isinstance(run(app, ["make", *state]).exception, Refused)
    assert json.loads(run(app, ["make", *state, "--replace", "--json"]).output)["sha256"] != made["sha256"]
    one, _ = certificate()
    rejected = Certificates(tmp_path / FOLDER).reject(one)
    assert [row.split("\t")[0] for row in run(app, ["list", *state]).output.splitlines()] == ["own", "rejected"]
    assert run(app, ["trust", str(rejected), *state]).exit_code == 0
    rows = [json.loads(line) for line in run(app, ["list", *state, "--json"]).output.splitlines()]
    assert [(r["what"], r["sha256"]) for r in rows][1:] == [("trusted", thumbprint(one))]
    assert der(load(Path(rows[1]["file"]))) == der(one)
