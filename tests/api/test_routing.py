"""Combos and aliases over HTTP: the shapes that clients see, the older spellings too."""

import re
from typing import Any

import pytest

from omniroute.routing.strategies import Strategy
from omniroute.services.combo_metrics import ComboMetrics, TargetMetrics
from tests.api.serving import Served

ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


async def make(api: Served, **more: Any) -> dict[str, Any]:
    answer = await api.call("POST", "/api/combos", {"name": "best", "models": ["openai/gpt-5"], **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_combo_lives_from_making_to_deleting(api: Served) -> None:
    made = await make(
        api,
        models=["openai/gpt-5", {"model": "groq/x", "weight": 3.0}],
        strategy="weighted",
        config={"timeoutMs": 9000},
    )
    assert re.fullmatch(ISO, made.pop("createdAt"))
    assert re.fullmatch(ISO, made.pop("updatedAt"))
    combo_id = made.pop("id")
    plain = {"connection": None, "priority": 1, "contextWindow": None, "condition": None}
    assert made == {
        "name": "best",
        "strategy": "weighted",
        "models": ["openai/gpt-5", "groq/x"],
        "targets": [
            {"model": "openai/gpt-5", "weight": 1, **plain},
            {"model": "groq/x", "weight": 3, **plain},
        ],
        "config": {
            "maxAttempts": None,
            "timeoutMs": 9000,
            "firstByteTimeoutMs": None,
            "stickyLimit": 1,
            "maxRetries": None,
            "retryDelayMs": None,
            "hedgeAfterMs": None,
            "checks": None,
        },
        "isActive": True,
    }
    path = f"/api/combos/{combo_id}"
    target = {"model": "m", "condition": {"needsTools": True, "maxInputTokens": 10}}
    changed = (await api.call("PUT", path, {"targets": [target], "isActive": False})).json()
    assert (changed["models"], changed["isActive"], changed["strategy"]) == (["m"], False, "weighted")
    assert changed["targets"][0]["condition"] == {
        "minInputTokens": None,
        "maxInputTokens": 10,
        "needsTools": True,
        "needsImages": None,
        "stream": None,
    }
    assert (await api.call("PATCH", path, {"models": ["n"]})).json()["models"] == ["n"]
    assert [one["id"] for one in (await api.call("GET", "/api/combos")).json()["combos"]] == [combo_id]
    assert (await api.call("GET", path)).json()["config"] == made["config"]
    assert (await api.call("DELETE", path)).json()["success"] is True
    for method in ("GET", "DELETE"):
        assert (await api.call(method, path)).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"name": "best"}, 409, "name"),
        ({"name": "a b"}, 422, "name"),
        ({"models": []}, 422, "targets"),
        ({"targets": [{"model": "m"}], "models": ["m"]}, 422, "models"),
        ({"targets": [{"model": "m", "wieght": 2}], "models": []}, 400, "targets.0.wieght"),
        ({"strategy": "fastest"}, 422, "strategy"),
        ({"config": {"maxAttempts": 51}}, 422, "config.maxAttempts"),
        ({"models": ["circle"]}, 422, "targets"),
    ],
)
async def test_a_combo_that_cannot_be_is_refused_by_field(
    api: Served, body: dict[str, Any], status: int, field: str
) -> None:
    await make(api)
    answer = await api.call("POST", "/api/combos", {"name": "circle", "models": ["openai/gpt-5"], **body})
    assert answer.status_code == status, answer.text
    assert field in [one["field"] for one in answer.json()["error"]["details"]]


async def test_a_combo_is_tested_by_its_name(api: Served) -> None:
    await make(api)
    found = (await api.call("POST", "/api/combos/test", {"comboName": "best"})).json()
    assert re.fullmatch(ISO, found.pop("testedAt"))
    result = {"model": "openai/gpt-5", "connection": None, "status": "ok", "statusCode": 200, "error": None}
    assert found == {
        "comboName": "best",
        "strategy": "priority",
        "resolvedBy": "openai/gpt-5",
        "results": [{**result, "latencyMs": 1.5}],
    }
    assert (await api.call("POST", "/api/combos/test", {"comboName": "no-such"})).status_code == 404


async def test_metrics_are_told_by_combo_and_forgotten(api: Served) -> None:
    target = TargetMetrics(
        requests=2,
        successes=1,
        failures=1,
        in_flight=0,
        total_latency_ms=3.0,
        avg_latency_ms=1.5,
        success_rate=50,
        last_status="rate",
        last_used_at=None,
    )
    api.parts.measured["best"] = ComboMetrics(
        strategy=Strategy.PRIORITY,
        total_requests=2,
        total_successes=2,
        total_failures=0,
        total_fallbacks=1,
        total_latency_ms=4.0,
        avg_latency_ms=2.0,
        success_rate=100,
        fallback_rate=50,
        last_used_at=None,
        by_model={"openai/gpt-5": target},
    )
    for path in ("/api/combos/metrics", "/api/combos/metrics?combo=best"):
        found = (await api.call("GET", path)).json()["metrics"]["best"]
        assert (found["totalRequests"], found["fallbackRate"], found["strategy"]) == (2, 50, "priority")
        assert found["byModel"]["openai/gpt-5"]["lastStatus"] == "rate"
    for method in ("GET", "DELETE"):
        assert (await api.call(method, "/api/combos/metrics?combo=no-such")).status_code == 404
    assert (await api.call("DELETE", "/api/combos/metrics?combo=best")).json()["success"] is True
    assert (await api.call("GET", "/api/combos/metrics")).json() == {"metrics": {}}


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_an_alias_is_set_listed_and_removed(api: Served, method: str) -> None:
    made = (await api.call(method, "/api/models/alias", {"alias": "claude-*", "model": "openai/gpt-5"})).json()
    assert (made["success"], made["alias"], made["model"], made["isWildcard"]) == (
        True,
        "claude-*",
        "openai/gpt-5",
        True,
    )
    found = (await api.call("GET", "/api/models/alias")).json()
    assert found["aliases"] == {"claude-*": "openai/gpt-5"}
    assert [rule["position"] for rule in found["rules"]] == [1]
    assert (await api.call("DELETE", "/api/models/alias")).status_code == 400
    assert (await api.call("DELETE", "/api/models/alias?alias=claude-%2A")).json()["success"] is True
    assert (await api.call("DELETE", "/api/models/alias?alias=claude-%2A")).status_code == 404


async def test_an_alias_of_itself_is_refused(api: Served) -> None:
    answer = await api.call("POST", "/api/models/alias", {"alias": "gpt-*", "model": "gpt-5"})
    assert answer.status_code == 422
    assert "gpt-5 → gpt-5" in answer.json()["error"]["message"]
