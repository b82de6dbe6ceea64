"""A newcomer, from the link of the console to a client that works."""

import re
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.browser.conftest import PASSWORD
from tests.commands.programs import CHAT, HELLO, Installation


async def test_a_newcomer_gets_from_the_console_to_a_working_client(browser: Browser, tmp_path: Path) -> None:
    async with Installation(home=tmp_path).serving("serve") as serving:
        link = (await serving.prints(r"(http://127\.0\.0\.1:\d+/setup\?token=\S+)"))[1]
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        faults: list[str] = []
        page.on("console", lambda one: faults.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda one: faults.append(str(one)))
        await page.goto(link)
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_label("The same again").fill(PASSWORD)
        await page.get_by_role("button", name="Set password").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Welcome to OmniRoute")

        await page.get_by_role("button", name="Send a test call").click()
        await expect(page.locator(".facts")).to_contain_text("OK")
        await expect(page.locator(".said").last).to_contain_text("[demo]")
        await page.get_by_role("button", name="Make a key").click()
        shown = await page.locator(".q-tab-panel .code span").first.inner_text()
        key = re.search(r"Bearer (\S+)'", shown)
        assert key is not None
        root = link.partition("/setup")[0]
        headers = {"authorization": f"Bearer {key[1]}"}
        assert (await serving.http.post(root + CHAT, json=HELLO, headers=headers)).status_code == 200
        await page.get_by_role("button", name="Watch requests come in").click()
        await expect(page.locator("tbody tr", has_text="First client")).to_contain_text("OK")
        await page.close()
        assert faults == []


async def test_the_first_visit_begins_at_the_welcome_and_later_ones_do_not(browser: Browser, tmp_path: Path) -> None:
    async with Installation(home=tmp_path).serving("serve", INITIAL_PASSWORD=PASSWORD) as serving:
        url = await serving.ready()
        page = await browser.new_page()
        await page.goto(f"{url}/dashboard/")
        await page.fill("#password", PASSWORD)
        await page.click("#go")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Welcome to OmniRoute")
        await page.get_by_role("button", name="Skip").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Home")
        await page.goto(f"{url}/dashboard/")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Home")
        await page.close()
