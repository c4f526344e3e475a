"""What other systems push: signed, keyed, bounded; answered 202 once it is durable.

Headers: `Idempotency-Key` (or `Webhook-Id`), `Webhook-Timestamp`, `Webhook-Signature` (Standard Webhooks 1.0).
"""

from aiohttp import web

from adapters.web.answers import IngestAnswer
from adapters.web.board import encode
from adapters.web.problem import ProblemError, not_found
from adapters.web.routes import Answer, Call, Route
from hub.model import Refused

STATUS = {"unsigned": 401, "under_way": 409, "key_reused": 422, "persons": 422, "schema": 422, "too_fast": 429}
"""Why a request is refused → the answer's status; everything else: 503, send it again."""
AGAIN_S = "10"


async def ingest(call: Call) -> Answer:
    """Take what a system pushes."""
    device, inlets, headers = call.path("device"), call.parts.inlets, call.request.headers
    largest = None if inlets is None else inlets.largest(device)
    if inlets is None or largest is None:
        raise not_found("device that pushes", device)
    if call.request.content_type != "application/json":
        raise ProblemError(415, "not_json", "send JSON with Content-Type: application/json")
    body = await _body(call.request, largest)
    key: str = headers.get("Idempotency-Key", "") or headers.get("Webhook-Id", "")
    proof = key, headers.get("Webhook-Timestamp", ""), headers.get("Webhook-Signature", "")
    try:
        new = await inlets.receive(device, *proof, body)
    except Refused as why:
        raise _problem(why) from None
    said = {"accepted": True, "repeated": not new}
    return web.Response(status=202, body=encode(said), content_type="application/json")


async def _body(request: web.Request, largest: int) -> bytes:
    """Return the body, never reading beyond the limit. Raises ProblemError 413, 415."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ProblemError(415, "packed", "send the body without Content-Encoding")
    whole = bytearray()
    if (request.content_length or 0) <= largest:
        async for piece in request.content.iter_chunked(16_384):
            whole += piece
            if len(whole) > largest:
                break
        else:
            return bytes(whole)
    raise ProblemError(
        413, "too_large", f"a body of this device may have {largest} bytes", headers={"Connection": "close"}
    )


def _problem(why: Refused) -> ProblemError:
    status = STATUS.get(why.reason, 503)
    headers = {"Retry-After": AGAIN_S} if status in (429, 503) else {}
    if status == 401:
        headers = {"WWW-Authenticate": "Webhook-Signature"}
    return ProblemError(status, why.reason, str(why), headers=headers)


ROUTES = (
    Route(
        "POST", "/ingest/{device}", ingest, None, IngestAnswer,
        "Take what a system pushes: signed, with an Idempotency-Key; 202 once it is stored",
        problems=(401, 404, 409, 413, 415, 422, 429, 503),
    ),
)  # fmt: skip
