"""E-mail through an SMTP server, one message for all who are told, named by its Message-ID (RFC 5322, RFC 5321)."""

import asyncio
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import Any

import aiosmtplib

from adapters.notify.addresses import connected
from adapters.notify.message import Message, reachable
from adapters.outbound import Away
from hub.model import SECOND, Priority, Refused, Site
from hub.model.notify import Channel
from hub.wire.tls import client_context

_FIXED_BY_THE_SENDER = 500
"""SMTP replies from here on say that trying again is no use (RFC 5321, 4.2.1)."""


class EmailSender:
    """A mail server."""

    def __init__(self, channel: Channel, site: Site, state: str) -> None:
        del state
        self._settings: Any = channel.settings
        self._ca = None if self._settings.ca is None else str(Path(site.folder) / self._settings.ca)
        self._name = site.title.say(channel.language)

    async def send(self, message: Message) -> str:
        """Deliver. Raises Away, Refused."""
        to = reachable(message.contacts, "email")
        if not to:
            raise Refused("nobody", "none of the contacts has an email address")
        names = {contact.addresses.get("email"): contact.id for contact in message.contacts}
        written = self._written(message, to)
        where = f"{self._settings.host}:{self._settings.port}"
        try:
            async with asyncio.timeout(self._settings.timeout / SECOND):
                refused = await self._deliver(written, to)
        except TimeoutError as error:
            raise Away(f"{where} does not answer within {self._settings.timeout / SECOND:g} s") from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refusal.code for refusal in error.recipients]
            told = "; ".join(f"{names[refusal.recipient]}: {refusal.code}" for refusal in error.recipients)
            raise (Refused("declined", told) if min(codes) >= _FIXED_BY_THE_SENDER else Away(told)) from error
        except aiosmtplib.SMTPDataError as error:
            told = f"{where} answers {error.code} {error.message}"
            raise (Refused("declined", told) if error.code >= _FIXED_BY_THE_SENDER else Away(told)) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Away(f"{where}: {error}") from error
        # who it was is said by name: addresses stay out of the journal
        return "" if not refused else f"refused: {', '.join(str(names[address]) for address in refused)}"

    async def close(self) -> None:
        """Nothing is held: each message has a connection of its own."""

    async def _deliver(self, written: EmailMessage, to: list[str]) -> list[str]:
        s = self._settings
        client = aiosmtplib.SMTP(
            hostname=s.host,
            sock=await connected(s.host, s.port),
            username=s.user,
            password=None if s.password is None else s.password.get_secret_value(),
            use_tls=s.security == "tls",
            start_tls=s.security == "starttls",
            tls_context=None if s.security == "none" else client_context(self._ca),
            timeout=s.timeout / SECOND,
        )
        async with client:
            refused, _ = await client.send_message(written, sender=s.sender, recipients=to)
        return sorted(refused)

    def _written(self, message: Message, to: list[str]) -> EmailMessage:
        d, domain = message.delivery, self._settings.sender.rpartition("@")[2]
        mail = EmailMessage()
        mail["From"] = formataddr((self._name, self._settings.sender))
        mail["To"] = ", ".join(to)
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(message.moment(d.at))
        mail["Message-ID"] = f"<{d.key}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        if d.priority is Priority.CRITICAL:
            mail["Importance"] = "high"
        mail.set_content(message.text)
        return mail
