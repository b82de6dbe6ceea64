"""The tables that the code declares are those that the migrations make."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from omniroute.storage.all_tables import metadata
from omniroute.storage.database import Database
from omniroute.storage.revisions import Revisions, scripts_folder
from omniroute.storage.tables import SCHEMA_REVISION

ROOT = Path(__file__).parents[2]


async def test_the_migrated_schema_is_the_declared_one(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []


def test_the_declared_revision_is_the_newest() -> None:
    assert Revisions(scripts_folder()).head == SCHEMA_REVISION


def test_the_alembic_folder_is_no_package() -> None:
    # With an __init__.py it would hide the library of that name.
    assert (ROOT / "alembic" / "env.py").exists()
    assert not list((ROOT / "alembic").rglob("__init__.py"))
