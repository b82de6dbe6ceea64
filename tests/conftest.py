"""What every test may ask for: databases, fake providers, running gateways."""

import pytest

pytest_plugins = ["tests.databases", "tests.fakes.fixtures", "tests.gateways"]


# After pytest's own order by fixtures, which would undo it.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the slow ones begin, so that none of them is left running alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
