"""What every test may ask for (databases, fake providers, running gateways), and how hard properties are tried.

A property's cases are the same in every run, so that a change is blamed for what it broke and for nothing else;
`--hypothesis-profile=full` looks for new ones, a thousand a property.
"""

import pytest
from hypothesis import HealthCheck, Phase, settings

pytest_plugins = ["tests.databases", "tests.fakes.fixtures", "tests.gateways"]

_SLOW_IS_FINE = (HealthCheck.too_slow,)
# Explaining a failure reruns it many times and adds little to the smallest case.
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)

settings.register_profile(
    "small",
    max_examples=30,
    derandomize=True,
    deadline=None,
    suppress_health_check=_SLOW_IS_FINE,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
settings.register_profile("full", max_examples=1000, deadline=None, suppress_health_check=_SLOW_IS_FINE, phases=_PHASES)


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("small")


# After pytest's own order by fixtures, which would undo it.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the slow ones begin, so that none of them is left running alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
