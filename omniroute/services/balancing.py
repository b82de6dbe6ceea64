"""How the accounts of one provider share the work: one strategy for all, kept in the settings' group `routing`."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import MISSING

from omniroute.kit.events import ConfigurationChanged
from omniroute.routing.strategies import Strategy
from omniroute.services.changes import Changed, kept
from omniroute.services.names import prefixes_of
from omniroute.services.rules import fault, within
from omniroute.storage.nodes import Nodes
from omniroute.storage.settings import SettingGroups

MOST_STICKY = 1_000
_GROUP = "routing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The strategy among accounts, how many requests round-robin gives one in a row, and which providers get none.

    Blocked providers stand by their ids; their connections are as though they were switched off.
    """

    fallback_strategy: Strategy = Strategy.FILL_FIRST
    sticky_round_robin_limit: int = 3
    blocked_providers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceChange:
    """What to change."""

    fallback_strategy: Strategy | MISSING = MISSING
    sticky_round_robin_limit: int | MISSING = MISSING
    blocked_providers: Sequence[str] | MISSING = MISSING


class Balancing:
    """Reads and changes the settings."""

    def __init__(self, *, groups: SettingGroups, nodes: Nodes, changed: Changed) -> None:
        self._groups = groups
        self._nodes = nodes
        self._changed = changed

    async def get(self) -> Balance:
        """Return what holds now."""
        stored = await self._groups.get(_GROUP)
        if stored is None:
            return Balance()
        return Balance(
            fallback_strategy=Strategy(stored["fallbackStrategy"]),
            sticky_round_robin_limit=stored["stickyRoundRobinLimit"],
            blocked_providers=tuple(stored.get("blockedProviders", ())),
        )

    async def checked(self, change: BalanceChange) -> Balance:
        """Return what would hold after a change; raise Unprocessable on a bad value."""
        old = await self.get()
        sticky = kept(change.sticky_round_robin_limit, old.sticky_round_robin_limit)
        return Balance(
            fallback_strategy=kept(change.fallback_strategy, old.fallback_strategy),
            sticky_round_robin_limit=within(sticky, "stickyRoundRobinLimit", least=1, most=MOST_STICKY),
            blocked_providers=(
                old.blocked_providers
                if change.blocked_providers is MISSING
                else await self._providers(change.blocked_providers)
            ),
        )

    async def _providers(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the ids of providers that are named by id, alias or prefix."""
        known = prefixes_of(await self._nodes.list())
        for name in names:
            if name not in known:
                raise fault("blockedProviders", f"there is no provider {name[:100]!r}")
        return tuple(dict.fromkeys(known[name] for name in names))

    async def update(self, change: BalanceChange) -> Balance:
        """Change it; raise Unprocessable on a bad value."""
        new = await self.checked(change)
        value = {
            "fallbackStrategy": new.fallback_strategy.value,
            "stickyRoundRobinLimit": new.sticky_round_robin_limit,
            "blockedProviders": list(new.blocked_providers),
        }
        await self._groups.put(_GROUP, value)
        await self._changed(ConfigurationChanged(noun="settings", id=_GROUP))
        return new
