"""What operators change, as rows of the audit log: found in every transaction, written in the same one.

Whoever changes a table needs no code for it: the rows that a statement touches are read before it and looked at again
before the commit. What differs is written, without secrets. A table that is no operator's is left out by name.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Delete, Insert, LargeBinary, Table, Update, and_, select

from omniroute.kit.json import canonical
from omniroute.kit.log import redactor
from omniroute.storage import tables
from omniroute.storage.all_tables import metadata
from omniroute.storage.audit_rows import AuditDraft

# Tables that are not watched, and why.
LEFT_OUT: Mapping[str, str] = {
    tables.request_logs.name: "what clients ask is no operator's doing",
    tables.request_attempts.name: "as request_logs",
    tables.usage_minutes.name: "as request_logs",
    tables.stored_responses.name: "what clients were answered",
    tables.answer_cache.name: "what clients were answered",
    tables.breakers.name: "what the gateway learns of providers",
    tables.login_sessions.name: "sign-ins are told as such",
    tables.job_runs.name: "a log of its own",
    tables.audit_log.name: "the log itself",
    tables.audit_head.name: "the log itself",
}
_UNTOLD_ROWS = frozenset({("meta", ("configuration_mark",))})  # a signal between processes
_UNTOLD = frozenset({"created_at", "updated_at"})
_SECRET_COLUMNS = frozenset({"meta.value"})
_SECRET_NAMES = re.compile(r"password|secret|token(?!s)|credential|authorization|api_?key$|private", re.IGNORECASE)
_SECRET, _CHANGED = "[secret]", "[another secret]"
_MOST_ROWS = 100  # of one table in one transaction, told one by one
_LONGEST = 4_000
_KEY = "omniroute_trail"

Key = tuple[Any, ...]
Row = Mapping[str, Any]
Append = Callable[[Connection, Sequence[AuditDraft]], None]


class Trail:
    """Watches a database; `append` writes rows of the audit log."""

    def __init__(self, append: Append) -> None:
        self._append = append

    def begin(self, connection: Connection) -> None:
        """Begin to note what rows were before."""
        connection.info[_KEY] = {}

    def ignore(self, connection: Connection) -> None:
        """Note nothing in this transaction."""
        connection.info[_KEY] = None

    def before(self, connection: Connection, clause: Any, many: Any, one: Any, _options: Any) -> None:
        """Note the rows that a statement may change, as they are."""
        if not isinstance(clause, Insert | Update | Delete):
            return
        noted: dict[tuple[str, Key], Row | None] | None = connection.info.get(_KEY)
        table = clause.table
        if noted is None or not isinstance(table, Table) or table.name in LEFT_OUT:
            return
        given = list(many) or ([one] if one else [])
        if isinstance(clause, Insert):
            for key in _inserted(connection, clause, table, given):
                if (table.name, key) not in noted:
                    noted[table.name, key] = _row(connection, table, key)
            return
        query = select(table) if clause.whereclause is None else select(table).where(clause.whereclause)
        for parameters in given or [{}]:
            for row in connection.execute(query.order_by(*table.primary_key.columns), parameters).mappings():
                key = tuple(row[column.name] for column in table.primary_key.columns)
                noted.setdefault((table.name, key), dict(row))

    def end(self, connection: Connection) -> None:
        """Write what differs now."""
        noted: dict[tuple[str, Key], Row | None] | None = connection.info.pop(_KEY, None)
        if not noted:
            return
        drafts: list[AuditDraft] = []
        for (name, key), before in noted.items():
            if (name, key) not in _UNTOLD_ROWS:
                table = metadata.tables[name]
                drafts += _told(table, key, before, _row(connection, table, key))
        if drafts:
            self._append(connection, _summed(drafts))


def _inserted(connection: Connection, clause: Insert, table: Table, given: Sequence[Mapping[str, Any]]) -> list[Key]:
    """Return the keys of rows that are to be inserted: all keys are made by the gateway, none by the database."""
    rows = given or [clause.compile(dialect=connection.dialect).params]
    names = [column.name for column in table.primary_key.columns]
    return [tuple(row[name] for name in names) for row in rows if all(name in row for name in names)]


def _row(connection: Connection, table: Table, key: Key) -> Row | None:
    same = [column == value for column, value in zip(table.primary_key.columns, key, strict=True)]
    found = connection.execute(select(table).where(and_(*same))).mappings().one_or_none()
    return None if found is None else dict(found)


def _told(table: Table, key: Key, before: Row | None, after: Row | None) -> Iterable[AuditDraft]:
    if before is None and after is None:
        return
    verb = "create" if before is None else "delete" if after is None else "update"
    columns = [column for column in table.columns if column.name not in _UNTOLD]
    if before is not None and after is not None:
        columns = [column for column in columns if before[column.name] != after[column.name]]
        if not columns:
            return
    is_new = verb != "update"
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for column in columns:
        is_secret = _is_secret(column)
        if before is not None and not (is_new and before[column.name] is None):
            old[column.name] = _shown(before[column.name], is_secret, _SECRET)
        if after is not None and not (is_new and after[column.name] is None):
            new[column.name] = _shown(after[column.name], is_secret, _SECRET if before is None else _CHANGED)
    yield AuditDraft(
        action=f"{table.name}.{verb}",
        target=":".join(part.hex() if isinstance(part, bytes) else str(part) for part in key),
        before=canonical(old).decode() if before is not None else None,
        after=canonical(new).decode() if after is not None else None,
    )


def _is_secret(column: Any) -> bool:
    return (
        column.name.endswith("_sealed")
        or isinstance(column.type, LargeBinary)
        or f"{column.table.name}.{column.name}" in _SECRET_COLUMNS
    )


def _shown(value: Any, is_secret: bool, word: str) -> Any:  # noqa: FBT001 - handed on
    """Return a value as it may be told: secrets by a word, long texts cut."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if is_secret:
        return word
    if isinstance(value, Mapping):
        return {name: _shown(inner, bool(_SECRET_NAMES.search(str(name))), word) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(inner, False, word) for inner in value]
    text = redactor.clean(str(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _summed(drafts: Sequence[AuditDraft]) -> Sequence[AuditDraft]:
    """Return the rows to write: of very many alike the first, and how many more there were."""
    counts: dict[str, int] = {}
    kept: list[AuditDraft] = []
    for draft in drafts:
        counts[draft.action] = counts.get(draft.action, 0) + 1
        if counts[draft.action] <= _MOST_ROWS:
            kept.append(draft)
    kept += [
        AuditDraft(action=action, detail=f"and {count - _MOST_ROWS:,} rows more")
        for action, count in counts.items()
        if count > _MOST_ROWS
    ]
    return kept
