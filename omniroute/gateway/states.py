"""How every active connection fares now, as live feeds tell it."""

from collections.abc import Callable, Sequence

from omniroute.gateway.cooling import Cooling
from omniroute.gateway.snapshot import Account, Snapshot
from omniroute.services.live_values import ConnectionState
from omniroute.services.moments import moment_or_none


class States:
    """Reads the snapshot and the cooldowns."""

    def __init__(self, snapshot: Callable[[], Snapshot], cooling: Cooling) -> None:
        self._snapshot = snapshot
        self._cooling = cooling

    def read(self) -> Sequence[ConnectionState]:
        """Return the state of every active connection."""
        return [self._state(one) for accounts in self._snapshot().accounts.values() for one in accounts]

    def _state(self, account: Account) -> ConnectionState:
        health = self._cooling.health(account.connection_id)
        return ConnectionState(
            connection_id=account.connection_id,
            name=account.name,
            provider=account.provider,
            model=None,
            status=health.status,
            until=moment_or_none(health.cooldown_until),
            reason=health.last_error,
        )
