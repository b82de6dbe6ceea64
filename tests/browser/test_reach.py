"""Every page is open to everyone: axe-core finds nothing serious, in light and dark, in both languages."""

from importlib.resources import files
from typing import Any

from playwright.async_api import Page

from tests.browser.conftest import Dashboard
from tests.commands.programs import CHAT, HELLO

PAGES = (
    "/", "/live", "/providers", "/combos", "/combos/new", "/keys", "/endpoint", "/logs", "/analytics", "/costs",
    "/health", "/playground", "/welcome", "/backups", "/settings/routing", "/settings/limits", "/settings/cache",
    "/settings/policies", "/settings/prompts", "/settings/access", "/settings/proxies", "/settings/security",
    "/settings/system",
)  # fmt: skip
_GRAVE = {"serious", "critical"}


async def _faults(page: Page, where: str) -> list[str]:
    await page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found: dict[str, Any] = await page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{where}: {one['id']} at {one['nodes'][0]['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in _GRAVE
    ]


async def test_no_page_has_a_serious_fault_in_light_or_dark(dashboard: Dashboard) -> None:
    page = dashboard.page
    found = await _faults(page, "sign-in")
    await dashboard.sign_in()
    assert (await dashboard.serving.http.post(dashboard.url + CHAT, json=HELLO)).status_code == 200
    for path in PAGES:
        await dashboard.open(path)
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            await page.wait_for_function(
                "dark => document.body.classList.contains('body--dark') === dark", arg=scheme == "dark"
            )
            found += await _faults(page, f"{path} {scheme}")
    assert found == []
