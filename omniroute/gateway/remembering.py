"""Keeps what is held against whom over a restart: written in batches beside the requests, read at the start.

In memory times are on a clock that never jumps, in the database on the wall's. A wall clock that was set back while
the process was away must not make a rest longer than it was meant to be, so that never more than its whole length is
left of it.
"""

import asyncio
from collections.abc import Collection

import structlog

from omniroute.gateway.cooling import Cooling
from omniroute.gateway.snapshot import Snapshot
from omniroute.kit.clock import Clock
from omniroute.kit.errors import OmniError
from omniroute.routing.breaker import BreakerScope, Grip, Standing, is_stale
from omniroute.storage.breakers import Breakers
from omniroute.storage.rows import BreakerRow

log = structlog.get_logger(__name__)

EVERY_S = 1.0
SWEEP_EVERY = 60  # rounds
_WRITE_LIMIT_S = 10.0
_LONGEST_MESSAGE = 500


class Remembering:
    """One a process."""

    def __init__(self, rows: Breakers, cooling: Cooling, clock: Clock) -> None:
        self._rows = rows
        self._cooling = cooling
        self._clock = clock
        self._writing = asyncio.Lock()
        self._away = False

    async def restore(self, snapshot: Snapshot) -> None:
        """Take over what the process before held against those that are still there."""
        accounts = [account for group in snapshot.accounts.values() for account in group]
        connections = {account.connection_id for account in accounts}
        providers = {account.provider for account in accounts}
        now, wall_ms = self._clock.monotonic(), self._clock.now_ms()
        found: dict[BreakerScope, Standing] = {}
        gone: list[BreakerScope] = []
        for row in await self._rows.list():
            scope = BreakerScope(provider=row.provider, connection_id=row.connection_id, model=row.model)
            standing = _standing(row, now, wall_ms)
            is_there = (scope.connection_id or scope.provider) in (connections if scope.connection_id else providers)
            if standing is None or not is_there or is_stale(standing, now):
                gone.append(scope)
            else:
                found[scope] = standing
        self._cooling.restore(found)
        self._cooling.changed.update(gone)

    async def run(self) -> None:
        """Write what changed, and forget what is over, until cancelled."""
        rounds = 0
        while True:
            await asyncio.sleep(EVERY_S)
            rounds += 1
            if rounds % SWEEP_EVERY == 0:
                self._cooling.sweep()
            await self.flush()

    async def flush(self) -> None:
        """Write what changed; what the database does not take is written the next time."""
        if not self._cooling.changed:
            return
        async with self._writing:
            changed, self._cooling.changed = self._cooling.changed, set()
            try:
                async with asyncio.timeout(_WRITE_LIMIT_S):
                    await self._write(changed)
            except (OmniError, TimeoutError) as error:
                self._cooling.changed |= changed
                if not self._away:
                    log.warning("cooldowns are in memory only: the database takes none", error=str(error) or "slow")
                self._away = True
            except asyncio.CancelledError:
                self._cooling.changed |= changed
                raise
            else:
                self._away = False

    async def _write(self, changed: Collection[BreakerScope]) -> None:
        held, now, wall_ms = self._cooling.all(), self._clock.monotonic(), self._clock.now_ms()
        rows = [_row(scope, held[scope], now, wall_ms) for scope in changed if scope in held]
        await self._rows.write(rows, [scope for scope in changed if scope not in held])


def _row(scope: BreakerScope, standing: Standing, now: float, wall_ms: int) -> BreakerRow:
    def wall(at: float) -> int:
        return wall_ms + int((at - now) * 1000)

    return BreakerRow(
        provider=scope.provider,
        connection_id=scope.connection_id,
        model=scope.model,
        grip=standing.grip.value,
        reason=standing.reason,
        message=standing.message[:_LONGEST_MESSAGE],
        failures=standing.failures,
        level=standing.level,
        first_at=wall(standing.first_at),
        since=wall(standing.since),
        until=wall(standing.until),
        members=tuple(sorted(standing.members)),
    )


def _standing(row: BreakerRow, now: float, wall_ms: int) -> Standing | None:
    """Return what a row says, on the clock of this process; None for a row of a kind that is not known."""
    if row.grip not in set(Grip):
        return None
    length_s = max(row.until - row.since, 0) / 1000
    left_s = min((row.until - wall_ms) / 1000, length_s)
    until = now + left_s
    return Standing(
        grip=Grip(row.grip),
        reason=row.reason,
        message=row.message,
        failures=row.failures,
        level=row.level,
        first_at=min(now + (row.first_at - wall_ms) / 1000, now),
        since=min(until - length_s, now),
        until=until,
        members=frozenset(row.members),
    )
