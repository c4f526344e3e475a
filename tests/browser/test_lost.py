"""Promise 9: a lost connection is unmistakable, and so is a picture that differs from the hub's."""

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.browser.fake import Fake
from tests.browser.town import FIRE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BAR = ".lost-bar"


async def opened(desk: BrowserContext, hub: Fake) -> Page:
    """Open the console and wait until it shows the town's alarms."""
    page = await desk.new_page()
    await page.goto(hub.url)
    await expect(page.locator("tr[data-alarm]")).to_have_count(4)
    await expect(page.locator("html")).to_have_attribute("data-connection", "live")
    return page


async def test_a_hub_that_dies_is_seen_within_twelve_seconds_and_again_when_it_is_back(
    desk: BrowserContext, hub: Fake
) -> None:
    page = await opened(desk, hub)
    await hub.stop()
    await expect(page.locator(BAR)).to_be_visible(timeout=12_000)
    await expect(page.locator(BAR)).to_contain_text("KHÔNG CÓ KẾT NỐI – dữ liệu từ ")
    assert "grayscale" in await page.locator(".screen").evaluate("e => getComputedStyle(e).filter")
    ack = page.locator("tr[data-alarm] button.ack").first
    await expect(ack).to_be_visible()
    await expect(ack).to_be_disabled()
    await hub.start()
    await expect(page.locator(BAR)).to_have_count(0, timeout=15_000)
    await expect(ack).to_be_enabled()


async def test_a_hub_that_falls_silent_while_its_socket_stays_open_is_lost(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    hub.frozen = True
    await expect(page.locator(BAR)).to_contain_text("KHÔNG CÓ KẾT NỐI", timeout=12_000)
    hub.frozen = False
    await expect(page.locator(BAR)).to_have_count(0, timeout=15_000)


async def test_rows_that_differ_from_the_hubs_are_not_shown_as_true(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    hub.lying = True
    await expect(page.locator(BAR)).to_contain_text("DỮ LIỆU KHÔNG KHỚP", timeout=12_000)
    await expect(page.locator("tr[data-alarm] button.ack").first).to_be_disabled()
    hub.lying = False
    await expect(page.locator(BAR)).to_have_count(0, timeout=12_000)


async def test_what_happened_while_away_is_there_after_the_return(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    await hub.stop()
    await expect(page.locator(BAR)).to_be_visible(timeout=12_000)
    hub.subs.clear()
    await hub.drop(1, "water-high:water-1/level")
    await hub.put(1, FIRE["alarm"], FIRE)
    await hub.start()
    await expect(page.locator(BAR)).to_have_count(0, timeout=15_000)
    await expect(page.locator(f'tr[data-alarm="{FIRE["alarm"]}"]')).to_be_visible()
    await expect(page.locator('tr[data-alarm="water-high:water-1/level"]')).to_have_count(0)
    assert [sub["from"]["epoch"] for sub in hub.subs] == ["e1", "e1"]


async def test_a_change_that_never_arrived_is_found_by_the_digest_and_mended(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    del hub.rows[1]["water-high:water-1/level"]
    await expect(page.locator("tr[data-alarm]")).to_have_count(3, timeout=12_000)
    await expect(page.locator(BAR)).to_have_count(0, timeout=12_000)


async def test_a_session_that_ends_leads_to_the_sign_in_page(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    await hub.sign_out()
    await expect(page.locator(".sign-in")).to_contain_text("Bạn chưa đăng nhập")
    await expect(page.locator("tr[data-alarm]")).to_have_count(0)


async def test_the_page_in_english_says_it_in_english(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    await page.click("#language")
    await hub.stop()
    await expect(page.locator(BAR)).to_contain_text("NO CONNECTION – data from ", timeout=12_000)
