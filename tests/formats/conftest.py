"""Hypothesis profiles for the codec laws: `small` by default, `full` with --hypothesis-profile=full."""

import pytest
from hypothesis import HealthCheck, Phase, settings

_SLOW_IS_FINE = (HealthCheck.too_slow,)
# Explaining a failure reruns it many times and adds little to the smallest case.
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)

settings.register_profile("small", max_examples=30, deadline=None, suppress_health_check=_SLOW_IS_FINE, phases=_PHASES)
settings.register_profile("full", max_examples=1000, deadline=None, suppress_health_check=_SLOW_IS_FINE, phases=_PHASES)


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("small")
