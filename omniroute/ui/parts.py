"""The shared parts of pages: heads, cards, figures, states, empty states, code to copy, questions.

What can not be undone is asked before it is done.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from omniroute.ui.visit import Visit

Act = Callable[[], Awaitable[object] | object]

_UNDO_S = 10.0


def text(words: str, tag: str = "span", classes: str = "") -> TextElement:
    """Write plain text in an element of its own."""
    made = TextElement(tag=tag, text=words)
    if classes:
        made.classes(classes)
    return made


@contextmanager
def page_head(title: str, about: str = "") -> Iterator[None]:
    """Write a page's title; what is built inside stands to its right."""
    with ui.element("div").classes("page-head"):
        with ui.element("div"):
            text(title, "h1")
            if about:
                text(about, "p")
        with ui.element("div").classes("page-acts"):
            yield


@contextmanager
def card(title: str = "", *, hint: str = "", classes: str = "") -> Iterator[ui.element]:
    """Build a card."""
    with ui.element("section").classes(f"card {classes}") as made:
        if title:
            with ui.element("div").classes("card-head"):
                text(title, "h2")
                if hint:
                    text(hint, classes="hint")
        yield made


class Stat:
    """One figure with its name and a note below; `show` changes it."""

    def __init__(self, name: str) -> None:
        with ui.element("div").classes("stat") as self._box:
            text(name, "div", "stat-name")
            self._value = text("-", "div", "stat-value")
            self._note = text("", "div", "stat-note")

    def show(self, value: str, note: str = "", tone: str = "") -> None:
        """Show a value; `tone` is good, warn, bad or empty."""
        if self._value.text != value:
            self._value.text = value
        if self._note.text != note:
            self._note.text = note
        if self._box.props.get("data-tone", "") != tone:
            self._box.props(f'data-tone="{tone}"')


def pill(words: str, tone: str = "") -> TextElement:
    """Write a state: a dot and a word, so that colour is never all that tells it."""
    return text(words, classes="pill").props(f'data-tone="{tone}"')


def tag(words: str) -> TextElement:
    """Write a short mark."""
    return text(words, classes="tag")


def button(words: str, act: Act, *, icon: str | None = None, kind: str = "plain") -> ui.button:
    """Make a button; `kind` is main, plain or bad."""
    looks = {"main": "act", "plain": "act-plain", "bad": "act-bad"}
    return ui.button(words, icon=icon, on_click=act, color=None).props("unelevated no-caps").classes(looks[kind])


def icon_button(icon: str, name: str, act: Act) -> ui.button:
    """Make a small button that is only a sign; its name is for screen readers and the tooltip."""
    made = ui.button(icon=icon, on_click=act, color=None).props("flat round dense size=sm").classes("soft")
    made.props["aria-label"] = name
    with made:
        ui.tooltip(name)
    return made


@contextmanager
def empty(icon: str, title: str, about: str) -> Iterator[None]:
    """Say that there is nothing yet and what to do next; the next step is built inside."""
    with ui.element("div").classes("empty"):
        ui.icon(icon).props("aria-hidden=true")
        text(title, "h3")
        text(about, "p")
        yield


def code(visit: Visit, words: str) -> None:
    """Show code with a button that copies it."""
    with ui.element("div").classes("code"):
        text(words)
        icon_button("content_copy", visit.say("act.copy"), lambda: copy(visit, words))


def copy(visit: Visit, words: str) -> None:
    """Put text on the viewer's clipboard."""
    ui.clipboard.write(words)
    ui.notify(visit.say("act.copied"), type="positive", timeout=1200)


async def confirmed(visit: Visit, title: str, about: str, act: str) -> bool:
    """Ask before something that can't be undone; return whether the answer was yes. One question at a time."""
    if visit.is_asked:
        return False
    visit.is_asked = True
    with ui.dialog() as dialog, ui.element("div").classes("card"):
        text(title, "h2").style("font-size: 17px; font-weight: 600")
        text(about, "p", "soft")
        with ui.element("div").classes("row-line").style("justify-content: flex-end"):
            button(visit.say("act.cancel"), lambda: dialog.submit(False))
            button(act, lambda: dialog.submit(True), kind="bad")
    answer = await dialog
    visit.is_asked = False
    if not dialog.is_deleted:
        dialog.delete()
    return answer is True


def undoable(visit: Visit, words: str, back: Act) -> None:
    """Tell what was done, with a button that takes it back; it goes away after a while."""
    with ui.context.client.layout, ui.element("div").classes("undo").props('role="status"') as bar:
        text(words, classes="grow")

        async def undo() -> None:
            bar.set_visibility(False)
            result = back()
            if isinstance(result, Awaitable):
                await result
            bar.delete()

        button(visit.say("act.undo"), undo, icon="undo")
        ui.timer(_UNDO_S, lambda: bar.set_visibility(False), once=True)


def table(columns: Sequence[dict[str, Any]], rows: list[dict[str, Any]], *, key: str = "id") -> ui.table:
    """Make a table in the dashboard's look; columns are Quasar's."""
    shown = [{"align": "left", "field": one["name"], **one} for one in columns]
    return ui.table(columns=shown, rows=rows, row_key=key).props("flat dense wrap-cells=false").classes("w-full")


def meter(part: float, *, warn_at: float = 0.8) -> None:
    """Draw how full something is, 0 to 1."""
    tone = "bad" if part >= 1 else "warn" if part >= warn_at else ""
    with ui.element("div").classes("bar-meter").props(f'data-tone="{tone}" role="img" aria-label="{part:.0%}"'):
        ui.element("div").style(f"width: {min(max(part, 0), 1) * 100:.1f}%")
