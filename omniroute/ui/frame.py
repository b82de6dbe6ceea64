"""The frame around every page: navigation, theme, language, and the place where pages are shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nicegui import ui

from omniroute.ui.theme import LOGO
from omniroute.ui.visit import COOKIE_LANGUAGE, COOKIE_THEME, Visit
from omniroute.ui.words import LANGUAGES

HOME = "/dashboard"
_THEMES = {"auto": ("brightness_auto", None), "light": ("light_mode", False), "dark": ("dark_mode", True)}
_NARROW = 900
_YEAR_S = 365 * 24 * 3600
# What the browser does by itself: the page's language, lists that scroll reached by keys, and whatever says until when
# something lasts counts down.
_SCRIPT = """<script>
document.documentElement.lang = "LANGUAGE";
setInterval(() => document.querySelectorAll(".q-table__middle.scroll").forEach((one) => { one.tabIndex = 0; }), 500);
setInterval(() => document.querySelectorAll("[data-until]").forEach((one) => {
  const left = Math.max(0, Math.ceil((Date.parse(one.dataset.until) - Date.now()) / 1000));
  one.dataset.left = left > 59 ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} min` : `${left} s`;
}), 1000);
</script>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A page as the navigation shows it. `group` and `name` name texts."""

    path: str
    group: str
    name: str
    icon: str
    build: Callable[..., object]


def show_frame(visit: Visit, places: Sequence[Place], *, version: str) -> None:
    """Build the frame and, inside it, the page that the address names."""
    ui.add_body_html(_SCRIPT.replace("LANGUAGE", visit.language))
    ui.html(f'<a class="skip" href="#content">{visit.say("frame.skip")}</a>', sanitize=False)
    dark = ui.dark_mode(_THEMES.get(visit.theme, _THEMES["auto"])[1])
    drawer = ui.left_drawer(value=False, fixed=True, top_corner=True).props(
        f"width=232 breakpoint={_NARROW} show-if-above"
    )
    with drawer, ui.element("nav").classes("side").props(f'aria-label="{visit.say("frame.menu")}"'):
        _side(visit, places, version)
    # Over a narrow page the navigation has done its work once a place is chosen.
    drawer.on(
        "click",
        js_handler=f"(e) => e.target.closest('a') && innerWidth <= {_NARROW} && runMethod({drawer.id}, 'hide', [])",
    )
    with ui.header().props("height-hint=56"):
        with ui.element("div").classes("bar"):
            _bar(visit, drawer, dark)
        with ui.element("div").classes("banner lost").props('role="alert"'):
            ui.icon("cloud_off").props("aria-hidden=true")
            ui.label(visit.say("frame.lost"))
    with ui.element("div").classes("page").props('id="content" tabindex="-1"'):
        ui.sub_pages({place.path: place.build for place in places}, root_path="", data={"visit": visit})


def _side(visit: Visit, places: Sequence[Place], version: str) -> None:
    with ui.element("a").classes("brand").props(f'href="{HOME}/"'):
        ui.html(LOGO, sanitize=False)
        ui.label("OmniRoute")
    group = ""
    links: dict[str, ui.element] = {}
    for place in places:
        if not place.icon:
            continue
        if place.group != group:
            group = place.group
            ui.label(visit.say(group)).classes("side-group")
        with ui.link(target=place.path).classes("side-link") as link:
            ui.icon(place.icon)
            ui.label(visit.say(place.name))
        links[place.path] = link
    ui.label(version).classes("side-foot")

    def mark(path: str) -> None:
        here = path.partition("?")[0].rstrip("/") or "/"
        top = "/" + here.split("/")[1]
        for target, link in links.items():
            if target in {here, top}:
                link.props('aria-current="page"')
            else:
                link.props(remove="aria-current")

    router = ui.context.client.sub_pages_router
    mark(router.current_path)
    router.on_path_changed(mark)


def _bar(visit: Visit, drawer: ui.left_drawer, dark: ui.dark_mode) -> None:
    ui.button(icon="menu", on_click=drawer.toggle, color=None).props(
        f'flat round dense aria-label="{visit.say("frame.menu")}"'
    ).classes("lt-md")
    ui.element("div").classes("bar-space")
    with (
        ui.button(icon="translate", color=None).props(f'flat round dense aria-label="{visit.say("frame.language")}"'),
        ui.menu(),
    ):
        for code, name in LANGUAGES.items():
            ui.menu_item(name, lambda code=code: remember(COOKIE_LANGUAGE, code, reload=True))
    theme = visit.theme if visit.theme in _THEMES else "auto"
    button = ui.button(icon=_THEMES[theme][0], color=None).props(
        f'flat round dense aria-label="{visit.say("frame.theme")}"'
    )

    def turn() -> None:
        names = list(_THEMES)
        visit.theme = names[(names.index(visit.theme if visit.theme in _THEMES else "auto") + 1) % len(names)]
        icon, value = _THEMES[visit.theme]
        button.set_icon(icon)
        dark.set_value(value)
        remember(COOKIE_THEME, visit.theme)

    button.on_click(turn)
    ui.button(icon="logout", on_click=_sign_out, color=None).props(
        f'flat round dense aria-label="{visit.say("frame.sign_out")}"'
    )


def remember(cookie: str, value: str, *, reload: bool = False) -> None:
    """Set a cookie that the dashboard reads when it is opened."""
    again = "location.reload();" if reload else ""
    ui.run_javascript(f"document.cookie = '{cookie}={value}; path={HOME}; max-age={_YEAR_S}; samesite=strict'; {again}")


def _sign_out() -> None:
    ui.run_javascript(f"fetch('/api/auth/logout', {{method: 'POST'}}).finally(() => location.assign('{HOME}/sign-in'))")
