"""Webhooks: CloudEvents 1.0 in structured JSON, signed by the Standard Webhooks scheme, version 1.

The signature is HMAC-SHA256 over `id.timestamp.body` (Standard Webhooks, specification 1.0): whoever receives it
can tell who sent it, that nothing was changed, and, by the timestamp and the id, that it is not an old one again.
"""

import base64
import binascii
import hashlib
import hmac

import msgspec

from adapters.notify.channels.requests import Requests
from adapters.notify.message import Message
from hub.model import SECOND, Site, Timestamp
from hub.model.notify import Channel

PREFIX = "whsec_"


class WebhookSender:
    """A receiver of signed events."""

    def __init__(self, channel: Channel, site: Site, state: str) -> None:
        del state
        self._requests = Requests(channel.settings, site.folder)
        self._key = secret(channel.settings.key.get_secret_value())

    async def send(self, message: Message) -> str:
        """Deliver. Raises Away, Refused."""
        body = msgspec.json.encode(message.cloud_event())
        at = message.sent_at // SECOND
        headers = {
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            "Idempotency-Key": message.delivery.key,
            "webhook-id": message.delivery.key,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(self._key, message.delivery.key, at, body),
        }
        status, _ = await self._requests.send("POST", headers, body)
        return str(status)

    async def close(self) -> None:
        """Close connections."""
        await self._requests.close()


def secret(key: str) -> bytes:
    """Return the bytes of a key: `whsec_` and base64, or the text itself."""
    if key.startswith(PREFIX):
        try:
            return base64.b64decode(key.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            pass
    return key.encode()


def signature(key: bytes, id_: str, seconds: Timestamp, body: bytes) -> str:
    """Return the value of the header `webhook-signature`."""
    signed = b".".join((id_.encode(), str(seconds).encode(), body))
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"
