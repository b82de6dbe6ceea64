"""How much models are to think, whatever clients say; kept in the settings' group `thinkingBudget`."""

from dataclasses import dataclass

import msgspec
from pydantic_core import MISSING

from omniroute.kit.events import ConfigurationChanged
from omniroute.routing.thinking import MOST_BUDGET, Effort, Mode
from omniroute.services.changes import Changed, kept
from omniroute.services.rules import within
from omniroute.storage.settings import SettingGroups

_GROUP = "thinkingBudget"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingBudget:
    """The mode, the budget of `custom` in tokens, and the effort of `adaptive`."""

    mode: Mode = Mode.PASSTHROUGH
    custom_budget: int = 10_240
    effort_level: Effort = Effort.MEDIUM


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingChange:
    """What to change."""

    mode: Mode | MISSING = MISSING
    custom_budget: int | MISSING = MISSING
    effort_level: Effort | MISSING = MISSING


class Thinking:
    """Reads and changes the setting."""

    def __init__(self, *, groups: SettingGroups, changed: Changed) -> None:
        self._groups = groups
        self._changed = changed

    async def get(self) -> ThinkingBudget:
        """Return what holds now."""
        found = await self._groups.get(_GROUP)
        return ThinkingBudget() if found is None else msgspec.convert(found, ThinkingBudget)

    async def update(self, change: ThinkingChange) -> ThinkingBudget:
        """Change it; raise Unprocessable on a bad value."""
        old = await self.get()
        new = ThinkingBudget(
            mode=kept(change.mode, old.mode),
            custom_budget=within(
                kept(change.custom_budget, old.custom_budget), "customBudget", least=0, most=MOST_BUDGET
            ),
            effort_level=kept(change.effort_level, old.effort_level),
        )
        await self._groups.put(_GROUP, msgspec.to_builtins(new))
        await self._changed(ConfigurationChanged(noun="settings", id=_GROUP))
        return new
