"""What the dashboard does beside requests: suites run and compared, and client tools pointed at the gateway."""

import json

from playwright.async_api import expect

from tests.browser.conftest import Dashboard


async def test_a_client_tool_is_pointed_here_and_back(own_dashboard: Dashboard) -> None:
    page = own_dashboard.page
    settings = own_dashboard.home / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text('{\n  "theme": "dark"\n}\n', encoding="utf-8")
    await own_dashboard.sign_in()
    await own_dashboard.open("/tools")
    tool = page.locator(".tool", has_text="Claude Code")
    await tool.get_by_role("button", name="Point Claude Code here").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Model").fill("demo/echo")
    await page.get_by_role("option", name="demo/echo").click()
    await form.get_by_role("button", name="See the difference").click()
    await expect(page.locator(".difference")).to_contain_text("ANTHROPIC_BASE_URL")
    assert json.loads(settings.read_text(encoding="utf-8")) == {"theme": "dark"}
    await page.get_by_role("button", name="Write").click()
    await expect(tool).to_contain_text("Points here")
    written = json.loads(settings.read_text(encoding="utf-8"))
    assert written["theme"] == "dark"
    assert written["env"]["ANTHROPIC_MODEL"] == "demo/echo"

    await tool.get_by_role("button", name="Reset Claude Code").click()
    await page.get_by_role("dialog").get_by_role("button", name="Reset", exact=True).click()
    await expect(tool.get_by_text("Points here")).to_have_count(0)
    assert json.loads(settings.read_text(encoding="utf-8")) == {"theme": "dark"}
    await expect(page.locator(".tool", has_text="Cursor").locator("li").first).to_be_visible()
