"""What went wrong between us and a server, as a sentence that names the side, the place and the fix."""

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.ua.uaerrors import UaError, UaStatusCodeError

from hub.model import DriverError, Misconfigured, Unreachable

_Codes = ua.StatusCodes
SIGN_IN = {
    _Codes.BadUserAccessDenied, _Codes.BadIdentityTokenRejected, _Codes.BadIdentityTokenInvalid,
    _Codes.BadUserSignatureInvalid,
}  # fmt: skip
OURS_REFUSED = {
    _Codes.BadCertificateUntrusted, _Codes.BadSecurityChecksFailed, _Codes.BadCertificateInvalid,
    _Codes.BadCertificateUriInvalid, _Codes.BadCertificateUseNotAllowed, _Codes.BadCertificateRevoked,
    _Codes.BadCertificateChainIncomplete, _Codes.BadCertificatePolicyCheckFailed,
}  # fmt: skip
"""By these a server turns our certificate away; many say only BadSecurityChecksFailed, to tell strangers nothing."""
_TOO_LARGE = {_Codes.BadRequestTooLarge, _Codes.BadResponseTooLarge, _Codes.BadTcpMessageTooLarge}
LOST = (OSError, UaError, ServiceError, TimeoutError, EOFError, ValueError, AttributeError, AssertionError)
"""What the library raises when a server breaks off, is silent, or sends what is no OPC UA."""


def code_of(error: BaseException) -> int:
    """Return the status code of an error of the library, 0 when it has none."""
    return int(error.code) if isinstance(error, UaStatusCodeError | ServiceError) else 0


def name_of(code: int) -> str:
    """Return what the standard calls a status code."""
    return str(ua.status_codes.get_name_and_doc(code & 0xFFFF_0000)[0])


def spoken(error: BaseException) -> str:
    """Return an error of the library in a few words."""
    code = code_of(error)
    if code:
        return name_of(code)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def no_connection(error: BaseException, where: str, largest: int) -> DriverError:
    """Return the error for a server that is lost, silent, or makes no sense."""
    code = code_of(error)
    if code in _TOO_LARGE:
        return Unreachable(
            f"{where} sends a message larger than {largest >> 20} MiB, and the hub takes none of that size: look for "
            "an array among its variables",
            "protocol_error",
        )
    if isinstance(error, TimeoutError) or code == _Codes.BadTimeout:
        return Unreachable(f"{where} does not answer in time", "timeout")
    if code or not isinstance(error, OSError):
        return Unreachable(f"{where} broke off: {spoken(error)}", "" if code else "protocol_error")
    return Unreachable(f"cannot reach {where}: {spoken(error)}")


def sign_in(error: BaseException, where: str, user: str | None, cert: str | None = None) -> DriverError | None:
    """Return the error for a refused identity, or None when the error speaks of something else."""
    if code_of(error) not in SIGN_IN:
        return None
    if cert is not None:
        who = f"the user certificate {cert}"
        change = "check connection.cert and connection.key, or have the server trust the certificate"
    elif user:
        who, change = f"user {user!r}", "check connection.user and connection.password"
    else:
        who, change = "a client without a user name", "set connection.user and connection.password"
    return Misconfigured(f"{where} refuses {who} ({spoken(error)}); {change}", "auth_failed")


def ours_refused(error: BaseException, where: str, own: str) -> DriverError:
    """Return the error for a server that turns our certificate away, or that hangs up when it sees it."""
    code = code_of(error)
    if code == _Codes.BadCertificateTimeInvalid:
        return Unreachable(
            f"{where} refuses the hub's certificate as expired or not yet valid; compare the clocks, or make a new one "
            f"with `citywatch certs make --replace` and copy {own} to the server",
            "cert_expired",
        )
    how = name_of(code) if code else "it hangs up"
    return Unreachable(
        f"{where} refuses the hub's certificate ({how}); at the server move it from the rejected certificates to the "
        f"trusted ones, or copy {own} there",
        "cert_untrusted",
    )
