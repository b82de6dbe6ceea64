"""What must hold before a migrated database counts: the right key, every row still there, every secret still opens.

All of it works on a plain connection and on the tables as the database has them, not as this version declares them.
"""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, String, column, func, inspect, select, table
from sqlalchemy import insert as insert_into

from omniroute.storage import tables
from omniroute.storage.meta import CANARY, meta_place
from omniroute.storage.revisions import MigrationFailed
from omniroute.storage.schema import VERSION_TABLE
from omniroute.storage.secrets import Sealer, is_sealed, place

_SEALED = "_sealed"


def stored_revision(connection: Connection) -> str | None:
    """Return the database's revision, None when it has none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
    return found


def check_key(connection: Connection, sealer: Sealer) -> None:
    """Raise WrongKey unless the database was made with this key; a new database gets its canary here."""
    canary = connection.scalar(select(tables.meta.c.value).where(tables.meta.c.name == CANARY))
    if canary is None:
        made = sealer.make_canary(meta_place(CANARY))
        connection.execute(insert_into(tables.meta).values(name=CANARY, value=made))
    else:
        sealer.check_canary(canary, meta_place(CANARY))


def count_rows(connection: Connection) -> dict[str, int]:
    """Return the number of rows of every table."""
    names = sorted(set(inspect(connection).get_table_names()) - {VERSION_TABLE})
    return {name: connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}


def require_rows(before: Mapping[str, int], after: Mapping[str, int], *, but: frozenset[str]) -> None:
    """Raise MigrationFailed when a table lost or gained rows that no revision said it would."""
    for name, count in before.items():
        if name not in but and after.get(name) != count:
            raise MigrationFailed(
                f"The migration would have turned {count} rows of the table {name!r} into {after.get(name, 0)}. "
                "Nothing was changed: go on with the version you had, and report this."
            )


def open_secrets(connection: Connection, sealer: Sealer) -> int:
    """Open every sealed value once and return how many there are; raises what Sealer.open raises."""
    opened = 0
    for where, sealed in _sealed_values(connection):
        sealer.open(sealed, where)
        opened += 1
    return opened


def _sealed_values(connection: Connection) -> Iterator[tuple[str, str]]:
    for name, value in connection.execute(select(tables.meta.c.name, tables.meta.c.value)):
        if is_sealed(value):
            yield meta_place(name), value
    found = inspect(connection)
    for name in found.get_table_names():
        for held in (one["name"] for one in found.get_columns(name) if one["name"].endswith(_SEALED)):
            rows = table(name, column("id", String), column(held, String))
            for row, value in connection.execute(select(rows.c.id, rows.c[held]).where(rows.c[held].is_not(None))):
                yield place(name, row, held), value
