"""Services on both kinds of database."""

import pytest

from omniroute.storage.database import Database
from omniroute.storage.secrets import Sealer
from tests.services.parts import Parts, assemble


@pytest.fixture
def parts(database: Database, sealer: Sealer) -> Parts:
    """All services on an empty database."""
    return assemble(database, sealer)
