"""Forms: fields by name, a mutation behind the button, and the schema's errors shown at the fields that they name."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from nicegui import ui

from omniroute.ui.door import Data, Document
from omniroute.ui.parts import Act, button, text
from omniroute.ui.visit import Visit

# What every mutation selects beside its own thing: why it did nothing.
FAILURE = "... on Failure { code message fields { field message } }"


class Form:
    """A dialog with fields. `open` shows it; `done` is called with the mutation's result."""

    def __init__(self, visit: Visit, title: str, about: str = "") -> None:
        self._visit = visit
        self._fields: dict[str, Any] = {}
        self._read: dict[str, Callable[[Any], Any]] = {}
        self.dialog = ui.dialog()
        with self.dialog, ui.element("div"), ui.element("form").classes("card form") as self._card:
            text(title, "h2", "form-title")
            if about:
                text(about, "p", "soft")
            self._problem = text("", "p", "form-problem").props('role="alert"')
            self._body = ui.element("div").classes("form-body")
            self._acts = ui.element("div").classes("row-line form-acts")
        self._card.on("submit.prevent", lambda: None)

    @contextmanager
    def body(self) -> Iterator[None]:
        """Build fields inside."""
        with self._body:
            yield

    def add(self, name: str, field: Any, read: Callable[[Any], Any] | None = None) -> Any:
        """Take a field in under its name in the input; `read` turns what it holds into the input's value."""
        self._fields[name] = field.props("outlined dense bottom-slots hide-bottom-space")
        self._read[name] = read or _as_is
        return field

    def line(
        self, name: str, label: str, value: str = "", *, hint: str = "", secret: bool = False, needed: bool = False
    ) -> ui.input:
        """Add a field for a line of text; left empty it stands for none, unless it is `needed`."""
        made = ui.input(label, value=value, password=secret, password_toggle_button=secret)
        if hint:
            made.props(f'hint="{hint}"')
        self.add(name, made, str.strip if needed else _text)
        return made

    def number(self, name: str, label: str, value: int | None = None, *, hint: str = "") -> ui.number:
        """Add a field for a whole number; left empty it stands for none."""
        made = ui.number(label, value=value, precision=0, format="%.0f")
        if hint:
            made.props(f'hint="{hint}"')
        self.add(name, made, lambda one: None if one is None else int(one))
        return made

    def amount(self, name: str, label: str, value: str | None = None, *, hint: str = "") -> ui.number:
        """Add a field for a decimal number, which travels as text; left empty it stands for none."""
        made = ui.number(label, value=None if value is None else float(value))
        if hint:
            made.props(f'hint="{hint}"')
        self.add(name, made, lambda one: None if one is None else f"{Decimal(str(one)):f}")
        return made

    def decimal(self, name: str, label: str, value: float | None = None) -> ui.number:
        """Add a field for a number with digits after the point."""
        made = ui.number(label, value=value)
        self.add(name, made)
        return made

    def choice(self, name: str, label: str, options: Mapping[str, str], value: str | None = None) -> ui.select:
        """Add a field for one of several; type to find."""
        made = ui.select(dict(options), label=label, value=value, with_input=len(options) > 8)  # noqa: PLR2004 - a screenful
        self.add(name, made)
        return made

    def several(self, name: str, label: str, options: Mapping[str, str], value: list[str] | None = None) -> ui.select:
        """Add a field for any of several."""
        made = ui.select(dict(options), label=label, value=value or [], multiple=True).props("use-chips")
        self.add(name, made, list)
        return made

    def long(self, name: str, label: str, value: str = "", *, hint: str = "") -> ui.textarea:
        """Add a field for text of many lines."""
        made = ui.textarea(label, value=value).props("autogrow")
        if hint:
            made.props(f'hint="{hint}"')
        self.add(name, made).classes("form-wide")
        return made

    def lines(self, name: str, label: str, value: list[str] | None = None, *, hint: str = "") -> ui.textarea:
        """Add a field for a list, one a line."""
        made = self.long(name, label, "\n".join(value or ()), hint=hint)
        self._read[name] = lambda one: [line.strip() for line in one.splitlines() if line.strip()]
        return made

    def switch(self, name: str, label: str, *, value: bool = False) -> ui.switch:
        """Add a field for yes or no."""
        made = ui.switch(label, value=value)
        self._fields[name] = made
        self._read[name] = _as_is
        return made

    def wide(self) -> None:
        """Give the dialog room for two columns of many fields."""
        self._card.classes("form-large")

    def also(self, words: str, act: Act) -> None:
        """Add a button that does something with what the fields hold, and leaves the form open."""
        with self._acts:
            button(words, act, icon="science")
            ui.element("div").classes("bar-space")

    def values(self) -> dict[str, Any]:
        """Return what the fields hold."""
        return {name: self._read[name](field.value) for name, field in self._fields.items()}

    def act(
        self,
        words: str,
        document: Document,
        variables: Callable[[dict[str, Any]], Mapping[str, Any]],
        done: Callable[[Data], Awaitable[None]],
    ) -> None:
        """Add the buttons; the mutation's only field is what `done` gets."""

        async def send() -> None:
            result = await self._sent(submit, document, variables)
            if result is not None:
                self.dialog.close()
                await done(result)

        with self._acts:
            button(self._visit.say("act.cancel"), self.dialog.close)
            submit = button(words, send, kind="main")
        self._card.on("submit.prevent", send)

    async def _sent(
        self, submit: ui.button, document: Document, variables: Callable[[dict[str, Any]], Mapping[str, Any]]
    ) -> Data | None:
        """Execute the mutation and return its result; show why where it did nothing, and return None then."""
        self._clear()
        submit.props("loading")
        data = await self._visit.tell(document, variables(self.values()))
        submit.props(remove="loading")
        result: Data | None = next(iter(data.values())) if data else None
        if result is not None and "fields" in result and "message" in result and "code" in result:
            self._show(result)
            return None
        return result

    def _clear(self) -> None:
        self._problem.text = ""
        for field in self._fields.values():
            field.props(remove="error error-message")

    def _show(self, failure: Data) -> None:
        """Show errors at their fields; what belongs to none stands on top."""
        rest = []
        for fault in failure["fields"]:
            field = self._at(fault["field"])
            if field is None or isinstance(field, ui.switch):
                rest.append(fault["message"])
            else:
                field.props["error"] = True
                field.props["error-message"] = fault["message"]
                field.update()
        if rest or not failure["fields"]:
            self._problem.text = " ".join(rest) or failure["message"]

    def _at(self, path: str) -> Any:
        """Return the field that a path in the input belongs to: the one of that name, or of what it lies in."""
        while path not in self._fields and "." in path:
            path = path.rpartition(".")[0]
        return self._fields.get(path)


class Panel(Form):
    """The same in the page itself: what holds now, to change and save. `act` adds one button."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._fields: dict[str, Any] = {}
        self._read: dict[str, Callable[[Any], Any]] = {}
        with ui.element("form").classes("form panel") as self._card:
            self._problem = text("", "p", "form-problem").props('role="alert"')
            self._body = ui.element("div").classes("form-grid")
            self._acts = ui.element("div").classes("row-line form-acts")

    def act(
        self,
        words: str,
        document: Document,
        variables: Callable[[dict[str, Any]], Mapping[str, Any]],
        done: Callable[[Data], Awaitable[None]],
    ) -> None:
        """Add the button that saves; `done` gets the mutation's result."""

        async def send() -> None:
            result = await self._sent(submit, document, variables)
            if result is not None:
                ui.notify(self._visit.say("form.saved"), type="positive", timeout=1500)
                await done(result)

        with self._acts:
            submit = button(words, send, kind="main")
        self._card.on("submit.prevent", send)


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values whose names are paths, such as `similarity.threshold`, as the input that they lie in."""
    made: dict[str, Any] = {}
    for path, value in values.items():
        *folders, name = path.split(".")
        place = made
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = value
    return made


def flat(values: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Return what lies in each other by its paths: the reverse of `nested`."""
    made: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            made |= flat(value, f"{path}{name}.")
        else:
            made[f"{path}{name}"] = value
    return made


def _as_is(value: Any) -> Any:
    return value


def _text(value: Any) -> Any:
    return value.strip() or None if isinstance(value, str) else value
