"""E-mail through a real SMTP server: sign-in, TLS, refusals of every sort, and nothing lost while it is away."""

import email
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from adapters.outbound import Away
from hub.model import SECOND, Refused
from hub.model.notify import Channel
from tests.integration.notify.receivers import AN, BINH, a_channel, a_message, opened
from tests.support.mosquitto import Authority, free_port
from tests.unit.notify.station import a_told_site, station


class Mailbox:
    """What arrived, and what the server says instead of taking it."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.to: list[list[str]] = []
        self.refuses: dict[str, str] = {}
        self.data = ["250 OK"]

    async def handle_RCPT(self, _s: SMTP, _n: Session, envelope: Envelope, address: str, _o: list[str]) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _s: SMTP, _n: Session, envelope: Envelope) -> str:
        answer = self.data.pop(0) if len(self.data) > 1 else self.data[0]
        if answer.startswith("250"):
            self.got.append(email.message_from_bytes(envelope.content or b"", policy=policy.default))
            self.to.append(envelope.rcpt_tos)
        return answer


@contextmanager
def server(box: Mailbox, port: int | None = None, **options: Any) -> Iterator[int]:
    """Run an SMTP server while inside."""
    controller = Controller(box, hostname="127.0.0.1", port=port or free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def mail(port: int, **more: Any) -> Channel:
    return a_channel("email", **{"host": "127.0.0.1", "port": port, "from": "hub@x.example", "security": "none"} | more)


async def send(channel: Channel, *contacts: Any, **more: Any) -> str:
    return await opened(channel).send(a_message(channel, "raised", *(contacts or (AN,)), **more))


async def test_a_mail_says_what_happened_to_everybody_at_once():
    box = Mailbox()
    with server(box) as port:
        await send(mail(port), AN, BINH)
    (got,) = box.got
    assert box.to == [["an@x.example", "binh@x.example"]]
    assert got["Subject"] == "[KHẨN CẤP] BÁO CHÁY chợ"
    assert got["Message-ID"] == "<out-raised@x.example>", "the same message has the same name when it is sent again"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["Importance"] == "high"
    assert "Tue, 24 Nov 2026 18:00:00 +0700" in got["Date"]
    assert "chưa xác nhận" in got.get_content()


async def test_many_alarms_are_one_mail_that_counts_what_it_does_not_list():
    box = Mailbox()
    with server(box) as port:
        await send(mail(port, language="en"), count=150)
    text = box.got[0].get_content()
    assert box.got[0]["Subject"] == "[CRITICAL] 150 alarms: FIRE market …"
    assert "20. FIRE market" in text
    assert "and 130 more alarms" in text


async def test_a_text_with_line_breaks_cannot_add_headers():
    from hub.model import Text

    box = Mailbox()
    with server(box) as port:
        await send(mail(port), text=Text("a\r\nBcc: evil@x.example\r\n\r\nbody", "x"))
    assert box.got[0]["Bcc"] is None
    assert box.to == [["an@x.example"]]


async def test_the_hub_signs_in_through_starttls(tmp_path: Path):
    authority = Authority(tmp_path / "ca")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.server_cert, authority.server_key)
    seen: list[tuple[bytes, bytes]] = []

    def check(_s: SMTP, _n: Session, _e: Envelope, _m: str, given: LoginPassword) -> AuthResult:
        seen.append((given.login, given.password))
        return AuthResult(success=given.password == b"right", handled=False)

    options = {"tls_context": context, "require_starttls": True, "authenticator": check, "auth_required": True}
    box = Mailbox()
    with server(box, **options) as port:
        common = {"security": "starttls", "ca": str(authority.ca), "user": "hub"}
        await send(mail(port, password="right", **common))
        with pytest.raises(Away, match="535"):
            await send(mail(port, password="wrong", **common))
        with pytest.raises(Away, match=r"(?i)certificate"):
            await send(mail(port, password="right", **(common | {"ca": None})))
    assert len(box.got) == 1
    assert seen[0] == (b"hub", b"right")


async def test_a_server_without_starttls_is_not_spoken_to_in_the_clear():
    box = Mailbox()
    with server(box) as port, pytest.raises(Away, match=r"(?i)starttls"):
        await send(mail(port, security="starttls", user="hub", password="secret"))
    assert not box.got


async def test_one_refused_person_does_not_keep_the_mail_from_the_others():
    box = Mailbox()
    box.refuses = {"binh@x.example": "550 no such user"}
    with server(box) as port:
        assert await send(mail(port), AN, BINH) == "refused: binh"
    assert box.to == [["an@x.example"]]


@pytest.mark.parametrize(
    ("refuses", "data", "error", "why"),
    [
        ("550 no such user", "250 OK", Refused, "^an: 550$"),
        ("451 try later", "250 OK", Away, "^an: 451$"),
        ("", "554 spam", Refused, "554 spam"),
        ("", "452 full", Away, "452 full"),
    ],
)
async def test_refusals_for_now_and_for_ever_are_told_apart(refuses: str, data: str, error: Any, why: str):
    box = Mailbox()
    box.refuses = {"an@x.example": refuses} if refuses else {}
    box.data = [data]
    with server(box) as port, pytest.raises(error, match=why):
        await send(mail(port))


async def test_a_server_that_is_not_there_is_away():
    with pytest.raises(Away, match="cannot connect to 127"):
        await send(mail(free_port()))


async def test_nobody_with_an_address_is_nobody():
    with pytest.raises(Refused, match="none of the contacts has an email address"):
        await opened(mail(1)).send(a_message(mail(1)))


async def test_an_outage_of_the_mail_server_delays_and_loses_nothing(tmp_path: Path):
    box, port = Mailbox(), free_port()
    box.data = ["451 starting", "250 OK"]
    site = a_told_site(mail(port, gather={"wait": "0s"}))
    async with station(tmp_path, site) as run:
        await run.alarm()
        await run.until(lambda: run.outcomes().count("failed") >= 2, step=SECOND)
        with server(box, port):
            await run.until(lambda: "sent" in run.outcomes(), step=SECOND)
    assert [m["Message-ID"] for m in box.got] == [f"<{run.adapter.recent[-1].key}@x.example>"]
