"""The schema's revisions: Alembic's scripts, the packaged ones first, else the repository's own.

This imports Alembic, which a running server has no need of: only `omniroute migrate` comes here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import omniroute
from omniroute.kit.errors import OmniError


class MigrationFailed(OmniError):
    """The migration went wrong and changed nothing; the message says what to do."""

    code = "migration_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a migration did. `from_revision` is None for a database that was made; `rows` are those counted after it."""

    from_revision: str | None
    to_revision: str
    rows: int
    snapshot: Path | None = None

    @property
    def changed(self) -> bool:
        """Whether there was anything to do."""
        return self.from_revision != self.to_revision


def scripts_folder() -> Path:
    """Return the folder of the migration scripts."""
    package = Path(omniroute.__file__).parent
    packaged = package / "_alembic"
    return packaged if packaged.is_dir() else package.parent / "alembic"


class Revisions:
    """The revisions that this version of OmniRoute knows."""

    def __init__(self, folder: Path) -> None:
        self._config = Config()
        # Alembic reads the value as a template, in which a percent sign is special.
        self._config.set_main_option("script_location", str(folder).replace("%", "%%"))
        self._scripts = ScriptDirectory.from_config(self._config)
        self._known = {script.revision: script for script in self._scripts.walk_revisions()}
        head = self._scripts.get_current_head()
        if head is None:
            raise MigrationFailed(f"No migration scripts in {str(folder)!r}: the installation is not complete.")
        self.head = head

    def require_known(self, stored: str | None) -> None:
        """Raise MigrationFailed for a revision of a newer version, or of another program."""
        if stored is not None and stored not in self._known:
            raise MigrationFailed(
                f"The database is at revision {stored!r}, which this version of OmniRoute does not know; it knows up "
                f"to {self.head!r}. Start the newer version that made it, or restore a backup from before the update.",
                code="newer_database",
            )

    def recounted(self, stored: str | None) -> frozenset[str]:
        """Return the tables whose number of rows the revisions after `stored` change on purpose."""
        names: set[str] = set()
        for script in self._scripts.iterate_revisions("head", stored or "base"):
            names |= getattr(script.module, "changes_rows_of", frozenset())
        return frozenset(names)

    @contextmanager
    def steps(self, undone: str) -> Iterator[None]:
        """Turn whatever goes wrong inside into a MigrationFailed that ends in `undone`, what became of the data."""
        try:
            yield
        except OmniError:
            raise
        except Exception as error:
            # A migration script can raise anything, and so can a full disk under it.
            raise MigrationFailed(
                f"The migration to revision {self.head!r} failed: {type(error).__name__}: {error}. {undone}"
            ) from error

    def upgrade(self, connection: Connection) -> None:
        """Bring the database to the newest revision, within the connection's transaction."""
        self._config.attributes["connection"] = connection
        command.upgrade(self._config, "head")
