"""Bring the database to this version's schema. Apart from the others, as only this needs Alembic."""

from typing import Any

from omniroute.commands.prepare import Overrides, prepare, run
from omniroute.storage.migrate import migrate as migrate_database
from omniroute.storage.secrets import load_sealer


def migrate(overrides: Overrides) -> dict[str, Any]:
    """Migrate, and return what was done."""
    settings = prepare(overrides).settings
    report = run(migrate_database(settings, load_sealer(settings)))
    return {
        "from": report.from_revision,
        "to": report.to_revision,
        "rows": report.rows,
        "snapshot": None if report.snapshot is None else str(report.snapshot),
    }
