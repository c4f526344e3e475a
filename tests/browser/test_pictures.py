"""The pictures of an alarm on its page: fetched when somebody asks, camera by camera, with how long before or after."""

import struct
import zlib

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.browser.fake import Fake, iso
from tests.browser.test_lost import opened
from tests.browser.town import FIRE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def png() -> bytes:
    """Return one grey pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\x80")) + chunk(b"IEND", b"")


async def at_the_alarm(desk: BrowserContext, hub: Fake, may: bool = True) -> tuple[Page, list[str]]:
    """Open the page of a fire that two cameras see; return it and what is fetched of their pictures."""
    fetched: list[str] = []

    async def picture(route: Route) -> None:
        fetched.append(route.request.url)
        await route.fulfill(body=png(), content_type="image/png")

    await desk.route("**/api/v1/pictures/**", picture)
    hub.may += ["pictures"] if may else []
    row = FIRE | {"cameras": ["air-1", "psu-market"], "since": iso(20)}
    items = [
        {"camera": camera, "key": str(n), "at": iso(20 - n), "size": 9000}
        for camera in ("air-1", "psu-market") for n in (-3, 0, 4)
    ]  # fmt: skip
    hub.pictures = {
        "alarm": FIRE["alarm"], "occurrence": 1, "cameras": row["cameras"], "start": iso(25), "end": iso(10),
        "complete": True, "items": items,
    }  # fmt: skip
    page = await opened(desk, hub)
    await hub.put(1, FIRE["alarm"], row)
    await page.goto(f"{hub.url}#/alarms/{FIRE['alarm'].replace(':', '%3A').replace('/', '%2F')}")
    return page, fetched


async def test_nothing_is_fetched_before_somebody_asks_and_then_each_camera_has_its_strip(
    desk: BrowserContext, hub: Fake
) -> None:
    page, fetched = await at_the_alarm(desk, hub)
    await expect(page.locator(".pictures")).to_contain_text("Camera gần nhất")
    assert fetched == []
    await page.click("text=Xem ảnh")
    await expect(page.locator(".pictures figure")).to_have_count(2)
    strip = page.locator(".pictures figure").nth(0)
    await expect(strip.locator("img")).to_have_count(3)
    await expect(strip).to_contain_text("-3 s")
    await expect(strip).to_contain_text("+4 s")
    body = page.locator(".detail-body")
    assert await body.evaluate("it => it.scrollWidth <= it.clientWidth"), "the strip scrolls, not the page"


async def test_who_may_not_look_sees_which_cameras_there_are_and_no_button(desk: BrowserContext, hub: Fake) -> None:
    page, fetched = await at_the_alarm(desk, hub, may=False)
    await expect(page.locator(".pictures a")).to_have_count(2)
    await expect(page.locator(".pictures button")).to_have_count(0)
    assert fetched == []


async def test_an_alarm_without_pictures_says_so(desk: BrowserContext, hub: Fake) -> None:
    page, _ = await at_the_alarm(desk, hub)
    hub.pictures["items"] = []
    await page.click("text=Xem ảnh")
    await expect(page.locator(".pictures")).to_contain_text("Không có ảnh nào được giữ")
