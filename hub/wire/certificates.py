"""Certificates on disk: the hub's own application certificate, whom it trusts, whom it has turned away.

    certs/own.der own.key    made by `citywatch certs make`; the key is readable by its owner only
    certs/trusted/           certificates of servers, or of the authorities that signed them (DER or PEM)
    certs/rejected/          what servers showed and nobody trusts yet: look at it, then move it

An application certificate names its application by a URI in its subjectAltName (OPC 10000-6, 6.2.2).
"""

import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from re import sub

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hub.model import DAY, SECOND, Misconfigured, Timestamp

FOLDER = "certs"
YEARS = 5
KEY_BITS = 2048
"""What every policy takes: Basic256Sha256 and Aes128/256 allow 2048 to 4096 bits (OPC 10000-7)."""
MOST_REJECTED = 100
"""Certificates that are kept for a look; a server that shows a new one each time fills no disk."""
_MOST_BYTES = 64 * 1024


class Certificates:
    """One folder of certificates."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.own_path = folder / "own.der"
        self.key_path = folder / "own.key"
        self.trusted_folder = folder / "trusted"
        self.rejected_folder = folder / "rejected"

    def own(self) -> x509.Certificate | None:
        """Return the hub's own certificate, or None when none was made. Raises Misconfigured."""
        return load(self.own_path) if self.own_path.exists() else None

    def make(self, name: str, now: Timestamp) -> x509.Certificate:
        """Make and keep a key and its self-signed certificate for the application `name`. Raises Misconfigured."""
        key = rsa.generate_private_key(65537, KEY_BITS)
        certificate = _signed(key, name, now)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        try:
            for folder in (self.folder, self.trusted_folder, self.rejected_folder):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(self.key_path, pem, 0o600)
            _write(self.own_path, der(certificate), 0o644)
        except OSError as error:
            raise Misconfigured(f"cannot keep the certificate in {self.folder}: {error.strerror}") from error
        return certificate

    def trusted(self) -> Iterator[x509.Certificate]:
        """Yield what is trusted; a file that is no certificate is passed over."""
        for path in _files(self.trusted_folder):
            try:
                yield load(path)
            except Misconfigured:
                continue

    def trusts(self, certificate: x509.Certificate) -> bool:
        """Tell whether the certificate, or the authority that signed it, is in the trusted folder."""
        return any(one == certificate or _issued(certificate, one) for one in self.trusted())

    def pinned(self, certificate: x509.Certificate) -> bool:
        """Tell whether this very certificate is in the trusted folder."""
        return any(one == certificate for one in self.trusted())

    def reject(self, certificate: x509.Certificate) -> Path:
        """Keep a certificate that nobody trusts, for a look, and return where it lies."""
        path = self.rejected_folder / _file_name(certificate)
        if not path.exists() and sum(1 for _ in _files(self.rejected_folder)) < MOST_REJECTED:
            self.rejected_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(path, der(certificate), 0o644)
        return path

    def trust(self, source: Path) -> Path:
        """Copy a certificate into the trusted folder, drop its rejected twin, return where. Raises Misconfigured."""
        certificate = load(source)
        path = self.trusted_folder / _file_name(certificate)
        self.trusted_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, der(certificate), 0o644)
        (self.rejected_folder / path.name).unlink(missing_ok=True)
        return path


def load(path: Path) -> x509.Certificate:
    """Return the certificate in a DER or PEM file. Raises Misconfigured naming the file."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES)
    except OSError as error:
        raise Misconfigured(f"cannot read the certificate {path}: {error.strerror}") from error
    try:
        pem = content.lstrip().startswith(b"-----BEGIN")
        return x509.load_pem_x509_certificate(content) if pem else x509.load_der_x509_certificate(content)
    except ValueError as error:
        raise Misconfigured(f"{path} is no certificate in DER or PEM form") from error


def der(certificate: x509.Certificate) -> bytes:
    """Return the certificate's bytes."""
    return certificate.public_bytes(serialization.Encoding.DER)


def thumbprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of the certificate, 64 hexadecimal digits."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def name_of(certificate: x509.Certificate) -> str:
    """Return the common name, or what there is of a subject."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else certificate.subject.rfc4514_string()


def application_uri(certificate: x509.Certificate) -> str | None:
    """Return the URI by which the certificate names its application."""
    names = _alternative_names(certificate)
    found = names.get_values_for_type(x509.UniformResourceIdentifier) if names else []
    return found[0] if found else None


def speaks_for(certificate: x509.Certificate, host: str) -> bool:
    """Tell whether the certificate names this host."""
    names = _alternative_names(certificate)
    if names is None:
        return False
    addresses = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    hosts = {name.lower() for name in names.get_values_for_type(x509.DNSName)}
    return host in addresses or host.lower() in hosts


def days_left(certificate: x509.Certificate, now: Timestamp) -> float:
    """Return for how many days the certificate is still valid, negative when it has expired."""
    return round((_ns(certificate.not_valid_after_utc) - now) / DAY, 2)


def unborn(certificate: x509.Certificate, now: Timestamp) -> bool:
    """Tell whether the certificate is not valid yet."""
    return _ns(certificate.not_valid_before_utc) > now


def _ns(at: datetime) -> Timestamp:
    return int(at.timestamp()) * SECOND


def _alternative_names(certificate: x509.Certificate) -> x509.SubjectAlternativeName | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return None


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        limits = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
        certificate.verify_directly_issued_by(authority)
    except (x509.ExtensionNotFound, ValueError, TypeError, InvalidSignature):
        return False
    return limits.ca


def _signed(key: rsa.RSAPrivateKey, name: str, now: Timestamp) -> x509.Certificate:
    host = socket.gethostname()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    born = datetime.fromtimestamp(now // SECOND, UTC)
    names = [x509.UniformResourceIdentifier(_uri(host, name)), x509.DNSName(host)]
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=True, data_encipherment=True,
        key_agreement=False, key_cert_sign=True, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH])
    own_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(born - timedelta(hours=1))
        .not_valid_after(born + timedelta(days=365 * YEARS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(purposes, critical=False)
        .add_extension(own_key, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, hashes.SHA256())


def _uri(host: str, name: str) -> str:
    return f"urn:{sub(r'[^A-Za-z0-9.-]', '-', host)}:citywatch:{sub(r'[^A-Za-z0-9._-]', '-', name)}"


def _file_name(certificate: x509.Certificate) -> str:
    spoken = sub(r"[^A-Za-z0-9._-]+", "-", name_of(certificate))[:60].strip("-.")
    return f"{spoken or 'certificate'}-{thumbprint(certificate)[:16]}.der"


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("*") if p.suffix.lower() in (".der", ".pem", ".crt", ".cer") and p.is_file())


def _write(path: Path, content: bytes, mode: int) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    fresh.replace(path)
