"""Hypothesis profiles for the codec laws: `small` by default, `full` with --hypothesis-profile=full."""

import pytest
from hypothesis import HealthCheck, settings

_SLOW_IS_FINE = (HealthCheck.too_slow,)

settings.register_profile("small", max_examples=30, deadline=None, suppress_health_check=_SLOW_IS_FINE)
settings.register_profile("full", max_examples=1000, deadline=None, suppress_health_check=_SLOW_IS_FINE)


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("small")
