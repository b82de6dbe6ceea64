"""Combos at the dashboard, from nothing to a name that answers."""

from playwright.async_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.commands.programs import CHAT, HELLO


async def _add(page: Page, model: str) -> None:
    await page.get_by_label("Search a model to add").fill(model)
    await page.locator(".offer", has_text=model).first.click()
    await expect(page.locator(".target", has_text=model)).to_have_count(1)


async def _order(page: Page, *models: str) -> None:
    await expect(page.locator(".target .strong")).to_have_text(list(models))


async def test_a_combo_is_built_ordered_tried_and_deleted(dashboard: Dashboard) -> None:
    page = dashboard.page
    await dashboard.sign_in()
    await dashboard.open("/combos")
    await expect(page.get_by_text("No combo yet")).to_be_visible()
    await page.get_by_role("button", name="New combo").first.click()

    # Errors stand where they belong, in the schema's own words.
    await page.get_by_role("button", name="Create").click()
    await expect(page.locator(".form-problem")).to_contain_text("name has 1 to 100 letters")
    await page.get_by_label("Name", exact=True).fill("steady")
    await page.get_by_role("button", name="Create").click()
    await expect(page.locator(".form-problem")).to_contain_text("a combo has 1 to 32 targets")

    for model in ("demo/fail-503", "demo/echo", "demo/story"):
        await _add(page, model)
    await page.get_by_role("radio", name="By weight").click()
    await expect(page.locator(".weight")).to_have_count(3)
    await page.get_by_role("radio", name="In order").click()
    await expect(page.locator(".weight")).to_have_count(0)

    # By keys, and by dragging.
    await page.locator(".target", has_text="demo/story").get_by_label("Move up").press("Enter")
    await _order(page, "demo/fail-503", "demo/story", "demo/echo")
    await (
        page.locator(".target", has_text="demo/echo")
        .locator(".grip")
        .drag_to(page.locator(".target", has_text="demo/story").locator(".grip"), target_position={"x": 5, "y": 2})
    )
    await _order(page, "demo/fail-503", "demo/echo", "demo/story")
    await page.get_by_role("button", name="Create").click()

    made = page.locator(".combo", has_text="steady")
    await expect(made).to_contain_text("In order")
    answer = await dashboard.serving.http.post(dashboard.url + CHAT, json={**HELLO, "model": "steady"})
    assert (answer.status_code, answer.headers["x-omniroute-model"]) == (200, "echo")
    await expect(made.locator(".figure-value").first).to_have_text("1")
    await made.get_by_role("button", name="Test").click()
    await expect(made.locator(".line", has_text="demo/fail-503")).to_contain_text("503")
    await expect(made.locator(".line", has_text="demo/echo")).to_contain_text("Answered")

    await made.get_by_label("Duplicate").click()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("steady-copy")
    await _order(page, "demo/fail-503", "demo/echo", "demo/story")
    await page.get_by_role("button", name="A request now, as saved").click()
    await expect(page.locator(".candidate").first).to_contain_text("demo/fail-503")
    await page.get_by_role("button", name="All combos").click()

    copied = page.locator(".combo", has_text="steady-copy")
    await copied.get_by_role("switch").click()
    await expect(copied).to_contain_text("Off")
    await copied.get_by_label("Delete").click()
    await dashboard.confirm("Delete")
    await expect(copied).to_have_count(0)
    await expect(page.locator(".combo")).to_have_count(1)
