"""Webhooks and templates against a real HTTP server: signed, judged, never redirected, never sent to a wrong place."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from adapters.notify.channels import Doubtful
from adapters.outbound import Away
from hub.model import HOUR, SECOND, Refused
from hub.model.notify import Channel
from tests.integration.notify.receivers import AN, BINH, a_channel, a_message, never, opened, receiver
from tests.unit.notify.evening import EVENING
from tests.unit.notify.station import a_told_site, station

KEY = "whsec_" + base64.b64encode(b"a key of thirty-two bytes, no more").decode()


def hook(url: str, **more: Any) -> Channel:
    return a_channel("webhook", url=url, key=KEY, local=True, **more)


def sms(url: str, **more: Any) -> Channel:
    body = {"to": "{phone}", "text": "{text}", "key": "{api_key}"}
    settings: dict[str, Any] = {"url": url, "local": True, "json": body, "secrets": {"api_key": "s3"}} | more
    return a_channel("http", **settings)


async def send(channel: Channel, *contacts: Any, times: int = 1, **more: Any) -> str:
    sender = opened(channel)
    try:
        said = ""
        for _ in range(times):
            said = await sender.send(a_message(channel, "raised", *contacts, **more))
        return said
    finally:
        await sender.close()


def genuine(headers: Mapping[str, str], body: bytes) -> bool:
    """Verify as the Standard Webhooks specification tells a receiver to, from the other end."""
    key = base64.b64decode(KEY.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return headers["webhook-signature"] == f"v1,{wanted}"


async def test_a_webhook_is_a_signed_cloud_event():
    async with receiver() as there:
        assert await send(hook(there.url)) == "200"
    _, headers, body = there.got[0]
    assert genuine(headers, body)
    assert not genuine(headers, body + b" ")
    assert headers["Content-Type"].startswith("application/cloudevents+json")
    assert headers["webhook-timestamp"] == str(EVENING // SECOND)
    assert headers["Idempotency-Key"] == headers["webhook-id"] == "out-raised"
    event = json.loads(body)
    assert {event[k] for k in ("specversion", "id", "source", "type", "subject")} == {
        "1.0", "out-raised", "/citywatch/test", "citywatch.alarm.raised", "fire:panel/zone.alarm",
    }  # fmt: skip
    assert event["time"] == "2026-11-24T11:00:00.000Z"
    assert event["data"]["alarms"][0]["text"] == {"vi": "BÁO CHÁY chợ", "en": "FIRE market"}


async def test_a_key_that_is_not_base64_is_the_text_itself():
    from adapters.notify.channels.webhook import secret

    assert secret("plain text") == b"plain text"
    assert secret("whsec_???") == b"whsec_???"
    assert secret(KEY) == b"a key of thirty-two bytes, no more"


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408, 401, 403, 404])
async def test_trouble_of_the_far_side_is_tried_again(status: int):
    async with receiver() as there:
        there.answers = [web.Response(status=status, text="why not")]
        with pytest.raises(Away, match=f"answers {status}: why not"):
            await send(hook(there.url))


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422])
async def test_a_message_that_will_never_be_taken_is_given_up(status: int):
    async with receiver() as there:
        there.answers = [web.Response(status=status)]
        with pytest.raises(Refused, match=f"answers {status}"):
            await send(hook(there.url))


async def test_a_redirect_is_not_followed():
    async with receiver() as there:
        there.answers = [web.Response(status=307, headers={"Location": "http://169.254.169.254/"})]
        with pytest.raises(Refused, match=r"redirects to http://169\.254\.169\.254/: name that in url"):
            await send(hook(there.url))


async def test_silence_and_absence_are_tried_again():
    async with receiver() as there:
        there.answers = [never]
        with pytest.raises(Away, match=r"does not answer within 0\.2 s"):
            await send(hook(there.url, timeout="200ms"))
    with pytest.raises(Away, match="cannot be reached"):
        await send(hook(there.url))


async def test_an_endless_answer_is_not_read_to_its_end():
    async with receiver() as there:
        there.answers = [web.Response(status=200, body=b"x" * 5_000_000)]
        assert await send(hook(there.url)) == "200"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0"])
async def test_nothing_is_sent_to_this_machine_unless_that_is_meant(host: str):
    async with receiver() as there:
        with pytest.raises(Refused, match="nothing is sent to"):
            await send(a_channel("webhook", url=f"http://{host}:{there.port}/in", key=KEY))
    assert not there.got


async def test_a_name_that_nobody_knows_is_tried_again():
    with pytest.raises(Away, match="cannot be resolved"):
        await send(a_channel("webhook", url="http://no.such.host.invalid/", key=KEY))


# -- templates


async def test_a_gateway_gets_the_template_filled_for_one_person():
    async with receiver() as there:
        channel = sms(there.url, headers={"X-Token": "t {priority}"}, query={"id": "{key}"})
        assert channel.each, "a message with {phone} goes to each person alone"
        await send(channel, AN)
    url, headers, body = there.got[0]
    said = json.loads(body)
    assert (said["to"], said["key"]) == ("0912345678", "s3")
    assert said["text"].startswith("[KHẨN CẤP] BÁO CHÁY chợ\n18:00:00 24/11/2026 · Town · chưa xác nhận")
    assert headers["x-token"] == "t critical"
    assert url == "/in?id=out-raised"


async def test_values_cannot_break_out_of_a_template():
    async with receiver() as there:
        from hub.model import Text

        await send(sms(there.url), AN, text=Text('","to":"0999"} {api_key}', "x"))
    said = json.loads(there.got[0][2])
    assert said["to"] == "0912345678"
    assert "{api_key}" in said["text"], "what an alarm says is no template"


async def test_forms_and_plain_texts_are_sent_as_such():
    async with receiver() as there:
        await send(sms(there.url, json=None, form={"to": "{phone}", "m": "{subject}"}), AN)
        await send(sms(there.url, json=None, text="{event} {count}"), AN)
    assert there.got[0][1]["content-type"] == "application/x-www-form-urlencoded"
    assert b"to=0912345678&m=%5BKH" in there.got[0][2]
    assert there.got[1][2] == b"raised 1"


async def test_a_long_text_is_cut_where_the_gateway_ends():
    async with receiver() as there:
        await send(sms(there.url, longest=40), AN, count=30)
    text = json.loads(there.got[0][2])["text"]
    assert len(text) == 40
    assert text.endswith("…")


async def test_a_person_without_the_address_is_named():
    async with receiver() as there:
        with pytest.raises(Refused, match="Bình has no phone"):
            await send(sms(there.url), BINH)
        with pytest.raises(Refused, match="nobody"):
            await send(sms(there.url))


@pytest.mark.parametrize(
    ("expect", "answer", "why"),
    [
        ({"json": {"CodeResult": "100"}}, {"CodeResult": "99"}, "the answer's CodeResult is not 100"),
        ({"json": {"a.b": 1}}, {"a": {"b": 2}}, r"the answer's a\.b is not 1"),
        ({"json": {"a.b": 1}}, {"a": 5}, r"the answer's a\.b is not 1"),
        ({"contains": "queued"}, {"x": 1}, "does not hold 'queued'"),
        ({"status": [202]}, {}, r"answers 200, not \[202\]"),
    ],
)
async def test_an_answer_that_is_not_the_expected_one_is_doubted(expect: Any, answer: Any, why: str):
    async with receiver() as there:
        there.answers = [web.json_response(answer)]
        with pytest.raises(Doubtful, match=why):
            await send(sms(there.url, expect=expect), AN)


async def test_the_expected_answer_is_enough():
    async with receiver() as there:
        there.answers = [web.json_response({"CodeResult": 100})]
        await send(sms(there.url, expect={"json": {"CodeResult": "100"}}), AN)


# -- the whole way


def events(got: Iterable[Any]) -> list[str]:
    return [json.loads(body)["data"]["event"] for _, _, body in got]


async def test_outages_and_500s_delay_and_lose_nothing(tmp_path: Path):
    async with receiver() as there:
        channel = hook(there.url)
        async with station(tmp_path, a_told_site(channel)) as run:
            there.answers = [web.Response(status=500), web.Response(status=503)]
            await run.alarm()
            await run.until(lambda: run.outcomes().count("failed") == 2, step=SECOND)
            await there.stop()
            await run.alarm(2, input="ack", acked=True)
            await run.until(lambda: run.outcomes().count("failed") >= 5, step=SECOND)
            await there.start()
            await run.until(lambda: len(there.got) == 2, step=SECOND)
            await run.alarm(3, input="return", active=False, acked=True)
            await run.until(lambda: run.outcomes().count("sent") == 3, step=SECOND)
            assert run.outcomes().count("queued") == 3
    assert sorted(events(there.got)) == ["acknowledged", "closed", "raised"]
    assert len({headers["webhook-id"] for _, headers, _ in there.got}) == 3
    assert all(genuine(headers, body) for _, headers, body in there.got)


async def test_a_hub_that_was_down_for_an_hour_tells_when_it_is_back(tmp_path: Path):
    async with receiver() as there:
        site = a_told_site(hook(there.url))
        await there.stop()
        async with station(tmp_path, site) as run:
            await run.alarm()
            await run.until(lambda: "failed" in run.outcomes())
            clock = run.clock
        clock.advance(HOUR)
        await there.start()
        async with station(tmp_path, site, clock=clock) as run:
            await run.until(lambda: there.got)
    assert events(there.got) == ["raised"]
