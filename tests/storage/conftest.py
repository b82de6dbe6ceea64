"""Migration scripts for tests: the real ones with one more revision, whatever the test needs it to do."""

import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from omniroute.storage.revisions import scripts_folder
from omniroute.storage.tables import SCHEMA_REVISION

_REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = "{parent}"
branch_labels = None
depends_on = None
changes_rows_of = frozenset({recounted!r})


def upgrade() -> None:
    op.add_column("connections", sa.Column("note", sa.Text()))
    op.create_index("ix_connections_name", "connections", ["name"])
{body}
"""

# The revision that `add_revision` makes.
NEXT = f"{int(SCHEMA_REVISION) + 1:04}"

AddRevision = Callable[..., Path]


@pytest.fixture
def add_revision(tmp_path: Path) -> AddRevision:
    """Return a maker of a scripts folder with one more revision that ends in the given lines of Python."""

    def add(body: str = "", *, recounted: tuple[str, ...] = (), imports: str = "") -> Path:
        folder = tmp_path / "scripts with 100% odd name"
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(scripts_folder(), folder, ignore=shutil.ignore_patterns("__pycache__"))
        text = _REVISION.format(
            name=NEXT, parent=SCHEMA_REVISION, body=textwrap.indent(textwrap.dedent(body), "    "), recounted=recounted
        )
        (folder / "versions" / f"{NEXT}_next.py").write_text(imports + "\n" + text, encoding="utf-8")
        return folder

    return add
