"""Whom we trust and how we prove ourselves: an endpoint is chosen and its certificate judged before we sign in."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from asyncua import Client, ua
from asyncua.crypto import security_policies, uacrypto
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from msgspec import Struct

from drivers.opcua.address import Connection, endpoint
from hub.model import Misconfigured, Timestamp, Unreachable
from hub.wire.certificates import (
    FOLDER,
    Certificates,
    application_uri,
    days_left,
    der,
    name_of,
    speaks_for,
    thumbprint,
    unborn,
)

POLICIES: Mapping[str, Any] = {
    "Basic256Sha256": security_policies.SecurityPolicyBasic256Sha256,
    "Aes128Sha256RsaOaep": security_policies.SecurityPolicyAes128Sha256RsaOaep,
    "Aes256Sha256RsaPss": security_policies.SecurityPolicyAes256Sha256RsaPss,
}
LEAST_BITS = 2048
"""RSA keys that the policies allow (OPC 10000-7); what is weaker is refused."""


class Trust(Struct, frozen=True):
    """Where certificates lie, and a pinned one instead of a list."""

    certificates: Certificates
    pin: str | None = None


def trust_of(connection: Connection, state: str) -> Trust:
    """Return whom a connection trusts: a pinned certificate, a folder of its own, or the hub's list."""
    kept = Certificates(Path(state or ".") / FOLDER)
    given = connection.trust
    if given is None:
        return Trust(kept)
    if given.startswith("sha256:"):
        return Trust(kept, given.removeprefix("sha256:"))
    kept.trusted_folder = Path(given)
    return Trust(kept)


def own_certificate(trust: Trust) -> x509.Certificate:
    """Return the hub's certificate. Raises Misconfigured saying how to make one."""
    own = trust.certificates.own()
    if own is None or not trust.certificates.key_path.exists():
        folder = trust.certificates.folder.parent
        raise Misconfigured(
            f"the hub has no certificate of its own in {trust.certificates.folder}: make one with "
            f"`citywatch certs make --state {folder}`"
        )
    return own


async def secure(client: Client, connection: Connection, trust: Trust, now: Timestamp) -> x509.Certificate:
    """Prepare a secured channel and return the server's certificate. Raises Unreachable, Misconfigured."""
    own = own_certificate(trust)
    offered = await client.connect_and_get_server_endpoints()
    chosen = choose(offered, connection)
    certificate = _first(chosen.ServerCertificate or b"", connection.url)
    judge(certificate, connection, chosen.Server.ApplicationUri, trust, now)
    client.application_uri = application_uri(own) or ""
    key = trust.certificates.key_path
    try:
        await client.set_security(
            POLICIES[connection.security],
            der(own),
            uacrypto.CertProperties(key, "pem"),
            server_certificate=der(certificate),
            mode=mode_of(connection),
        )
    except (OSError, ValueError, TypeError) as error:
        raise Misconfigured(
            f"the private key {key} cannot be used ({error}): make a new pair with `citywatch certs make --replace`"
        ) from error
    return certificate


async def load_user(client: Client, cert: str, key: str) -> None:
    """Give the library the certificate and key that sign the user in. Raises Misconfigured."""
    try:
        pem = Path(cert).suffix.lower() != ".der", Path(key).suffix.lower() != ".der"
        await client.load_client_certificate(cert, "pem" if pem[0] else "der")
        await client.load_private_key(Path(key), None, "pem" if pem[1] else "der")
    except (OSError, ValueError, TypeError) as error:
        raise Misconfigured(f"cannot use the user certificate {cert} with {key}: {error}") from error


def _first(chain: bytes, where: str) -> x509.Certificate:
    """Return the server's own certificate of the chain that it shows: DER's length tells where it ends."""
    try:
        return x509.load_der_x509_certificate(chain[: int.from_bytes(chain[2:4], "big") + 4])
    except ValueError as error:
        raise Unreachable(f"{where} offers security without a usable certificate", "protocol_error") from error


def mode_of(connection: Connection) -> ua.MessageSecurityMode:
    """Return the library's name of a connection's mode."""
    if connection.security == "None":
        return ua.MessageSecurityMode.None_
    sign = connection.mode == "Sign"
    return ua.MessageSecurityMode.Sign if sign else ua.MessageSecurityMode.SignAndEncrypt


def choose(offered: Sequence[ua.EndpointDescription], connection: Connection) -> ua.EndpointDescription:
    """Return the endpoint with the policy and mode of the connection. Raises Misconfigured naming what there is."""
    wanted = POLICIES[connection.security].URI
    mode = mode_of(connection)
    for one in offered:
        if one.SecurityPolicyUri == wanted and one.SecurityMode == mode:
            return one
    there = sorted({f"{str(e.SecurityPolicyUri).rpartition('#')[2]}/{e.SecurityMode.name.strip('_')}" for e in offered})
    raise Misconfigured(
        f"{connection.url} does not offer {connection.security}/{connection.mode}; it offers {', '.join(there[:12])}: "
        "set connection.security and connection.mode"
    )


def judge(certificate: x509.Certificate, connection: Connection, uri: str | None, trust: Trust, now: Timestamp) -> None:
    """Raise Unreachable, with what to do, unless the server's certificate is valid, strong, its own, and trusted."""
    name, where = name_of(certificate), connection.url
    if unborn(certificate, now) or days_left(certificate, now) <= 0:
        raise Unreachable(
            f"the certificate {name!r} of {where} is valid from {certificate.not_valid_before_utc:%Y-%m-%d} to "
            f"{certificate.not_valid_after_utc:%Y-%m-%d}: renew it at the server, or set the clocks right",
            "cert_expired",
        )
    if weakness := weak(certificate):
        raise Unreachable(f"the certificate {name!r} of {where} {weakness}: renew it at the server", "cert_untrusted")
    if application_uri(certificate) != uri:
        raise Unreachable(
            f"{where} calls itself {uri!r}, but its certificate was made for {application_uri(certificate)!r}: make "
            "the server a certificate of its own",
            "cert_untrusted",
        )
    _trusted(certificate, connection, trust)


def weak(certificate: x509.Certificate) -> str | None:
    """Return what is weak about a certificate, or None."""
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < LEAST_BITS:
        return f"has no RSA key of {LEAST_BITS} bits or more"
    algorithm = certificate.signature_hash_algorithm
    if algorithm is None or algorithm.name in ("md5", "sha1"):
        return f"is signed with {algorithm.name if algorithm else 'nothing'}"
    return None


def _trusted(certificate: x509.Certificate, connection: Connection, trust: Trust) -> None:
    print_, kept = thumbprint(certificate), trust.certificates
    if trust.pin is not None:
        if print_ != trust.pin:
            raise Unreachable(
                f"{connection.url} shows the certificate sha256:{print_}, and connection.trust pins another; if the "
                "server was renewed, write the new one there",
                "cert_untrusted",
            )
        return
    if kept.pinned(certificate):
        return
    host = endpoint(connection)[0]
    if kept.trusts(certificate) and speaks_for(certificate, host):
        return
    path = kept.reject(certificate)
    why = f"names another host than {host}" if kept.trusts(certificate) else "is not trusted here"
    raise Unreachable(
        f"the certificate {name_of(certificate)!r} of {connection.url} {why}; compare its sha256 {print_} with the one "
        f"the server shows, then move {path} to {kept.trusted_folder}",
        "cert_untrusted",
    )
