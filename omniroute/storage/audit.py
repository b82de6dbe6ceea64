"""The audit log: rows that are only ever added, each bound to the one before it by a hash.

A row's hash is the SHA-256 of the hash before it and of the row as canonical JSON. Where the log ends is sealed with
the installation's key. When old rows are removed, a checkpoint takes their place: it carries the last hash that they
led to, sealed as well, so that what is left still proves itself.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, Connection, delete, select, update
from sqlalchemy import insert as insert_plainly

from omniroute.kit import acting
from omniroute.kit.clock import Clock
from omniroute.kit.errors import OmniError
from omniroute.kit.json import canonical
from omniroute.kit.log import redactor
from omniroute.kit.secret import Secret
from omniroute.storage import tables
from omniroute.storage.audit_rows import AuditDraft, AuditRow
from omniroute.storage.database import Database, insert_or_ignore
from omniroute.storage.fit import clipped, lengths
from omniroute.storage.secrets import Sealer, place
from omniroute.storage.trail import Trail

CHECKPOINT = "audit.checkpoint"
FIRST = "0" * 64
_LOG, _HEAD = tables.audit_log, tables.audit_head
_LENGTHS = lengths(_LOG)
_NAME = "head"
_PIECE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the log ends; `is_sealed` whether this installation's key says so too."""

    seq: int
    hash: str
    is_sealed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which rows; what is None does not matter. Times are UTC milliseconds, `until_ms` is the first one left out."""

    action: str | None = None
    actor: str | None = None
    target: str | None = None
    outcome: str | None = None
    surface: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None


class AuditRows:
    """The tables `audit_log` and `audit_head`."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self.last_seq = 0  # that this process wrote, for who wants to be told of new ones
        database.watch(Trail(self.append))

    def append(self, connection: Connection, drafts: Sequence[AuditDraft]) -> None:
        """Write rows at the log's end, in a transaction of the caller's; whoever acts is taken from the context."""
        act, now = acting.current(), self._clock.now_ms()
        seq, last = _locked_head(connection)
        rows = []
        for draft in drafts:
            seq += 1
            row = _row(draft, act, seq, now, last)
            last = row.hash
            rows.append(asdict(row))
        connection.execute(insert_plainly(_LOG), rows)
        self._put_head(connection, seq, last)
        act.recorded += len(rows)
        self.last_seq = seq

    def _put_head(self, connection: Connection, seq: int, last: str) -> None:
        seal = self._sealer.seal(Secret(f"{seq}:{last}"), place("audit_head", _NAME, "seal"))
        connection.execute(update(_HEAD).where(_HEAD.c.name == _NAME).values(seq=seq, hash=last, seal=seal))

    async def note(self, draft: AuditDraft) -> None:
        """Write one row."""
        async with self._database.transaction(is_watched=False) as connection:
            await connection.run_sync(self.append, [draft])

    async def page(self, limit: int, only: AuditFilter, before: int | None = None, skip: int = 0) -> Sequence[AuditRow]:
        """Return the newest rows; `before` is the `seq` of the last row of the page above."""
        query = select(_LOG).where(*_matching(only)).order_by(_LOG.c.seq.desc()).limit(limit).offset(skip)
        if before is not None:
            query = query.where(_LOG.c.seq < before)
        async with self._database.reading() as connection:
            return [AuditRow(**row) for row in (await connection.execute(query)).mappings()]

    async def after(self, seq: int) -> Sequence[AuditRow]:
        """Return up to 1,000 rows after a `seq`, the oldest first."""
        query = select(_LOG).where(_LOG.c.seq > seq).order_by(_LOG.c.seq).limit(_PIECE)
        async with self._database.reading() as connection:
            return [AuditRow(**row) for row in (await connection.execute(query)).mappings()]

    async def pieces(self) -> AsyncIterator[Sequence[AuditRow]]:
        """Give all rows, the oldest first, a thousand at a time."""
        seq = -1
        while rows := await self.after(seq):
            yield rows
            seq = rows[-1].seq

    async def head(self) -> Head:
        """Return where the log ends."""
        async with self._database.reading() as connection:
            found = (await connection.execute(select(_HEAD))).mappings().one_or_none()
        if found is None:
            return Head(seq=0, hash=FIRST, is_sealed=False)
        sealed = self._opened(found["seal"], place("audit_head", _NAME, "seal"))
        return Head(seq=found["seq"], hash=found["hash"], is_sealed=sealed == f"{found['seq']}:{found['hash']}")

    def is_checkpoint(self, row: AuditRow) -> bool:
        """Whether a row stands for removed ones, and this installation's key says so too."""
        sealed = self._opened(row.detail or "", place("audit_log", str(row.seq), "checkpoint"))
        return row.action == CHECKPOINT and sealed == f"{row.seq}:{row.hash}"

    def _opened(self, sealed: str, where: str) -> str | None:
        try:
            return self._sealer.open(sealed, where).reveal()
        except OmniError:
            return None

    async def prune(self, until_ms: int) -> int:
        """Remove rows of before `until_ms`, in pieces; a checkpoint takes their place. Return how many went."""
        gone = 0
        while True:
            async with self._database.transaction(is_watched=False) as connection:
                count = await connection.run_sync(self._prune, until_ms)
            gone += count
            if count < _PIECE:
                return gone

    def _prune(self, connection: Connection, until_ms: int) -> int:
        head_seq, _ = _locked_head(connection)
        old = select(_LOG).where(_LOG.c.action != CHECKPOINT).order_by(_LOG.c.seq).limit(_PIECE)
        rows = []
        for row in connection.execute(old).mappings():
            # Rows are in the order of their writing; the newest one stays, whatever its age.
            if row["at"] >= until_ms or row["seq"] == head_seq:
                break
            rows.append(AuditRow(**row))
        if not rows:
            return 0
        last = rows[-1]
        connection.execute(delete(_LOG).where(_LOG.c.seq <= last.seq))
        seal = self._sealer.seal(Secret(f"{last.seq}:{last.hash}"), place("audit_log", str(last.seq), "checkpoint"))
        checkpoint = AuditRow(
            seq=last.seq,
            at=last.at,
            actor_kind="system",
            actor_id=None,
            actor="gateway",
            address=None,
            surface="system",
            operation=None,
            request_id=None,
            action=CHECKPOINT,
            target=None,
            outcome="ok",
            detail=seal,
            before=None,
            after=None,
            previous=last.previous,
            hash=last.hash,
        )
        connection.execute(insert_plainly(_LOG), asdict(checkpoint))
        return len(rows)


def digest(row: AuditRow) -> str:
    """Return the hash that a row must have."""
    told = asdict(row)
    del told["hash"]
    return hashlib.sha256(canonical(told)).hexdigest()


def _locked_head(connection: Connection) -> tuple[int, str]:
    """Return where the log ends; nobody else can write to it until this transaction ends."""
    query = select(_HEAD.c.seq, _HEAD.c.hash).where(_HEAD.c.name == _NAME).with_for_update()
    found = connection.execute(query).one_or_none()
    if found is None:
        first = {"name": _NAME, "seq": 0, "hash": FIRST, "seal": ""}
        connection.execute(insert_or_ignore(connection, _HEAD), first)
        found = connection.execute(query).one()
    return found.seq, found.hash


def _row(draft: AuditDraft, act: acting.Act, seq: int, now_ms: int, previous: str) -> AuditRow:
    def text(name: str, value: str | None) -> str | None:
        return None if value is None else clipped(redactor.clean(value), _LENGTHS[name])

    unhashed = AuditRow(
        seq=seq,
        at=now_ms,
        actor_kind=act.kind,
        actor_id=text("actor_id", act.id),
        actor=text("actor", act.name),
        address=text("address", act.address),
        surface=act.surface,
        operation=text("operation", act.operation),
        request_id=text("request_id", act.request_id),
        action=draft.action,
        target=text("target", draft.target),
        outcome=draft.outcome,
        detail=text("detail", draft.detail),
        before=draft.before,
        after=draft.after,
        previous=previous,
        hash="",
    )
    return AuditRow(**(asdict(unhashed) | {"hash": digest(unhashed)}))


def _matching(only: AuditFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [_LOG.c.action != CHECKPOINT]
    for name in ("action", "target", "outcome", "surface"):
        value = getattr(only, name)
        if value is not None:
            found.append(_LOG.c[name] == value)
    if only.actor is not None:
        found.append((_LOG.c.actor == only.actor) | (_LOG.c.actor_id == only.actor))
    if only.since_ms is not None:
        found.append(_LOG.c.at >= only.since_ms)
    if only.until_ms is not None:
        found.append(_LOG.c.at < only.until_ms)
    return found
