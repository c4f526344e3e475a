"""Checks of single channels: URLs, addresses, placeholders."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

from hub.config.channels.entries import ChannelEntry
from hub.config.channels.types import EmailEntry, HttpEntry, MqttEntry, WebhookEntry
from hub.config.problems import did_you_mean, known_are
from hub.model.notify import PER_CONTACT, PLACEHOLDERS

Complaint = tuple[str, str]
_PLACE = re.compile(r"\{([^{}]*)\}")
_TOPIC_WORDS = PLACEHOLDERS - PER_CONTACT - {"text", "subject"}


def url_problem(entry: ChannelEntry) -> Complaint | None:
    """Return what is wrong with the URL of a channel, and what would be right."""
    if not isinstance(entry, HttpEntry | WebhookEntry):
        return None
    try:
        url = urlsplit(entry.url)
        host, _ = url.hostname, url.port
    except ValueError as wrong:
        return f"not a URL: {wrong}", ""
    if url.scheme not in ("http", "https") or not host:
        return "expected a URL that begins with https:// or http://", ""
    if url.username is not None or url.password is not None:
        return "a URL must not hold a name or password", "put them into a header, by reference"
    if "{" in entry.url:
        return "a URL has no placeholders", "use query:"
    return host_problem(host, local=entry.local)


def address_problem(entry: ChannelEntry) -> Complaint | None:
    """Return what is wrong with the host of a channel."""
    return host_problem(entry.host, local=True) if isinstance(entry, EmailEntry | MqttEntry) else None


def host_problem(host: str, *, local: bool) -> Complaint | None:
    """Return why nothing may be sent to a host, as far as its name alone tells."""
    if host == "localhost" and not local:
        return "the receiver is this machine", "add local: true if that is meant"
    try:
        return forbidden(ip_address(host.strip("[]")), local=local)
    except ValueError:
        return None


def forbidden(address: IPv4Address | IPv6Address, *, local: bool) -> Complaint | None:
    """Return why nothing may be sent to an address: link-local, multicast, unspecified; loopback unless `local`."""
    plain = getattr(address, "ipv4_mapped", None) or address
    for kind in ("multicast", "unspecified", "link_local", "reserved"):
        if getattr(plain, f"is_{kind}") and not plain.is_loopback:
            return f"{plain} is {kind.replace('_', '-')}, and nothing is sent there", ""
    if plain.is_loopback and not local:
        return f"{plain} is this very machine", "add local: true if that is meant"
    return None


def placeholders(tree: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield each templated key of a channel, as its file says it, with the words in its braces."""
    for key in ("topic", "query", "headers", "json", "form", "text"):
        if key in tree:
            yield key, _words(tree[key])


def template_problem(used: list[str], entry: ChannelEntry) -> Complaint | None:
    """Return what is wrong with the words in braces of one templated key."""
    known = _TOPIC_WORDS if isinstance(entry, MqttEntry) else PLACEHOLDERS
    own = set(entry.secrets) if isinstance(entry, HttpEntry) else set()
    for word in used:
        if word not in known | own:
            hint = did_you_mean(word, known | own, otherwise=known_are("placeholders", known | own, most=20))
            return f"{{{word}}} means nothing here", hint
    return None


def _words(template: Any) -> list[str]:
    if isinstance(template, str):
        return _PLACE.findall(template)
    if isinstance(template, dict):
        return [word for value in template.values() for word in _words(value)]
    return [word for value in template for word in _words(value)] if isinstance(template, list) else []
