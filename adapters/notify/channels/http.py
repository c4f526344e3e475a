"""A request made from a template: gateways for SMS, Zalo and whatever else takes HTTP."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from adapters.notify.channels.contract import Doubtful
from adapters.notify.channels.requests import Requests
from adapters.notify.message import Message, cut, filled, filled_text
from hub.model import Refused, Site
from hub.model.notify import PER_CONTACT, Channel


class HttpSender:
    """A gateway."""

    def __init__(self, channel: Channel, site: Site, state: str) -> None:
        del state
        self._settings: Any = channel.settings
        self._each = channel.each
        self._requests = Requests(channel.settings, site.folder)

    async def send(self, message: Message) -> str:
        """Deliver. Raises Away, Refused."""
        s, values = self._settings, self._values(message)
        body, kind = self._body(values)
        headers = {"idempotency-key": message.delivery.key} | ({} if kind is None else {"content-type": kind})
        headers |= {name.lower(): filled_text(value.get_secret_value(), values) for name, value in s.headers.items()}
        status, answer = await self._requests.send(s.method, headers, body, filled(s.query, values) or None)
        self._expect(status, answer)
        return str(status)

    async def close(self) -> None:
        """Close connections."""
        await self._requests.close()

    def _values(self, message: Message) -> dict[str, str]:
        contact = message.contacts[0] if message.contacts else None
        if self._each and contact is None:
            raise Refused("nobody", "there is nobody to be told")
        values = message.fields(contact)
        template = str((self._settings.body, self._settings.form, self._settings.query, self._settings.text))
        for kind in PER_CONTACT & values.keys():
            if not values[kind] and f"{{{kind}}}" in template:
                raise Refused("nobody", f"{values['name']} has no {kind}")
        secrets = {name: value.get_secret_value() for name, value in self._settings.secrets.items()}
        return values | {"text": cut(values["text"], self._settings.longest)} | secrets

    def _body(self, values: Mapping[str, str]) -> tuple[bytes | None, str | None]:
        s = self._settings
        if s.body is not None:
            return msgspec.json.encode(filled(s.body, values)), "application/json; charset=utf-8"
        if s.form is not None:
            return urlencode(filled(s.form, values)).encode(), "application/x-www-form-urlencoded"
        if s.text is not None:
            return filled_text(s.text, values).encode(), "text/plain; charset=utf-8"
        return None, None

    def _expect(self, status: int, answer: bytes) -> None:
        expect, said = self._settings.expect, answer.decode(errors="replace")
        short = " ".join(said.split())[:200]
        if expect.status is not None and status not in expect.status:
            raise Doubtful(f"answers {status}, not {expect.status}: {short}")
        if expect.contains is not None and expect.contains not in said:
            raise Doubtful(f"the answer does not hold {expect.contains!r}: {short}")
        if expect.json_values:
            found = _decoded(answer)
            for path, wanted in expect.json_values.items():
                if str(_at(found, path)) != str(wanted):
                    raise Doubtful(f"the answer's {path} is not {wanted}: {short}")


def _decoded(answer: bytes) -> Any:
    try:
        return msgspec.json.decode(answer)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Doubtful("the answer is not JSON") from error


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value
