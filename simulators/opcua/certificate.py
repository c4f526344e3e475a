"""The certificate of a simulated server: self-signed, made at each start, kept in memory alone.

What it must say is in OPC 10000-6, 6.2.2: the ApplicationUri as a subject alternative name, and these key usages.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from socket import gethostname

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from hub.model import SECOND, Timestamp
from simulators.base import LOOPBACK

_BITS = 2048
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_A_DAY = timedelta(days=1)


class Identity(Struct, frozen=True):
    """A certificate and its private key, both DER."""

    certificate: bytes
    key: bytes


def identity(uri: str, now: Timestamp, *, expired: bool = False) -> Identity:
    """Make a certificate for a server on the loopback: valid for a year from `now`, or no more for two days."""
    today = _EPOCH + timedelta(seconds=now // SECOND)
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Citywatch simulator")])
    names = x509.SubjectAlternativeName(
        [
            x509.UniformResourceIdentifier(uri),
            x509.DNSName("localhost"),
            x509.DNSName(gethostname()),
            x509.IPAddress(ip_address(LOOPBACK)),
        ]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - (30 if expired else 1) * _A_DAY)
        .not_valid_after(today + (-2 if expired else 365) * _A_DAY)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    return Identity(
        made.public_bytes(serialization.Encoding.DER),
        key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, plain),
    )


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
