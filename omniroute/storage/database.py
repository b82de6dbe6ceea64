"""The connection to the database: one engine for SQLite and for PostgreSQL, and transactions over it.

What the database's driver raises when it is away or full leaves here as Unavailable, so that no layer above needs to
know a driver.
"""

import asyncio
import importlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Protocol, cast

from sqlalchemy import URL, Connection, CursorResult, Table, event, make_url
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
)
from sqlalchemy.exc import (
    TimeoutError as PoolTimeout,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from omniroute.kit.errors import Conflict, NotFound, Unavailable
from omniroute.kit.json import dumps, loads
from omniroute.kit.settings import BadSetting

# PostgreSQL's has the same methods; importing it costs 3 MB, which a gateway on SQLite does without.
Insert = sqlite.Insert

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}
_BUSY_MS = 5000
_CONNECT_S = 10
_COMMAND_S = 60.0
_POOL_WAIT_S = 10
_TURN_S = 10
_BEGIN = "omniroute_begin"

# The transaction that a task's repositories take part in, where several of their changes belong together.
_joined: ContextVar["tuple[Database, AsyncConnection] | None"] = ContextVar("joined", default=None)


def read_url(text: str) -> URL:
    """Parse a database URL and name the driver that we use; raises BadSetting for what is not supported."""
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise BadSetting(
            "DATABASE_URL: not a database URL; it looks like `postgresql://user:password@host/name`."
        ) from (error)
    driver = _DRIVERS.get(url.drivername.split("+")[0])
    if driver is None:
        raise BadSetting(f"DATABASE_URL: {url.drivername!r} is not supported; use postgresql or sqlite.")
    if driver.startswith("sqlite") and url.database in {None, "", ":memory:"}:
        raise BadSetting(
            "DATABASE_URL: a SQLite database needs a file, such as `sqlite:////var/lib/omniroute/db.sqlite`."
        )
    # asyncpg calls it ssl; other tools write sslmode into the URLs that they hand out.
    if "sslmode" in url.query:
        mode = url.query["sslmode"]
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    return url.set(drivername=driver)


def sqlite_file(url: URL) -> Path | None:
    """Return the file of a SQLite database, None for another database."""
    return Path(url.database or "").absolute() if url.get_backend_name() == "sqlite" else None


class Watcher(Protocol):
    """Sees what a transaction changes, from its beginning to just before its end."""

    def begin(self, connection: Connection) -> None:
        """A transaction begins."""
        ...

    def ignore(self, connection: Connection) -> None:
        """A transaction begins that is not to be watched."""
        ...

    def before(self, connection: Connection, clause: Any, many: Any, one: Any, options: Any) -> None:
        """A statement is about to run; SQLAlchemy's event `before_execute`."""
        ...

    def end(self, connection: Connection) -> None:
        """All is done and nothing is committed yet."""
        ...


class Database:
    """One database. Its repositories open a transaction for each thing they do."""

    def __init__(self, url: str, *, command_s: float | None = _COMMAND_S) -> None:
        """`command_s` is the longest that PostgreSQL may take for one statement."""
        self.url = read_url(url)
        self._engine = _open(self.url, command_s)
        # PostgreSQL by itself shows each statement of a transaction what others committed meanwhile.
        is_server = self.url.get_backend_name() == "postgresql"
        self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ") if is_server else self._engine
        # SQLite has one writer at a time: here they queue in order, at its own lock they would poll and starve.
        self._turn = asyncio.Lock() if sqlite_file(self.url) else None
        self._watcher: Watcher | None = None

    def watch(self, watcher: Watcher) -> None:
        """Have every change of rows seen by `watcher`, in the transaction that makes it."""
        self._watcher = watcher
        event.listen(self._engine.sync_engine, "before_execute", watcher.before)

    @asynccontextmanager
    async def transaction(self, *, is_watched: bool = True) -> AsyncIterator[AsyncConnection]:
        """Read and write: all that is done inside is committed together, or not at all."""
        joined = self._joined()
        if joined is not None:
            yield joined
            return
        with_begin = self._engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        async with _translated(), self._in_turn(), with_begin.begin() as connection:
            if self._watcher is None:
                yield connection
                return
            await connection.run_sync(self._watcher.begin if is_watched else self._watcher.ignore)
            yield connection
            await connection.run_sync(self._watcher.end)

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Make one transaction of all that this task's repositories do inside; an error takes everything back."""
        async with self.transaction() as connection:
            token = _joined.set((self, connection))
            try:
                yield
            finally:
                _joined.reset(token)

    def _joined(self) -> AsyncConnection | None:
        found = _joined.get()
        return found[1] if found is not None and found[0] is self else None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Read one consistent state; on SQLite this waits for no writer."""
        joined = self._joined()
        if joined is not None:
            yield joined
            return
        async with _translated(), self._reader.begin() as connection:
            yield connection

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        if self._turn is None:
            yield
            return
        async with asyncio.timeout(_TURN_S):
            await self._turn.acquire()
        try:
            yield
        finally:
            self._turn.release()

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    """Raise what the driver raises as a kind from kit/errors.py."""
    try:
        yield
    except IntegrityError as error:
        if _is_duplicate(error):
            raise Conflict("Something with the same name or id exists already; choose another one.") from error
        raise
    except (DataError, ProgrammingError):
        raise  # a fault of ours, not of the database
    except (DBAPIError, PoolTimeout, OSError) as error:
        cause = str(error.orig if isinstance(error, DBAPIError) else error) or type(error).__name__
        raise Unavailable(
            f"The database does not answer: {cause}. Check that it runs and that DATABASE_URL is right.",
            code="database_unavailable",
            retry_after_s=5,
        ) from error


def _is_duplicate(error: IntegrityError) -> bool:
    """Whether a unique index or primary key was violated."""
    name = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
    return name in {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505"}


def _open(url: URL, command_s: float | None) -> AsyncEngine:
    shared: dict[str, Any] = {
        "json_serializer": lambda value: dumps(value).decode(),
        "json_deserializer": loads,
        "pool_timeout": _POOL_WAIT_S,
    }
    if url.get_backend_name() == "postgresql":
        limits = {"timeout": _CONNECT_S, "command_timeout": command_s}
        # The ping lets the gateway go on by itself after the database was restarted.
        return create_async_engine(url, connect_args=limits, pool_pre_ping=True, **shared)
    engine = create_async_engine(url, **shared)
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    """Prepare a new SQLite connection, and take the driver's implicit BEGIN away from it."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={_BUSY_MS}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Begin as a writer at once: a reader that turns writer half-way fails with 'locked' without any wait."""
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def insert(connection: AsyncConnection | Connection, table: Table) -> Insert:
    """Return an INSERT of the connection's dialect, which knows ON CONFLICT."""
    module = importlib.import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
    return cast(Insert, module.insert(table))


def insert_or_ignore(connection: AsyncConnection | Connection, table: Table) -> Insert:
    """Return an INSERT that leaves rows alone that exist already."""
    return insert(connection, table).on_conflict_do_nothing()


def upsert(connection: AsyncConnection, table: Table, changed: Sequence[str]) -> Insert:
    """Return an INSERT that overwrites the columns `changed` of a row that exists already."""
    made = insert(connection, table)
    return made.on_conflict_do_update(
        index_elements=list(table.primary_key.columns), set_={name: made.excluded[name] for name in changed}
    )


def upsert_add(connection: AsyncConnection, table: Table, added: Sequence[str]) -> Insert:
    """Return an INSERT that adds to the columns `added` of a row that exists already."""
    made = insert(connection, table)
    return made.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: table.c[name] + made.excluded[name] for name in added},
    )


def require_hit(result: CursorResult[Any], noun: str, name: str) -> None:
    """Raise NotFound when an UPDATE or DELETE met no row."""
    if result.rowcount == 0:
        raise missing(noun, name)


def missing(noun: str, name: str) -> NotFound:
    """Return the error for a thing that is not there."""
    return NotFound(f"There is no {noun} {name!r}.")
