"""A signed request to the hub itself, of a form that it must refuse: the answer tells whether a system can push."""

import asyncio
import base64
import hashlib
import hmac
import http.client
import json
import os
from urllib.parse import urlsplit

from drivers.base import BoundDevice
from hub.model import SECOND, Misconfigured, NoAnswer, Refused, SystemClock, Unreachable
from hub.wire.tls import own_context

BODY = b"[]"
"""JSON, and no object: refused as `schema` once the signature was taken, and nothing of it is kept."""
LARGEST = 4096


def signature(secret: str, key: str, at: int, body: bytes) -> str:
    """Return the proof of Standard Webhooks 1.0 for a body sent under a key at a time (s since 1970)."""
    signed = b".".join((key.encode(), str(at).encode(), body))
    return "v1," + base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


async def knock(device: BoundDevice, url: str, certificate: str) -> None:
    """Push something that is refused. Raises Unreachable, NoAnswer, Misconfigured, Refused (unsigned)."""
    status, code, detail = await asyncio.to_thread(_ask, device, url, certificate)
    if (status, code) == (422, "schema"):
        return
    if status == 404:
        raise Misconfigured(f"the hub at {url} has no device {device.id} that pushes; it runs another site")
    if status == 401:
        raise Refused("unsigned", f"the hub at {url} does not take the signature: {detail}")
    raise NoAnswer(f"the hub at {url} answers {status} {code}: {detail}", "refused")


def _ask(device: BoundDevice, url: str, certificate: str) -> tuple[int, str, str]:
    at, key = SystemClock().now() // SECOND, f"knock-{os.urandom(8).hex()}"
    place = urlsplit(url)
    assert place.hostname is not None
    tls = own_context(certificate) if certificate else None
    headers = {
        "Content-Type": "application/json", "Idempotency-Key": key, "Webhook-Timestamp": str(at),
        "Webhook-Signature": signature(device.connection.secret.get_secret_value(), key, at, BODY),
    }  # fmt: skip
    asked = (
        http.client.HTTPSConnection(place.hostname, place.port, timeout=device.timeout, context=tls)
        if tls
        else http.client.HTTPConnection(place.hostname, place.port, timeout=device.timeout)
    )
    try:
        asked.request("POST", f"/api/v1/ingest/{device.id}", BODY, headers)
        answer = asked.getresponse()
        return answer.status, *_problem(answer.read(LARGEST))
    except TimeoutError:
        raise NoAnswer(f"the hub at {url} does not answer within {device.timeout:g} s", "timeout") from None
    except http.client.HTTPException as error:
        raise NoAnswer(f"what answers at {url} is no hub: {error!r}", "protocol_error") from error
    except OSError as error:
        raise Unreachable(f"no hub answers at {url}: {error.strerror or error}", "no_hub") from error
    finally:
        asked.close()


def _problem(body: bytes) -> tuple[str, str]:
    """Return code and detail of a problem document (RFC 9457)."""
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return "", ""
    return str(told.get("code", "")), str(told.get("detail", ""))[:300]
