"""A combo's targets in the builder: found by searching, ordered by dragging or by keys, each with what it takes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from nicegui import ui
from nicegui.events import SortableEventArguments

from omniroute.ui.door import Data
from omniroute.ui.models import offered
from omniroute.ui.parts import empty, icon_button, tag, text
from omniroute.ui.strategies import BY_CONTEXT, WEIGHING
from omniroute.ui.visit import Visit

TARGET = """
  model connection weight priority contextWindow
  condition { minInputTokens maxInputTokens needsTools needsImages stream }
"""
_MOST_FOUND = 8
_WHETHER = ("needsTools", "needsImages", "stream")
_TOKENS = ("minInputTokens", "maxInputTokens")


@dataclass(slots=True, kw_only=True)
class _Target:
    """One target as it is edited."""

    model: str
    connection: str | None = None
    weight: int = 1
    context_window: int | None = None
    condition: dict[str, Any] = field(default_factory=dict)
    is_open: bool = False
    fault: str = ""


class Targets:
    """The list, and the search that adds to it."""

    def __init__(self, visit: Visit, options: Data, targets: Sequence[Data], strategy: str) -> None:
        self._visit = visit
        self._models = [(one["id"], one["ownedBy"]) for one in offered(options["models"])]
        self._connections: list[Data] = options["providerConnections"]
        self._strategy = strategy
        self._targets = [_read(one) for one in sorted(targets, key=lambda one: int(one["priority"]))]
        self._list = ui.column().classes("lines targets")
        self._list.make_sortable(handle=".grip", ghost_class="ghost", on_end=self._dropped)
        self._nothing = ui.element("div")
        self._search = ui.input(placeholder=visit.say("combo.search"), on_change=self._find).props(
            f'outlined dense clearable debounce=150 aria-label="{visit.say("combo.search")}"'
        )
        self._found = ui.element("div").classes("found")
        self._draw()
        self._find()

    def choose(self, strategy: str) -> None:
        """Show what this strategy asks for."""
        self._strategy = strategy
        self._draw()

    def input(self) -> list[dict[str, Any]]:
        """Return the targets as the schema takes them; their order becomes their priority."""
        return [
            {
                "model": one.model,
                "connection": one.connection,
                "weight": one.weight,
                "priority": place,
                "contextWindow": one.context_window,
                "condition": {name: value for name, value in one.condition.items() if value is not None} or None,
            }
            for place, one in enumerate(self._targets, 1)
        ]

    def clear_faults(self) -> None:
        """Forget what was wrong."""
        for one in self._targets:
            one.fault = ""
        self._draw()

    def show_fault(self, path: str, message: str) -> bool:
        """Show what is wrong with a target, by its path after `targets`; return whether there is such a target."""
        place = path.partition(".")[0]
        if not place.isdigit() or int(place) >= len(self._targets):
            return False
        self._targets[int(place)].fault = message
        self._draw()
        return True

    def _find(self) -> None:
        words = (self._search.value or "").strip()
        parts = words.lower().split()
        found = [one for one in self._models if all(part in " ".join(one).lower() for part in parts)]
        self._found.clear()
        with self._found:
            for model, owner in found[:_MOST_FOUND]:
                self._offer(model, owner)
            if words and words not in {model for model, _ in found}:
                self._offer(words, self._visit.say("combo.own_name"))
            if len(found) > _MOST_FOUND:
                text(self._visit.say("combo.more", count=len(found) - _MOST_FOUND), "span", "faint small")

    def _offer(self, model: str, owner: str) -> None:
        with ui.element("button").classes("offer").props('type="button"').on("click", lambda: self._add(model)):
            ui.icon("add").props("aria-hidden=true")
            text(model, classes="cut")
            text(owner, classes="faint small")

    def _add(self, model: str) -> None:
        self._targets.append(_Target(model=model))
        self._draw()

    def _dropped(self, event: SortableEventArguments) -> None:
        self._move(event.old_index, event.new_index)

    def _move(self, old: int, new: int) -> None:
        if 0 <= new < len(self._targets):
            self._targets.insert(new, self._targets.pop(old))
        self._draw()

    def _step(self, place: int, by: int) -> None:
        """Move a target by a key or button, and keep the focus on it."""
        self._move(place, place + by)
        there = min(max(place + by, 0), len(self._targets) - 1)
        name = "up" if by < 0 else "down"
        ui.run_javascript(f"document.querySelector('.target:nth-child({there + 1}) .step-{name}')?.focus()")

    def _remove(self, target: _Target) -> None:
        self._targets.remove(target)
        self._draw()

    def _draw(self) -> None:
        say = self._visit.say
        self._nothing.clear()
        if not self._targets:
            with self._nothing, empty("add_circle_outline", say("combo.no_targets"), say("combo.no_targets_about")):
                pass
        self._list.clear()
        with self._list:
            for place, target in enumerate(self._targets):
                self._row(place, target)

    def _row(self, place: int, target: _Target) -> None:
        say = self._visit.say
        with ui.element("div").classes("target"):
            with ui.element("div").classes("row-line"):
                ui.icon("drag_indicator").classes("grip").props("aria-hidden=true")
                text(str(place + 1), classes="num faint small")
                text(target.model, classes="grow cut strong")
                if target.condition and not target.is_open:
                    tag(say("combos.conditional"))
                if self._strategy == WEIGHING:
                    self._weight(target)
                up = icon_button("arrow_upward", say("combo.up"), lambda: self._step(place, -1)).classes("step-up")
                up.set_enabled(place > 0)
                down = icon_button("arrow_downward", say("combo.down"), lambda: self._step(place, 1)).classes(
                    "step-down"
                )
                down.set_enabled(place < len(self._targets) - 1)
                icon_button("tune", say("combo.details"), lambda: self._open(target))
                icon_button("close", say("combo.remove"), lambda: self._remove(target))
            if target.fault:
                text(target.fault, "p", "small tone-bad").props('role="alert"')
            if target.is_open:
                with ui.element("div").classes("grid-2 target-more"):
                    self._details(target)

    def _weight(self, target: _Target) -> None:
        def take(value: float | None) -> None:
            target.weight = int(value or 0)

        label = self._visit.say("providers.weight")
        ui.number(value=target.weight, min=0, max=1000, precision=0, on_change=lambda event: take(event.value)).props(
            f'outlined dense aria-label="{label}" prefix="{label}"'
        ).classes("weight")

    def _open(self, target: _Target) -> None:
        target.is_open = not target.is_open
        self._draw()

    def _details(self, target: _Target) -> None:
        say = self._visit.say
        owners = {"": say("combo.any_account")}
        prefix = target.model.partition("/")[0]
        for one in self._connections:
            names = {one["provider"], (one["node"] or {}).get("prefix"), (one["catalogueEntry"] or {}).get("alias")}
            if prefix in names or one["id"] == target.connection:
                owners[one["id"]] = one["name"]

        def take(value: str) -> None:
            target.connection = value or None

        ui.select(
            owners, label=say("combo.account"), value=target.connection or "", on_change=lambda event: take(event.value)
        ).props("outlined dense")
        self._number(target, "contextWindow", hint=say("combo.context_hint"))
        for name in _TOKENS:
            self._number(target, name)
        for name in _WHETHER:
            self._whether(target, name)
        if self._strategy == BY_CONTEXT and target.context_window is None:
            text(say("combo.context_needed"), "p", "faint small")

    def _number(self, target: _Target, name: str, hint: str = "") -> None:
        def take(value: float | None) -> None:
            number = None if value is None else int(value)
            if name == "contextWindow":
                target.context_window = number
            else:
                _condition(target, name, number)

        value = target.context_window if name == "contextWindow" else target.condition.get(name)
        label = self._visit.say(f"combo.{name.lower()}")
        made = ui.number(
            label, value=value, min=0, precision=0, format="%.0f", on_change=lambda event: take(event.value)
        )
        made.props("outlined dense")
        if hint:
            made.props(f'bottom-slots hint="{hint}"')

    def _whether(self, target: _Target, name: str) -> None:
        say = self._visit.say
        options = {"": say("combo.either"), "yes": say("combo.yes"), "no": say("combo.no")}
        value = {True: "yes", False: "no"}.get(target.condition.get(name), "")  # type: ignore[arg-type]  # None: either

        def take(chosen: str) -> None:
            _condition(target, name, None if not chosen else chosen == "yes")

        ui.select(
            options, label=say(f"combo.{name.lower()}"), value=value, on_change=lambda event: take(event.value)
        ).props("outlined dense")


def _condition(target: _Target, name: str, value: Any) -> None:
    if value is None:
        target.condition.pop(name, None)
    else:
        target.condition[name] = value


def _read(target: Data) -> _Target:
    condition = target["condition"] or {}
    return _Target(
        model=target["model"],
        connection=target["connection"],
        weight=target["weight"],
        context_window=target["contextWindow"],
        condition={name: value for name, value in condition.items() if value is not None},
    )
