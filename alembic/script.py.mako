"""${message}.

Revision ${up_revision}, after ${down_revision | comma,n}.
"""

import sqlalchemy as sa

from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}

# Tables whose number of rows this revision changes on purpose; all others must keep theirs.
changes_rows_of: frozenset[str] = frozenset()


def upgrade() -> None:
    """Go to this revision."""
    ${upgrades if upgrades else "pass"}
