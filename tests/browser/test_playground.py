"""The playground: answers as they come, side by side, and a stop that ends the request."""

from playwright.async_api import expect

from tests.browser.conftest import Dashboard


async def test_two_models_answer_side_by_side_and_one_is_stopped(dashboard: Dashboard) -> None:
    page = dashboard.page
    await dashboard.sign_in()
    await dashboard.open("/playground")
    await page.get_by_label("Your message").fill("")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".play")).to_contain_text("text is empty")

    await page.get_by_label("Your message").fill("Ahoy")
    await page.get_by_text("Compare two models").click()
    first, second = page.locator(".answer").nth(0), page.locator(".answer").nth(1)
    await second.get_by_label("Model").fill("demo/story")
    await page.get_by_role("option", name="demo/story").click()
    await page.get_by_role("button", name="Send").click()
    await expect(first).to_contain_text("[demo] Ahoy")
    for one in (first, second):
        await expect(one.locator(".facts")).to_contain_text("OK")
        await expect(one.locator(".facts")).to_contain_text("First token")
    await page.get_by_text("Compare two models").click()

    await first.get_by_label("Model").fill("demo/slow")
    await page.get_by_role("option", name="demo/slow").click()
    await page.get_by_role("button", name="Send").click()
    await first.get_by_role("button", name="Stop").click()
    await expect(first).to_contain_text("Stopped")
    await dashboard.open("/live")
    await expect(page.locator("tbody tr", has_text="demo/slow").first).to_contain_text("Client left")
    await expect(page.locator("tbody tr", has_text="demo/echo").first).to_contain_text("OK")


async def test_a_request_is_shown_in_another_format_with_its_losses(dashboard: Dashboard) -> None:
    page = dashboard.page
    await dashboard.sign_in()
    await dashboard.open("/playground")
    await page.get_by_role("link", name="Translate").click()
    await expect(page.locator(".code")).to_contain_text("input_schema")
    lost = page.locator(".line", has_text="sampling.seed")
    await expect(lost).to_contain_text("Dropped")
    await page.get_by_label("For a provider that speaks").click()
    await page.get_by_role("option", name="Gemini").click()
    await expect(page.locator(".code")).to_contain_text("functionDeclarations")
    await page.get_by_label("Body, as JSON").fill('{"messages": "Hello"}')
    await expect(page.locator(".q-field--error")).to_contain_text("messages")
    await page.get_by_label("Body, as JSON").fill("{")
    await expect(page.locator(".q-field--error")).to_contain_text("not JSON")
