"""Every page is open to everyone: axe-core finds nothing serious in light, and no faint text in dark either."""

from importlib.resources import files
from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.conftest import Dashboard
from tests.commands.programs import CHAT, HELLO

_PAGES = {
    "now": ("/", "/live", "/welcome", "/endpoint", "/playground", "/playground/translate", "/tools"),
    "routes": ("/providers", "/combos", "/combos/new", "/keys", "/backups", "/evals"),
    "figures": ("/logs", "/analytics", "/costs", "/health", "/jobs", "/audit"),
    "rules": ("/settings/routing", "/settings/resilience", "/settings/limits", "/settings/cache", "/settings/policies"),
    "doors": ("/settings/prompts", "/settings/access", "/settings/proxies", "/settings/security", "/settings/system"),
}
_GRAVE = {"serious", "critical"}
_ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa"]}
# Between light and dark nothing but colours changes.
_COLOURS = {"type": "rule", "values": ["color-contrast"]}
_RUN = "(only) => axe.run({runOnly: only, resultTypes: ['violations'], elementRef: false})"


async def _faults(page: Page, where: str, only: dict[str, Any]) -> list[str]:
    found: dict[str, Any] = await page.evaluate(_RUN, only)
    return [
        f"{where}: {one['id']} at {node['html'][:200]} {node['failureSummary'][:200]}"
        for one in found["violations"]
        if one["impact"] in _GRAVE
        for node in one["nodes"][:3]
    ]


async def _looked_at(page: Page, where: str) -> list[str]:
    await page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    # While it scrolls, axe looks behind what sticks to the window.
    await page.evaluate("document.querySelectorAll('.beside').forEach((one) => { one.style.position = 'static'; })")
    await page.emulate_media(color_scheme="light")
    found = await _faults(page, f"{where} light", _ALL)
    await page.emulate_media(color_scheme="dark")
    await page.wait_for_function("!document.querySelector('#content') || document.body.matches('.body--dark')")
    return found + await _faults(page, f"{where} dark", _COLOURS)


async def test_the_door_has_no_serious_fault(dashboard: Dashboard) -> None:
    assert await _looked_at(dashboard.page, "sign-in") == []


@pytest.mark.parametrize("pages", _PAGES.values(), ids=_PAGES)
async def test_no_page_has_a_serious_fault(dashboard: Dashboard, pages: tuple[str, ...]) -> None:
    await dashboard.sign_in()
    assert (await dashboard.serving.http.post(dashboard.url + CHAT, json=HELLO)).status_code == 200
    found: list[str] = []
    for path in pages:
        await dashboard.page.emulate_media(color_scheme="light")
        await dashboard.open(path)
        await dashboard.settled()
        found += await _looked_at(dashboard.page, path)
    assert found == []
