"""How long logs are kept, by age and by number; kept in the settings' group `retention`, carried out by a job."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
from pydantic_core import MISSING

from omniroute.kit.clock import Clock
from omniroute.kit.events import ConfigurationChanged
from omniroute.services.changes import Changed, kept
from omniroute.services.job_values import Progress
from omniroute.services.rules import within
from omniroute.storage.retention import Retention as OldRows
from omniroute.storage.settings import SettingGroups

MOST_DAYS = 36_500
MOST_ROWS = 1_000_000_000
_GROUP = "retention"
_DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_BREATH_S = 0.02  # between two pieces, for those who want to write too


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """For how many days logs are kept, and how many requests at most; 0 keeps all."""

    request_log_days: int = 90
    request_log_rows: int = 2_000_000
    usage_days: int = 800
    audit_days: int = 730


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepingChange:
    """What to change."""

    request_log_days: int | MISSING = MISSING
    request_log_rows: int | MISSING = MISSING
    usage_days: int | MISSING = MISSING
    audit_days: int | MISSING = MISSING


class Retention:
    """Reads and changes the settings, and removes what is too old."""

    def __init__(
        self,
        *,
        groups: SettingGroups,
        rows: OldRows,
        prune_audit: Callable[[int], Awaitable[int]],
        clock: Clock,
        changed: Changed,
    ) -> None:
        """`prune_audit` removes entries of the audit log older than so many days."""
        self._groups = groups
        self._rows = rows
        self._prune_audit = prune_audit
        self._clock = clock
        self._changed = changed

    async def get(self) -> Keeping:
        """Return what holds now."""
        stored = await self._groups.get(_GROUP)
        return Keeping() if stored is None else msgspec.convert(stored, Keeping)

    async def update(self, change: KeepingChange) -> Keeping:
        """Change it; raise Unprocessable on a bad value. It acts when the job runs next."""
        old = await self.get()
        new = Keeping(
            request_log_days=_days(kept(change.request_log_days, old.request_log_days), "requestLogDays"),
            request_log_rows=within(
                kept(change.request_log_rows, old.request_log_rows), "requestLogRows", least=0, most=MOST_ROWS
            ),
            usage_days=_days(kept(change.usage_days, old.usage_days), "usageDays"),
            audit_days=_days(kept(change.audit_days, old.audit_days), "auditDays"),
        )
        await self._groups.put(_GROUP, msgspec.to_builtins(new))
        await self._changed(ConfigurationChanged(noun="settings", id=_GROUP))
        return new

    async def apply(self, progress: Progress) -> str:
        """Remove what is too old or too much; return a line about it."""
        keeping, now = await self.get(), self._clock.now_ms()
        requests = minutes = entries = 0
        if keeping.request_log_days:
            requests += await self._requests(now - keeping.request_log_days * _DAY_MS, progress)
        if keeping.request_log_rows and (edge := await self._rows.edge(keeping.request_log_rows)) is not None:
            requests += await self._requests(edge + 1, progress)
        if keeping.usage_days:
            before = (now - keeping.usage_days * _DAY_MS) // _MINUTE_MS
            while count := await self._rows.drop_minutes(before):
                minutes += count
                await asyncio.sleep(0)
        if keeping.audit_days:
            entries = await self._prune_audit(keeping.audit_days)
        return f"{requests:,} requests, {minutes:,} sums and {entries:,} audit entries removed"

    async def _requests(self, before_ms: int, progress: Progress) -> int:
        gone = 0
        while count := await self._rows.drop_requests(before_ms):
            gone += count
            progress.report(f"{gone:,} requests removed")
            await asyncio.sleep(_BREATH_S)
        return gone


def _days(value: int, field: str) -> int:
    return within(value, field, least=0, most=MOST_DAYS)
