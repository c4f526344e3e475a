"""The console's page of notifications: channels with their health, what was given up, and another try."""

from typing import Any

import pytest
from playwright.async_api import BrowserContext, expect

from tests.browser.fake import Fake, iso
from tests.browser.test_lost import opened

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def channel(name: str, state: str, **more: Any) -> dict[str, Any]:
    empty = {"detail": "", "since": None, "sent": 0, "failed": 0, "waiting": 0, "dead": 0}
    return {"channel": name, "type": "http", "state": state} | empty | more


def delivery(outcome: str, **more: Any) -> dict[str, Any]:
    return {
        "key": "sms-1", "channel": "sms", "outcome": outcome, "event": "raised", "at": iso(), "to": ["an"],
        "priority": "critical", "alarms": ["fire:panel-market/z07.alarm"], "count": 3,
        "text": {"vi": "BÁO CHÁY Chợ Thái", "en": "FIRE Thai market"}, "attempt": 0, "detail": "", "who": None,
    } | more  # fmt: skip


async def test_a_failing_channel_and_a_dead_letter_are_seen_and_the_letter_is_tried_again(
    desk: BrowserContext, hub: Fake
) -> None:
    hub.may = [*hub.may, "configure"]
    hub.notifications = {
        "channels": [
            channel("mail", "online", sent=7, since=iso(60)),
            channel("sms", "failing", detail="no route", waiting=2),
        ],
        "rosters": [{"roster": "duty", "detail": "cannot be read"}],
        "waiting": [],
        "items": [delivery("failed", detail="no route"), delivery("queued")],
    }
    letter = {"delivery": delivery("queued"), "attempts": 4, "error": "answers 422", "next": None}
    hub.dead_letters = [letter]
    page = await opened(desk, hub)
    await page.click("nav >> text=Thông báo")
    failing = page.locator("tr[data-channel=sms]")
    await expect(failing).to_have_attribute("data-state", "failing")
    await expect(failing).to_contain_text("no route")
    await expect(failing).to_contain_text("KHÔNG GỬI ĐƯỢC")
    await expect(page.locator("main")).to_contain_text("duty: cannot be read")
    await expect(page.locator("tr[data-outcome=queued]")).to_contain_text("BÁO CHÁY Chợ Thái + 2")
    await expect(page.locator("tr[data-letter]")).to_contain_text("answers 422")
    await page.click("tr[data-letter] button")
    await expect(page.locator("tr[data-letter]")).to_have_count(0)
    assert hub.retried == ["sms-1"]


async def test_without_the_right_there_is_no_button_and_without_channels_a_sentence(
    desk: BrowserContext, hub: Fake
) -> None:
    hub.dead_letters = [{"delivery": delivery("queued"), "attempts": 1, "error": "x", "next": None}]
    page = await opened(desk, hub)
    await page.goto(f"{hub.url}#/notifications")
    await expect(page.locator("main")).to_contain_text("chưa khai báo kênh")
    await expect(page.locator("tr[data-letter]")).to_have_count(1)
    await expect(page.locator("tr[data-letter] button")).to_have_count(0)
