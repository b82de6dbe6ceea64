"""The audit log: who did what, from where, and what was different afterwards; it proves that nobody changed it.

Changes of what operators manage find their way here by themselves (storage/trail.py). This service tells of the rest
(sign-ins, refusals, starts, jobs), shows the log, checks it, and removes what is too old.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from omniroute.kit.acting import Act, acting
from omniroute.kit.clock import Clock
from omniroute.kit.errors import OmniError
from omniroute.kit.json import JsonObject, loads
from omniroute.services.feeds import Tick
from omniroute.services.moments import milliseconds, moment
from omniroute.services.rules import fault
from omniroute.state.bus import Bus
from omniroute.storage.audit import CHECKPOINT, FIRST, AuditFilter, AuditRows, Head, digest
from omniroute.storage.audit_rows import AuditDraft, AuditRow

log = structlog.get_logger(__name__)

MOST = 1_000  # on one page
MOST_SKIPPED = 100_000
REFUSALS_A_MINUTE = 60
_MOST_FAULTS = 20
_LOOK_S = 0.5
_SEEN = 50
_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Something that was done, or refused. `before` and `after` have the fields that differ, secrets left out."""

    id: int
    timestamp: datetime
    action: str
    target: str | None
    outcome: str
    details: str | None
    actor: str | None
    actor_id: str | None
    actor_kind: str
    surface: str
    operation: str | None
    ip_address: str | None
    request_id: str | None
    before: JsonObject | None
    after: JsonObject | None
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which entries; what is left out does not matter. `actor` is a name or an id; `until` itself is left out."""

    action: str | None = None
    actor: str | None = None
    target: str | None = None
    outcome: str | None = None
    surface: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerdict:
    """What checking the log found; `faults` are words for people."""

    ok: bool
    rows: int
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditNews:
    """Entries since the last message, the oldest first; a snapshot has the newest fifty."""

    snapshot: bool
    missed: int = 0
    entries: tuple[AuditEntry, ...]


class Audit:
    """Writes, shows and checks the log."""

    def __init__(self, *, rows: AuditRows, bus: Bus, clock: Clock) -> None:
        self._rows = rows
        self._bus = bus
        self._clock = clock
        self._minute = 0.0
        self._refusals = 0
        self._untold = 0

    async def note(self, draft: AuditDraft) -> None:
        """Tell of something that changed no row. What cannot be written is told to the process's own log."""
        try:
            await self._rows.note(draft)
        except (OmniError, TimeoutError) as error:
            log.error("the audit log was not written", action=draft.action, outcome=draft.outcome, reason=str(error))  # noqa: TRY400 - says all

    async def refused(self, act: Act, error: OmniError) -> None:
        """Tell that somebody was turned away; of a flood of them only how many there were."""
        now = self._clock.monotonic()
        if now - self._minute >= _MINUTE_S:
            untold, self._untold = self._untold, 0
            self._minute, self._refusals = now, 0
            if untold:
                with acting(Act(kind="system", surface="system", name="gateway")):
                    await self.note(
                        AuditDraft(
                            action="refusals", outcome="refused", detail=f"and {untold:,} more, not told one by one"
                        )
                    )
        self._refusals += 1
        if self._refusals > REFUSALS_A_MINUTE:
            self._untold += 1
            return
        detail = f"{error.error_code}: {error.message}"
        await self.note(
            AuditDraft(action=act.operation or "request", target=act.target, outcome="refused", detail=detail)
        )

    async def page(
        self, limit: int, query: AuditQuery, cursor: str | None = None, skip: int = 0
    ) -> tuple[AuditEntry, ...]:
        """Return the newest entries; `cursor` is the id of the last one of the page above."""
        if cursor is not None and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < len(str(2**63))):
            raise fault("cursor", "cursor must be the id of an entry")
        only = AuditFilter(
            action=query.action,
            actor=query.actor,
            target=query.target,
            outcome=query.outcome,
            surface=query.surface,
            since_ms=None if query.since is None else milliseconds(query.since),
            until_ms=None if query.until is None else milliseconds(query.until),
        )
        found = await self._rows.page(limit, only, None if cursor is None else int(cursor), skip)
        return tuple(map(entry_of, found))

    async def export(self) -> AsyncIterator[AuditEntry]:
        """Give every entry, the oldest first."""
        async for piece in self._rows.pieces():
            for row in piece:
                if row.action != CHECKPOINT:
                    yield entry_of(row)

    async def verify(self, progress: Callable[[int, int], None] | None = None) -> AuditVerdict:
        """Read the log from end to end; `progress` is told how many rows are done, of how many."""
        head = await self._rows.head()
        check = _Check(self._rows, head)
        async for piece in self._rows.pieces():
            for row in piece:
                check.look(row)
            if progress is not None:
                progress(check.seq, head.seq)
        faults = tuple(check.end())
        return AuditVerdict(ok=not faults, rows=check.rows, faults=faults[:_MOST_FAULTS])

    async def prune(self, days: int) -> int:
        """Remove entries older than so many days; return how many. A sealed checkpoint takes their place."""
        return await self._rows.prune(self._clock.now_ms() - days * 86_400_000)

    async def follow(self) -> AsyncGenerator[Tick[AuditNews], None]:
        """Give the newest entries, then new ones as they come, also those of other processes."""
        with self._bus.subscribe(1) as heard:
            found = await self._rows.page(_SEEN, AuditFilter())
            last = found[0].seq if found else 0
            yield Tick(value=AuditNews(snapshot=True, entries=tuple(map(entry_of, reversed(found)))))
            while not heard.closed:
                rows = await self._rows.after(last)
                if rows:
                    last = rows[-1].seq
                    yield Tick(value=AuditNews(snapshot=False, entries=tuple(map(entry_of, rows))))
                else:
                    await asyncio.sleep(_LOOK_S)


class _Check:
    """Holds each row against the one before it."""

    def __init__(self, rows: AuditRows, head: Head) -> None:
        self._log = rows
        self._head = head
        self._faults: list[str] = []
        self._last = FIRST
        self.seq = 0
        self.rows = 0
        self._met_head = head.seq == 0

    def look(self, row: AuditRow) -> None:
        self.rows += 1
        if row.action == CHECKPOINT:
            if self.rows > 1 or not self._log.is_checkpoint(row):
                self._faults.append(
                    f"row {row.seq} says that older rows were removed, and was not written by this gateway"
                )
        else:
            self._compare(row)
        self.seq, self._last = row.seq, row.hash
        if row.seq == self._head.seq:
            self._met_head = True
            if row.hash != self._head.hash:
                self._faults.append(f"row {row.seq} is not the one that was sealed as the last")

    def _compare(self, row: AuditRow) -> None:
        if row.seq != self.seq + 1:
            missing = (
                f"row {self.seq + 1} is" if row.seq == self.seq + 2 else f"rows {self.seq + 1} to {row.seq - 1} are"
            )
            self._faults.append(f"{missing} missing")
        elif row.previous != self._last:
            self._faults.append(f"row {row.seq} does not follow the row before it")
        if digest(row) != row.hash:
            self._faults.append(f"row {row.seq} was changed")

    def end(self) -> list[str]:
        if not self._met_head:
            self._faults.append(f"the last rows are missing: the log ends at {self.seq} instead of {self._head.seq}")
        if not self._head.is_sealed and (self.rows or self._head.seq):
            self._faults.append("the end of the log is not sealed with this installation's key")
        return self._faults


def entry_of(row: AuditRow) -> AuditEntry:
    """Return a row as it is shown."""
    return AuditEntry(
        id=row.seq,
        timestamp=moment(row.at),
        action=row.action,
        target=row.target,
        outcome=row.outcome,
        details=row.detail,
        actor=row.actor,
        actor_id=row.actor_id,
        actor_kind=row.actor_kind,
        surface=row.surface,
        operation=row.operation,
        ip_address=row.address,
        request_id=row.request_id,
        before=None if row.before is None else loads(row.before),
        after=None if row.after is None else loads(row.after),
        hash=row.hash,
    )
