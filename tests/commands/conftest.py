"""An installation in a folder of its own."""

from pathlib import Path

import pytest

from tests.commands.programs import Installation


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    """An installation that was never started."""
    return Installation(home=tmp_path)
