"""The query page: what it loads, and that it works in a real browser where there is one."""

import re
import shutil

import pytest
from playwright.async_api import async_playwright

from tests.gateways import RunningGateway


async def test_the_page_loads_nothing_from_elsewhere(gateway: RunningGateway) -> None:
    answer = await gateway.http.get(gateway.url + "/graphql", headers={"accept": "text/html,*/*"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(r"""(src|href)=["'](?!data:,)""", answer.text)
    assert "https://" not in answer.text
    assert answer.headers["x-frame-options"] == "DENY"


async def test_in_a_browser_it_asks_follows_completes_and_explains(gateway: RunningGateway) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no browser here")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            page = await browser.new_page()
            strange: list[str] = []
            page.on("request", lambda one: None if one.url.startswith(gateway.url) else strange.append(one.url))
            troubles: list[str] = []
            page.on("pageerror", lambda error: troubles.append(str(error)))
            await page.goto(gateway.url + "/graphql")
            await page.get_by_text("Sign in to the gateway first").wait_for()
            await page.fill("#key", gateway.admin_key)
            await page.press("#key", "Tab")
            await page.locator("#docs h2", has_text="Query").wait_for()
            await page.fill("#query", "query Q($id: ID!) { provider(id: $id) { name } }")
            await page.fill("#variables", '{"id": "openai"}')
            await page.click("#run")
            await page.locator("#result", has_text='"name": "OpenAI"').wait_for()
            await page.fill("#query", "{ health { ver")
            await page.press("#query", "Control+Space")
            await page.press("#query", "Enter")
            assert await page.input_value("#query") == "{ health { version"
            await page.fill("#query", "subscription { healthFeed { snapshot } }")
            await page.fill("#variables", "{}")
            await page.press("#query", "Control+Enter")
            await page.locator("#result", has_text='"snapshot": true').wait_for()
            await page.click("#run")
            await page.locator("#state", has_text="Stopped").wait_for()
            await page.click("#tab-history")
            assert await page.locator("#history button").count() == 2
            assert not [one for one in strange if not one.startswith(("data:", gateway.url.replace("http", "ws", 1)))]
            assert troubles == []
        finally:
            await browser.close()
