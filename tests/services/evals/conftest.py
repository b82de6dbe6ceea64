"""What is tested here is in files; one kind of database is enough."""

import pytest


@pytest.fixture
def database_kind() -> str:
    """SQLite."""
    return "sqlite"
