"""Settings: what holds for the gateway as a whole, in tabs that the address names."""

from collections.abc import Awaitable, Callable, Mapping

from nicegui import ui

from omniroute.ui.pages import (
    settings_access,
    settings_addresses,
    settings_policies,
    settings_proxies,
    settings_routing,
    settings_shaping,
    settings_system,
)
from omniroute.ui.parts import page_head, text
from omniroute.ui.visit import Visit

Show = Callable[[Visit], Awaitable[None]]

TABS: Mapping[str, tuple[str, Show]] = {
    "routing": ("alt_route", settings_routing.show_routing),
    "resilience": ("healing", settings_routing.show_resilience),
    "limits": ("speed", settings_routing.show_limits),
    "cache": ("bolt", settings_routing.show_cache),
    "policies": ("policy", settings_policies.show),
    "prompts": ("edit_note", settings_shaping.show),
    "access": ("shield", settings_addresses.show),
    "proxies": ("vpn_lock", settings_proxies.show),
    "security": ("lock", settings_access.show_security),
    "system": ("dns", settings_system.show),
}


async def show(visit: Visit, tab: str = "routing") -> None:
    """Build the page."""
    with page_head(visit.say("settings.title"), visit.say("settings.about")):
        pass
    chosen = tab if tab in TABS else "routing"
    with ui.element("nav").classes("tabs").props(f'aria-label="{visit.say("settings.title")}"'):
        for name, (icon, _) in TABS.items():
            with ui.link(target=f"/settings/{name}").classes("tab") as link:
                ui.icon(icon).props("aria-hidden=true")
                text(visit.say(f"settings.{name}"))
            if name == chosen:
                link.props('aria-current="page"')
    await TABS[chosen][1](visit)
