"""The settings of resilience: kept, checked field by field, told to the data plane."""

import pytest

from omniroute.kit.errors import Unprocessable
from omniroute.kit.events import ConfigurationChanged
from omniroute.routing.profiles import DEFAULT_PROFILES, Category, Patience
from omniroute.services.resilience import ProfileChange, RequestChange, ResilienceChange
from tests.services.parts import Parts


async def test_without_a_change_the_defaults_hold(parts: Parts) -> None:
    assert await parts.resilience.get() == Patience()
    assert set(DEFAULT_PROFILES) == set(Category)


async def test_what_is_not_named_stays(parts: Parts) -> None:
    first = ResilienceChange(
        profiles={Category.API_KEY: ProfileChange(circuit_breaker_threshold=2)},
        requests=RequestChange(hedge_after_ms=500, max_attempts=3),
    )
    await parts.resilience.update(first)
    await parts.resilience.update(ResilienceChange(requests=RequestChange(max_attempts=None)))
    found = await parts.resilience.get()
    assert found.profiles[Category.API_KEY].circuit_breaker_threshold == 2
    assert found.profiles[Category.API_KEY].transient_cooldown == 3_000
    assert found.profiles[Category.OAUTH] == DEFAULT_PROFILES[Category.OAUTH]
    assert (found.requests.hedge_after_ms, found.requests.max_attempts) == (500, None)
    assert parts.changes[-1] == ConfigurationChanged(noun="settings", id="resilience")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (ProfileChange(circuit_breaker_threshold=0), "profiles.local.circuitBreakerThreshold"),
        (ProfileChange(max_retries=11), "profiles.local.maxRetries"),
        (ProfileChange(retry_delay=-1), "profiles.local.retryDelay"),
        (ProfileChange(transient_cooldown=90_000), "profiles.local.transientCooldown"),
        (ProfileChange(max_rate_limit_cooldown=10, rate_limit_cooldown=20), "profiles.local.rateLimitCooldown"),
    ],
)
async def test_a_bad_value_is_named(parts: Parts, change: ProfileChange, field: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        await parts.resilience.update(ResilienceChange(profiles={Category.LOCAL: change}))
    assert caught.value.param == field
    assert await parts.resilience.get() == Patience()


async def test_a_bad_limit_is_named(parts: Parts) -> None:
    with pytest.raises(Unprocessable) as caught:
        await parts.resilience.update(ResilienceChange(requests=RequestChange(max_attempts=0)))
    assert caught.value.param == "requests.maxAttempts"
