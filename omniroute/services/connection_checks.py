"""Connections looked at by the clock: an account that stopped working is noticed before a client needs it.

Only the list of models is asked for, which costs nothing. Nobody is asked who is being left alone, and one that fails
is asked less and less often.
"""

from collections.abc import Callable
from dataclasses import dataclass

from omniroute.kit.clock import Clock
from omniroute.kit.errors import OmniError
from omniroute.services.checks import Checks
from omniroute.services.job_values import Progress
from omniroute.services.providers import Providers

_FIRST_WAIT_S, _LONGEST_WAIT_S = 600.0, 86_400.0
_NAMED = 5


@dataclass(frozen=True, slots=True)
class _Trouble:
    """When a connection may be asked again, on the monotonic clock, and how long it waited for that in seconds."""

    until: float
    waited_s: float


class ConnectionChecks:
    """One a process. `is_cooling` tells whether the data plane leaves a connection alone."""

    def __init__(
        self, *, providers: Providers, checks: Checks, is_cooling: Callable[[str], bool], clock: Clock
    ) -> None:
        self._providers = providers
        self._checks = checks
        self._is_cooling = is_cooling
        self._clock = clock
        self._troubles: dict[str, _Trouble] = {}

    async def run(self, progress: Progress) -> str:
        """Look at every connection whose turn it is; return a line about it."""
        active = [one for one in await self._providers.list() if one.is_active]
        due = [one for one in active if not self._is_cooling(one.id) and self._is_due(one.id)]
        failed: list[str] = []
        for number, one in enumerate(due):
            progress.report(f"{one.provider}: {one.name}", number / len(due))
            if not await self._answers(one.id):
                failed.append(one.name)
        self._troubles = {name: found for name, found in self._troubles.items() if name in {one.id for one in active}}
        told = f"{len(due)} of {len(active)} connections looked at, {len(failed)} failed"
        return told if not failed else f"{told}: {', '.join(failed[:_NAMED])}"

    def _is_due(self, connection_id: str) -> bool:
        trouble = self._troubles.get(connection_id)
        return trouble is None or trouble.until <= self._clock.monotonic()

    async def _answers(self, connection_id: str) -> bool:
        try:
            await self._checks.models(connection_id)
        except OmniError:
            before = self._troubles.get(connection_id)
            wait = _FIRST_WAIT_S if before is None else min(before.waited_s * 2, _LONGEST_WAIT_S)
            self._troubles[connection_id] = _Trouble(self._clock.monotonic() + wait, wait)
            return False
        self._troubles.pop(connection_id, None)
        return True
