"""How the accounts of one provider share the work: one strategy for all, kept in the settings' group `routing`."""

from dataclasses import dataclass

from pydantic_core import MISSING

from omniroute.kit.events import ConfigurationChanged
from omniroute.routing.strategies import Strategy
from omniroute.services.changes import Changed, kept
from omniroute.services.rules import within
from omniroute.storage.settings import SettingGroups

MOST_STICKY = 1_000
_GROUP = "routing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The strategy among accounts, and how many requests round-robin gives an account in a row."""

    fallback_strategy: Strategy = Strategy.FILL_FIRST
    sticky_round_robin_limit: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceChange:
    """What to change."""

    fallback_strategy: Strategy | MISSING = MISSING
    sticky_round_robin_limit: int | MISSING = MISSING


class Balancing:
    """Reads and changes the settings."""

    def __init__(self, *, groups: SettingGroups, changed: Changed) -> None:
        self._groups = groups
        self._changed = changed

    async def get(self) -> Balance:
        """Return what holds now."""
        stored = await self._groups.get(_GROUP)
        if stored is None:
            return Balance()
        return Balance(
            fallback_strategy=Strategy(stored["fallbackStrategy"]),
            sticky_round_robin_limit=stored["stickyRoundRobinLimit"],
        )

    async def update(self, change: BalanceChange) -> Balance:
        """Change it; raise Unprocessable on a bad value."""
        old = await self.get()
        sticky = kept(change.sticky_round_robin_limit, old.sticky_round_robin_limit)
        new = Balance(
            fallback_strategy=kept(change.fallback_strategy, old.fallback_strategy),
            sticky_round_robin_limit=within(sticky, "stickyRoundRobinLimit", least=1, most=MOST_STICKY),
        )
        value = {
            "fallbackStrategy": new.fallback_strategy.value,
            "stickyRoundRobinLimit": new.sticky_round_robin_limit,
        }
        await self._groups.put(_GROUP, value)
        await self._changed(ConfigurationChanged(noun="settings", id=_GROUP))
        return new
