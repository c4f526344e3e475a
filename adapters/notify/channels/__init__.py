"""The five types of channel, each behind one contract; a type's library is imported when a site uses it."""

from importlib import import_module

from adapters.notify.channels.contract import Doubtful, Sender
from hub.model import Site
from hub.model.notify import Channel

__all__ = ["Doubtful", "Sender", "sender"]

_CLASSES = {
    "email": "EmailSender", "webhook": "WebhookSender", "http": "HttpSender", "mqtt": "MqttSender", "cap": "CapSender",
}  # fmt: skip


def sender(channel: Channel, site: Site, state: str) -> Sender:
    """Return the sender of a channel; `state` is the hub's state folder. Raises Misconfigured."""
    module = import_module(f"{__name__}.{channel.type}")
    made: Sender = getattr(module, _CLASSES[channel.type])(channel, site, state)
    return made
