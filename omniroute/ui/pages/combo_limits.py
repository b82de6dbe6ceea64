"""A combo's limits in the builder, folded away; with a cascade also what its answers must be like."""

from typing import Any

from nicegui import ui

from omniroute.ui.door import Data
from omniroute.ui.strategies import CASCADE, TURNS
from omniroute.ui.visit import Visit

CONFIG = """
  maxAttempts timeoutMs firstByteTimeoutMs stickyLimit maxRetries retryDelayMs hedgeAfterMs
  checks { minCharacters validJson pattern complete noRefusal }
"""
_NUMBERS = ("maxAttempts", "timeoutMs", "firstByteTimeoutMs", "maxRetries", "retryDelayMs", "hedgeAfterMs")
_STICKY = "stickyLimit"
_YES_NO = ("validJson", "complete", "noRefusal")
_PLAIN = {"minCharacters": 1, "validJson": True, "pattern": None, "complete": True, "noRefusal": True}


class Limits:
    """The fields by their names in the schema."""

    def __init__(self, visit: Visit, config: Data | None, strategy: str) -> None:
        self._visit = visit
        self._numbers: dict[str, Any] = {}
        self._checks: dict[str, Any] = {}
        given = config or {}
        fold = ui.expansion(visit.say("combo.limits"), icon="timer").classes("w-full")
        with fold, ui.element("div").classes("grid-2"):
            for name in (*_NUMBERS, _STICKY):
                self._numbers[name] = self._number(name, given.get(name), least=0)
            if self._numbers[_STICKY].value is None:
                self._numbers[_STICKY].set_value(1)
        checks = given.get("checks")
        self._had_checks = checks is not None
        with ui.expansion(visit.say("combo.checks"), icon="rule", value=True).classes("w-full") as self._fold:
            self._check_fields(checks or _PLAIN)
        self.choose(strategy)

    def _number(self, name: str, value: float | None, *, least: int) -> Any:
        say = self._visit.say
        made = ui.number(say(f"combo.{name.lower()}"), value=value, precision=0, format="%.0f", min=least)
        return made.props(f'outlined dense bottom-slots hint="{say(f"combo.{name.lower()}_hint")}"')

    def _check_fields(self, checks: Data) -> None:
        say = self._visit.say
        with ui.element("div").classes("grid-2"):
            self._checks["minCharacters"] = self._number("minCharacters", checks["minCharacters"], least=0)
            pattern = ui.input(say("combo.pattern"), value=checks["pattern"] or "")
            self._checks["pattern"] = pattern.props(f'outlined dense bottom-slots hint="{say("combo.pattern_hint")}"')
        for name in _YES_NO:
            self._checks[name] = ui.switch(say(f"combo.{name.lower()}"), value=checks[name])

    def choose(self, strategy: str) -> None:
        """Show what this strategy asks for."""
        self._numbers[_STICKY].set_visibility(strategy == TURNS)
        self._fold.set_visibility(strategy == CASCADE)
        self._cascades = strategy == CASCADE

    def input(self) -> dict[str, Any]:
        """Return the limits as the schema takes them."""
        numbers = {name: None if one.value is None else int(one.value) for name, one in self._numbers.items()}
        checks = None
        if self._cascades or self._had_checks:
            checks = {name: one.value for name, one in self._checks.items()}
            checks["minCharacters"] = int(checks["minCharacters"] or 0)
            checks["pattern"] = checks["pattern"].strip() or None
        return {**numbers, _STICKY: numbers[_STICKY] or 1, "checks": checks}

    def clear_faults(self) -> None:
        """Forget what was wrong."""
        for one in (*self._numbers.values(), *self._checks.values()):
            one.props(remove="error error-message")

    def show_fault(self, path: str, message: str) -> bool:
        """Show what is wrong with a field, by its path after `config`; return whether there is such a field."""
        field = self._numbers.get(path) or self._checks.get(path.removeprefix("checks."))
        if field is None:
            return False
        field.props["error"] = True
        field.props["error-message"] = message
        field.update()
        return True
