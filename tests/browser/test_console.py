"""Promises 9 and 10: the console on the whole road, from a simulated panel's registers to two browsers."""

import signal
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.integration.demo.process import citywatch
from tests.support.chromium import Wires, window

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

FIRE = 'tr[data-alarm^="fire:panel-market/"]'
STARTER = Path(__file__).parents[2] / "config" / "sites" / "starter"
PICTURES = Path(__file__).parents[2] / ".cache" / "screenshots"


async def test_a_simulated_fire_is_seen_acknowledged_and_seen_acknowledged_by_another(
    browser: Browser, tmp_path: Path
) -> None:
    async with citywatch("demo", STARTER, "--json", "--port", "0", "--state", tmp_path / "state") as hub:
        ready = await hub.ready()
        first, second = await window(browser), await window(browser)
        wires = [Wires(first), Wires(second)]
        page = await first.new_page()
        await page.goto(ready["sign_in"])
        await expect(page.locator(FIRE).first).to_be_visible(timeout=60_000)
        await expect(page.locator(FIRE).first).to_have_attribute("data-state", "unacknowledged")
        PICTURES.mkdir(parents=True, exist_ok=True)
        await page.locator(FIRE).first.click()
        await expect(page.locator(".detail")).to_contain_text("Không thay thế tủ báo cháy và đường dây 114")
        await expect(page.locator(".timeline li").first).to_be_visible()
        await page.screenshot(path=PICTURES / "demo-fire.png")

        # The second browser comes with the first one's session: the sign-in link is good once only.
        await second.add_cookies(await first.cookies())
        other = await second.new_page()
        await other.goto(ready["url"])
        await expect(other.locator(FIRE).first).to_be_visible()
        name = await page.locator(FIRE).first.get_attribute("data-alarm")
        row = f'tr[data-alarm="{name}"]'
        await page.fill(".actions input", "đã gọi 114")
        await page.keyboard.press("Enter")
        for seen in (page, other):
            await expect(seen.locator(row)).to_have_attribute("data-state", "acknowledged")
        await expect(page.locator(".timeline")).to_contain_text("đã gọi 114")

        for address in ("devices", "device/panel-market", "map", "journal"):
            await other.goto(f"{ready['url'].rstrip('/')}/#/{address}")
            await expect(other.locator("html")).to_have_attribute("data-connection", "live")
            await expect(other.locator("tbody tr, .device-icon").first).to_be_visible()
            await other.screenshot(path=PICTURES / f"demo-{address.replace('/', '-')}.png")
        await hub.send(signal.SIGTERM)
        for seen in (page, other):
            await expect(seen.locator(".lost-bar")).to_be_visible(timeout=12_000)
        await page.screenshot(path=PICTURES / "demo-lost.png")
        assert [wire.outside for wire in wires] == [[], []]
        assert [wire.errors for wire in wires] == [[], []]


async def test_a_used_sign_in_link_opens_nothing(browser: Browser, tmp_path: Path) -> None:
    async with citywatch("demo", STARTER, "--json", "--port", "0", "--state", tmp_path / "state") as hub:
        ready = await hub.ready()
        first, second = await window(browser), await window(browser)
        page, other = await first.new_page(), await second.new_page()
        await page.goto(ready["sign_in"])
        await expect(page.locator("nav")).to_be_visible()
        answer = await other.goto(ready["sign_in"])
        assert answer is not None
        assert answer.status == 410
        await other.goto(ready["url"])
        await expect(other.locator(".sign-in")).to_contain_text("Bạn chưa đăng nhập")
        await hub.send(signal.SIGTERM)
