"""Resilience over HTTP: the shapes that clients see."""

from datetime import UTC, datetime

import pytest

from omniroute.services.breakers import BreakerState
from tests.api.serving import Served

NOW = datetime(2027, 1, 15, 8, tzinfo=UTC)
HELD = BreakerState(
    name="connection:conn_1",
    state="OPEN",
    failure_count=5,
    last_failure_time=NOW,
    provider="openai",
    connection_id="conn_1",
    connection="main",
    model=None,
    cooling=True,
    reason="transient",
    message="reset",
    since=NOW,
    until=NOW,
    remaining_ms=30_000,
)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_settings_are_changed_field_by_field(api: Served, method: str) -> None:
    change = {"profiles": {"oauth": {"circuitBreakerThreshold": 4.0}}, "requests": {"hedgeAfterMs": 800}}
    answer = await api.call(method, "/api/resilience", change)
    assert (answer.status_code, answer.json()["ok"]) == (200, True)
    shown = (await api.call("GET", "/api/resilience")).json()
    assert shown["profiles"]["oauth"]["circuitBreakerThreshold"] == 4
    assert shown["profiles"]["apikey"] == {
        "transientCooldown": 3000,
        "maxTransientCooldown": 60000,
        "rateLimitCooldown": 0,
        "maxRateLimitCooldown": 120000,
        "lockCooldown": 120000,
        "maxBackoffLevel": 5,
        "circuitBreakerThreshold": 5,
        "circuitBreakerReset": 30000,
        "maxRetries": 0,
        "retryDelay": 500,
    }
    assert shown["requests"] == {
        "maxAttempts": None,
        "timeoutMs": None,
        "firstByteTimeoutMs": None,
        "hedgeAfterMs": 800,
        "maxRetries": None,
        "retryDelayMs": None,
    }
    assert (shown["circuitBreakers"], shown["rateLimitStatus"]) == ([], [])


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"profiles": {"oauth": {"circuitBreakerThreshold": 0}}}, 422, "profiles.oauth.circuitBreakerThreshold"),
        ({"profiles": {"oauth": {"unknown": 1}}}, 400, "profiles.oauth.unknown"),
        ({"requests": {"maxAttempts": "3"}}, 400, "requests.maxAttempts"),
        ({"profiles": {"apikey": {"transientCooldown": 90000}}}, 422, "profiles.apikey.transientCooldown"),
    ],
)
async def test_a_bad_value_is_named(api: Served, body: object, status: int, field: str) -> None:
    answer = await api.call("PUT", "/api/resilience", body)
    assert answer.status_code == status
    assert answer.json()["error"]["details"][0]["field"] == field


async def test_breakers_are_shown_and_reset_with_and_without_a_body(api: Served) -> None:
    api.parts.held.append(HELD)
    (shown,) = (await api.call("GET", "/api/resilience")).json()["circuitBreakers"]
    assert (shown["name"], shown["state"], shown["failureCount"]) == ("connection:conn_1", "OPEN", 5)
    assert shown["lastFailureTime"] == "2027-01-15T08:00:00Z"
    other = await api.call("POST", "/api/resilience/reset", {"name": "connection:conn_2"})
    assert other.json() == {"ok": True, "resetCount": 0, "message": "0 reset"}
    assert (await api.call("POST", "/api/resilience/reset")).json()["resetCount"] == 1
    assert (await api.call("POST", "/api/resilience/reset", {"names": []})).status_code == 400


async def test_a_model_is_checked_or_cleared(api: Served) -> None:
    path = "/api/models/availability"
    assert (await api.call("GET", path)).json() == {"unavailableCount": 0, "models": [], "available": []}
    checked = (await api.call("POST", path, {"model": "gpt-5"})).json()
    assert (checked["model"], checked["available"], checked["targets"]) == ("gpt-5", True, [])
    assert (await api.call("POST", path, {"model": "gpt-5", "action": "check", "provider": "openai"})).json()[
        "model"
    ] == "openai/gpt-5"
    for body in ({"model": "gpt-5", "action": "clear"}, {"model": "gpt-5", "provider": "openai"}):
        assert (await api.call("POST", path, body)).json() == {"success": True, "removed": 0}
    assert (await api.call("POST", path, {"provider": "openai"})).status_code == 400


async def test_limits_are_shown(api: Served) -> None:
    assert (await api.call("GET", "/api/rate-limits")).json() == {"connections": [], "overview": {}, "lockouts": []}
    shown = (await api.call("GET", "/api/rate-limit")).json()
    assert shown["requestsPerMinute"] is None
    assert shown["status"] == {"requestsLastMinute": 0, "tokensLastMinute": 0, "inFlight": 0, "waiting": 0}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_the_defaults_are_the_limits_of_all_calls(api: Served, method: str) -> None:
    body = {"defaults": {"requestsPerMinute": 100, "minTimeBetweenRequests": 20}}
    wanted = {"requestsPerMinute": 100, "minTimeBetweenRequests": 20, "concurrentRequests": None}
    assert (await api.call(method, "/api/resilience", body)).json()["defaults"] == wanted
    assert (await api.call("GET", "/api/resilience")).json()["defaults"] == wanted
    limits = (await api.call("GET", "/api/rate-limit")).json()
    assert {name: limits[name] for name in wanted} == wanted
