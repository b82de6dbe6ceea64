"""A running management surface; what differs between databases is tested below it, so SQLite is enough here."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omniroute.storage.database import Database
from omniroute.storage.secrets import Sealer
from tests.api.serving import Served, serve, with_keys
from tests.services.parts import Parts, assemble


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def parts(database: Database, sealer: Sealer, tmp_path: Path) -> Parts:
    """All services on an empty database."""
    return assemble(database, sealer, folder=tmp_path / "backups")


@pytest.fixture
async def fresh(parts: Parts) -> AsyncIterator[Served]:
    """A surface before set-up."""
    async with serve(parts) as served:
        yield served


@pytest.fixture
async def api(fresh: Served) -> Served:
    """A surface after set-up."""
    return await with_keys(fresh)
