"""Endpoint: the addresses that clients are given, and how each client is set up."""

from functools import partial

from nicegui import ui

from omniroute.ui.parts import card, code, copy, icon_button, page_head, tag, text
from omniroute.ui.snippets import ADDRESSES, SNIPPETS
from omniroute.ui.visit import Visit

_MODEL = "demo/echo"
_KEY = "YOUR_KEY"


def show(visit: Visit) -> None:
    """Build the page."""
    root = visit.root
    with page_head(visit.say("endpoint.title"), visit.say("endpoint.about")):
        pass
    with card(visit.say("endpoint.addresses")), ui.element("div").classes("lines"):
        for name, path, formats in ADDRESSES:
            with ui.element("div").classes("line"):
                text(name, classes="line-name")
                text(root + path, classes="mono grow cut")
                tag(formats)
                icon_button("content_copy", visit.say("act.copy"), partial(copy, visit, root + path))
    show_snippets(visit, key=_KEY, model=_MODEL)


def show_snippets(visit: Visit, *, key: str, model: str) -> None:
    """Show how each client is set up with this key and model."""
    with card(visit.say("endpoint.clients"), hint=visit.say("endpoint.key_hint") if key == _KEY else ""):
        with ui.tabs().props("dense no-caps align=left outside-arrows mobile-arrows") as tabs:
            for one, snippet in SNIPPETS.items():
                ui.tab(one, snippet.name)
        with ui.tab_panels(tabs, value="curl", animated=False).classes("w-full"):
            for one, snippet in SNIPPETS.items():
                with ui.tab_panel(one):
                    code(visit, snippet.code(visit.root, key, model))
