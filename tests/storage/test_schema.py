"""The question asked at every start: is the schema the one of this version?"""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from omniroute.kit.errors import Unavailable
from omniroute.storage.database import Database
from omniroute.storage.schema import needs_migration

ROOT = Path(__file__).parents[2]


def _inside(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_an_empty_database_needs_it_and_stays_empty(database_url: str, tmp_path: Path) -> None:
    assert await needs_migration(database_url)
    assert _inside(tmp_path) == []


async def test_a_migrated_database_does_not_need_it(migrated_url: str) -> None:
    assert not await needs_migration(migrated_url)


async def test_a_database_of_another_revision_needs_it(database: Database, migrated_url: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert await needs_migration(migrated_url)


async def test_a_server_that_is_away_is_not_taken_for_an_empty_database(unused_tcp_port: int) -> None:
    with pytest.raises(Unavailable):
        await needs_migration(f"postgresql://u@127.0.0.1:{unused_tcp_port}/n")


def test_the_server_imports_no_alembic() -> None:
    modules = "schema, usage, nodes, connections, keys, logins, settings, meta, secrets"
    program = f"import sys; from omniroute.storage import {modules}; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
