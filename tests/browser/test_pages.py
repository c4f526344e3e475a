"""Promises 9 and 10: every page, in both languages and themes, at the size of an old duty-room monitor.

The pictures are left in .cache/screenshots/, to be looked at.
"""

from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from tests.browser.fake import Fake
from tests.browser.test_lost import opened
from tests.browser.town import FIRE
from tests.support.chromium import Wires, window

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PICTURES = Path(__file__).parents[2] / ".cache" / "screenshots"
PAGES = {
    "alarms": ("alarms/fire%3Apanel-market%2Fz07.alarm", ".detail .chart canvas"),
    "devices": ("devices", "tr[data-device=air-1]"),
    "device": ("device/psu-market", ".trend-panel canvas"),
    "map": ("map", ".device-icon"),
    "journal": ("journal", "tr[data-seq]"),
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("look", ["day", "night"])
async def test_each_page_is_drawn_without_a_request_to_elsewhere(
    browser: Browser, hub: Fake, name: str, look: str
) -> None:
    context = await window(browser, dark=look == "night")
    wires = Wires(context)
    page = await context.new_page()
    address, mark = PAGES[name]
    hub.rows[1][FIRE["alarm"]] = FIRE
    await page.goto(f"{hub.url}#/{address}")
    await expect(page.locator(mark).first).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("data-connection", "live")
    # No page may need sideways scrolling at this size.
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}-{look}.png", animations="disabled")
    await page.click("#language")
    await expect(page.locator("nav")).to_contain_text("Alarms")
    await page.screenshot(path=PICTURES / f"{name}-{look}-en.png", animations="disabled")
    assert wires.outside == []
    assert wires.errors == []
    assert len(wires.urls) > 5
    await context.close()


async def test_devices_are_listed_worst_first_with_the_reason(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    await page.click("nav >> text=Thiết bị")
    rows = page.locator("tr[data-device]")
    await expect(rows.nth(0)).to_have_attribute("data-device", "air-1")
    await expect(rows.nth(0)).to_contain_text("Kiểm tra nguồn và sóng")
    await expect(rows.nth(1)).to_have_attribute("data-state", "degraded")
    await rows.nth(0).locator("a").first.click()
    await expect(page.locator("[data-health=offline]")).to_contain_text("Mất liên lạc")


async def test_a_point_says_its_quality_in_words_and_follows_the_hub(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    await page.goto(f"{hub.url}#/device/psu-market")
    charger = page.locator('tr[data-point="psu-market/charger"]')
    await expect(charger).to_contain_text("không dùng được – mất liên lạc, giá trị cuối cùng")
    level = page.locator('tr[data-point="psu-market/battery_level"]')
    await expect(level).to_contain_text("18 %")
    fresh = hub.points["psu-market"][1] | {"value": 17.25, "rev": 6}
    keys = ("point", "value", "quality", "reason", "unit", "time", "source_time", "hub_time", "rev")
    await hub.set_points([{key: fresh[key] for key in keys}])
    await expect(level).to_contain_text("17,25 %")
    await level.click()
    await expect(page.locator(".trend-panel h3")).to_contain_text("Mức pin")


async def test_the_map_shows_the_worst_of_each_device_and_leads_there(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    await page.goto(f"{hub.url}#/map")
    await expect(page.locator("[data-device=psu-market] svg.medium")).to_be_visible()
    await hub.put(1, FIRE["alarm"], FIRE)
    await expect(page.locator("[data-device=panel-market] svg.critical.blink")).to_be_visible()
    await page.locator("[data-device=smoke-1]").click()
    await expect(page).to_have_url(f"{hub.url}#/device/smoke-1")


async def test_a_stranger_is_told_how_to_come_in_and_a_password_opens(desk: BrowserContext, hub: Fake) -> None:
    hub.signed_in = False
    page = await desk.new_page()
    await page.goto(hub.url)
    await expect(page.locator(".sign-in")).to_contain_text("Bạn chưa đăng nhập")
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / "sign-in.png")
    await page.fill("input[name=user]", "anh")
    await page.fill("input[name=password]", "wrong")
    await page.keyboard.press("Enter")
    await expect(page.locator(".problem")).to_contain_text("không đúng")
    await page.fill("input[name=password]", hub.password)
    await page.keyboard.press("Enter")
    await expect(page.locator("tr[data-alarm]")).to_have_count(4)


async def test_the_chosen_language_is_remembered(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    await page.click("#language")
    await page.reload()
    await expect(page.locator("nav")).to_contain_text("Alarms")
    await expect(page.locator("html")).to_have_attribute("lang", "en")


async def test_everything_can_be_reached_and_pressed(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    small = await page.evaluate(
        "[...document.querySelectorAll('button, select, input')].filter(e => e.offsetHeight < 32).map(e => e.outerHTML)"
    )
    assert small == []
    unnamed = await page.evaluate(
        "[...document.querySelectorAll('button, select, input')]"
        ".filter(e => !e.innerText?.trim() && !e.ariaLabel && !e.title && !e.labels?.length).map(e => e.outerHTML)"
    )
    assert unnamed == []
