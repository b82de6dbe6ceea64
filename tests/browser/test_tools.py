"""What the dashboard does beside requests: suites run and compared, and client tools pointed at the gateway."""

import json
import re

from playwright.async_api import expect

from tests.browser.conftest import Dashboard


async def test_a_suite_is_run_on_two_models_compared_and_looked_into(own_dashboard: Dashboard) -> None:
    page = own_dashboard.page
    await own_dashboard.sign_in()
    await own_dashboard.open("/evals")
    await expect(page.get_by_text("No run yet")).to_be_visible()
    await page.get_by_role("button", name="Run Golden set").click()
    form = page.get_by_role("dialog")
    await form.get_by_role("button", name="Run", exact=True).click()
    await expect(form).to_contain_text(re.compile("models", re.IGNORECASE))
    for model in ("demo/echo", "demo/story"):
        await form.get_by_label("Models and combos").fill(model)
        await page.get_by_role("option", name=model).click()
    await form.get_by_label("Models and combos").press("Escape")
    await form.get_by_role("button", name="Run", exact=True).click()

    runs = page.locator(".eval-run")
    await expect(runs).to_have_count(2)
    for one in (runs.nth(0), runs.nth(1)):
        await expect(one).to_contain_text("Done")
        await one.get_by_role("checkbox").click()
    await expect(page.get_by_role("heading", name="Side by side")).to_be_visible()
    await expect(page.locator(".eval-side .interval")).to_have_count(2)
    await expect(page.get_by_text(re.compile("No clear difference|is better than"))).to_be_visible()

    await runs.filter(has_text="demo/story").get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("demo/story")
    await expect(page.locator(".eval-case").first).to_contain_text("Failed")
    await page.get_by_role("button", name="Delete").click()
    await own_dashboard.confirm("Delete")
    await expect(runs).to_have_count(1)


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
