"""The checklist beside an alarm: seen with owner and time, marked by hand, late in words."""

from typing import Any

import pytest
from playwright.async_api import BrowserContext, expect

from tests.browser.fake import Fake, iso
from tests.browser.test_lost import opened
from tests.browser.town import FIRE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def step(name: str, vi: str, **more: Any) -> dict[str, Any]:
    empty = {"owner": None, "due": None, "late": False, "by": None, "at": None, "note": None}
    return {"step": name, "text": {"vi": vi, "en": f"{name} it"}} | empty | more


async def test_steps_are_seen_with_owner_and_time_and_marked_by_hand(desk: BrowserContext, hub: Fake) -> None:
    hub.steps[FIRE["alarm"]] = [
        step("call", "Gọi xác minh", owner="trực ban", due=iso(-90)),
        step("brigade", "Gọi 114", owner="trưởng ca", due=iso(5), late=True),
    ]
    page = await opened(desk, hub)
    await hub.put(1, FIRE["alarm"], FIRE)
    await page.goto(f"{hub.url}#/alarms/{FIRE['alarm'].replace(':', '%3A').replace('/', '%2F')}")
    call, brigade = page.locator("li[data-step=call]"), page.locator("li[data-step=brigade]")
    await expect(call).to_contain_text("Gọi xác minh")
    await expect(call).to_contain_text("trực ban")
    await expect(brigade).to_contain_text("TRỄ HẠN")
    await call.locator("input").check()
    await expect(call).to_have_attribute("data-state", "done")
    await expect(call).to_contain_text("xong: an")
    await expect(page.locator(".checklist h3")).to_contain_text("1/2")
    await call.locator("input").uncheck()
    await expect(call).to_have_attribute("data-state", "open")


async def test_an_alarm_without_a_checklist_shows_none(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    await hub.put(1, FIRE["alarm"], FIRE)
    await page.goto(f"{hub.url}#/alarms/{FIRE['alarm'].replace(':', '%3A').replace('/', '%2F')}")
    await expect(page.locator(".detail-head h2")).to_be_visible()
    await expect(page.locator(".checklist")).to_have_count(0)
