"""Rows of the audit log, as values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditDraft:
    """What is to be told in the audit log; `before` and `after` are JSON."""

    action: str
    target: str | None = None
    outcome: str = "ok"
    detail: str | None = None
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One row of the audit log; `at` is UTC milliseconds, `hash` covers all else and `previous`, the hash before it."""

    seq: int
    at: int
    actor_kind: str
    actor_id: str | None
    actor: str | None
    address: str | None
    surface: str
    operation: str | None
    request_id: str | None
    action: str
    target: str | None
    outcome: str
    detail: str | None
    before: str | None
    after: str | None
    previous: str
    hash: str
