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
        """Return the state of every active connection, and of each of its models that something is held against."""
        models: dict[str, list[str]] = {}
        for scope in self._cooling.all():
            if scope.model:
                models.setdefault(scope.connection_id, []).append(scope.model)
        over = [
            ConnectionState(
                connection_id=one.connection_id,
                name=one.name,
                provider=one.provider,
                model=None,
                status="expired",
                until=None,
                reason=one.reason,
            )
            for one in self._snapshot().expired
        ]
        return over + [
            self._state(account, model)
            for accounts in self._snapshot().accounts.values()
            for account in accounts
            for model in (None, *models.get(account.connection_id, ()))
        ]

    def _state(self, account: Account, model: str | None) -> ConnectionState:
        health = self._cooling.health(account.connection_id, model or "")
        return ConnectionState(
            connection_id=account.connection_id,
            name=account.name,
            provider=account.provider,
            model=model,
            status=health.status,
            until=moment_or_none(health.cooldown_until),
            reason=health.last_error,
        )
