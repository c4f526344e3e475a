"""TLS for connections that the hub makes: whom to trust, how to prove oneself, what went wrong."""

import ssl
from collections.abc import Callable
from typing import TypeVar

from hub.model import DriverError, Misconfigured, Unreachable

T = TypeVar("T")

_TIME_FAULTS = frozenset({9, 10})
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL: a new certificate heals them."""

_OURS_REFUSED = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "UNKNOWN_CA", "CERTIFICATE_UNKNOWN", "CERTIFICATE_REVOKED",
                 "UNSUPPORTED_CERTIFICATE", "ACCESS_DENIED")  # fmt: skip
"""Parts of OpenSSL's names for the alerts by which a peer turns our certificate away (RFC 8446, 6.2)."""


def client_context(ca: str | None = None, cert: str | None = None, key: str | None = None) -> ssl.SSLContext:
    """Return a context (TLS 1.2 or newer, host name checked) from PEM files. Raises Misconfigured naming the file."""
    context = _loaded(ca, "certificate authority", lambda: ssl.create_default_context(cafile=ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if cert is not None:
        _loaded(cert, "certificate and key", lambda: context.load_cert_chain(cert, key, password=_no_password))
    return context


def own_context(certificate: str) -> ssl.SSLContext:
    """Trust one server on this machine by its own certificate, whatever name stands in it. Raises Misconfigured."""
    context = client_context(certificate)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _loaded(path: str | None, what: str, load: Callable[[], T]) -> T:
    try:
        return load()
    except ssl.SSLError as error:
        raise Misconfigured(f"{path} is not a usable {what} in PEM form: {error.reason or error}") from error
    except OSError as error:
        raise Misconfigured(f"cannot read the {what} {path}: {error.strerror}") from error


def _no_password() -> bytes:
    # Without this OpenSSL would ask on the terminal and the hub would hang.
    raise Misconfigured("a private key that is protected by a passphrase cannot be used; store it without one")


def fault(error: ssl.SSLError, where: str, ca: str | None) -> DriverError:
    """Return the error to raise for a failed handshake with `where`: what is wrong and what to change."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message or str(error)
        if error.verify_code in _TIME_FAULTS:
            told = f"the certificate of {where} is refused by the hub: {why}; it must be renewed there"
            return Unreachable(told, "cert_expired")
        trust = f"{ca} (tls.ca)" if ca else "the system's authorities; name its own in tls.ca"
        told = f"the certificate of {where} is refused by the hub: {why}; it was checked against {trust}"
        return Misconfigured(told, "cert_untrusted")
    said = error.reason or str(error)
    if (expired := "CERTIFICATE_EXPIRED" in said) or any(word in said for word in _OURS_REFUSED):
        told = f"{where} refuses the hub's certificate ({said}); give tls.cert and tls.key that it trusts"
        return Unreachable(told, "cert_expired" if expired else "cert_untrusted")
    return Unreachable(f"TLS with {where} failed: {said}; does that port speak TLS?", "protocol_error")
