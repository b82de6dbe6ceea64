"""Budgets, prices and limits as the REST surface shows them."""

from tests.api.serving import Served


async def test_a_budget_is_set_shown_and_removed(api: Served) -> None:
    key = (await api.call("POST", "/api/keys", {"name": "laptop"})).json()["id"]
    made = await api.call("POST", "/api/usage/budget", {"keyId": key, "limit": 10, "period": "weekly"})
    assert made.status_code == 200, made.text
    (one,) = made.json()["budgets"]
    assert {name: one[name] for name in ("keyId", "keyName", "period", "unit", "limit", "spent", "remaining")} == {
        "keyId": key,
        "keyName": "laptop",
        "period": "weekly",
        "unit": "usd",
        "limit": 10,
        "spent": 0,
        "remaining": 10,
    }
    assert one["resetsAt"] > one["periodStartsAt"]
    assert len((await api.call("GET", "/api/usage/budget")).json()["budgets"]) == 1
    assert (await api.call("DELETE", f"/api/usage/budget?keyId={key}&period=daily")).status_code == 404
    assert (await api.call("DELETE", f"/api/usage/budget?keyId={key}")).status_code == 200
    assert (await api.call("GET", "/api/usage/budget")).json()["budgets"] == []


async def test_a_budget_may_be_said_the_older_way(api: Served) -> None:
    key = (await api.call("POST", "/api/keys", {"name": "laptop"})).json()["id"]
    body = {"apiKeyId": key, "dailyLimitUsd": 5, "monthlyLimitUsd": 50, "warningThreshold": 0.8}
    assert len((await api.call("POST", "/api/usage/budget", body)).json()["budgets"]) == 2
    shown = (await api.call("GET", f"/api/usage/budget?apiKeyId={key}")).json()
    assert shown["budget"] == {"dailyLimitUsd": 5, "monthlyLimitUsd": 50, "warningThreshold": 0.8}
    assert shown["budgetCheck"]["allowed"] is True
    assert shown["dailyTotal"] == 0
    assert (await api.call("GET", "/api/usage/budget?keyId=nobody")).status_code == 404
    nothing = await api.call("POST", "/api/usage/budget", {"keyId": key})
    assert nothing.status_code == 422
    assert nothing.json()["error"]["details"][0]["field"] == "limit"


async def test_prices_are_set_by_provider_and_model(api: Served) -> None:
    body = {"openai": {"gpt-4o": {"input": 2, "output": 8, "cached": 1, "cacheCreationHour": 4}}}
    made = await api.call("PUT", "/api/pricing", body)
    assert made.status_code == 200, made.text
    price = made.json()["openai"]["gpt-4o"]
    assert (price["input"], price["cacheCreationHour"], price["source"]) == (2, 4, "override")
    assert (await api.call("GET", "/api/pricing?overrides=true")).json() == made.json()
    catalog = await api.call("GET", "/api/pricing?provider=anthropic")
    assert set(catalog.json()) == {"anthropic"}
    assert catalog.headers["x-omniroute-price-version"].startswith("genai-prices")
    bad = await api.call("PUT", "/api/pricing", {"openai": {"gpt-4o": {"input": -1, "output": 8}}})
    assert bad.status_code == 422
    assert "gpt-4o" in bad.text
    unknown = await api.call("PUT", "/api/pricing", {"openai": {"gpt-4o": {"input": 1, "output": 8, "colour": 1}}})
    assert unknown.status_code == 400
    assert (await api.call("DELETE", "/api/pricing?provider=openai&model=gpt-4o")).status_code == 200
    assert (await api.call("GET", "/api/pricing?overrides=true")).json() == {}


async def test_a_time_is_reckoned_anew(api: Served) -> None:
    body = {"since": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"}
    done = await api.call("POST", "/api/pricing/rerate", body)
    assert done.json() == {"requests": 0, "changed": 0, "skipped": 0, "before": 0, "after": 0}
    backwards = await api.call("POST", "/api/pricing/rerate", {"since": body["until"], "until": body["since"]})
    assert backwards.status_code == 422


async def test_the_limits_of_all_calls_are_changed_one_by_one(api: Served) -> None:
    shown = (await api.call("GET", "/api/rate-limit")).json()
    assert (shown["requestsPerMinute"], shown["minTimeBetweenRequests"], shown["concurrentRequests"]) == (None, 0, None)
    assert shown["status"] == {"requestsLastMinute": 0, "tokensLastMinute": 0, "inFlight": 0, "waiting": 0}
    assert (await api.call("PUT", "/api/rate-limit", {"requestsPerMinute": 60})).json()["requestsPerMinute"] == 60
    models = {"models": {"openai/*": {"tokensPerMinute": 1000}}, "unknownPrice": "deny"}
    changed = (await api.call("PATCH", "/api/rate-limit", models)).json()
    assert (changed["requestsPerMinute"], changed["unknownPrice"]) == (60, "deny")
    assert changed["models"]["openai/*"]["tokensPerMinute"] == 1000
    assert (await api.call("GET", "/api/rate-limit")).json()["models"] == changed["models"]
    nobody = await api.call("PUT", "/api/rate-limit", {"connections": {"con_x": {"concurrentRequests": 1}}})
    assert nobody.status_code == 422
    assert (await api.call("PUT", "/api/rate-limit", {"requestsPerMinute": 0})).status_code == 422


async def test_a_key_has_its_limits_and_a_new_text_when_rotated(api: Served) -> None:
    body = {"name": "ci", "rpm": 60, "allowedModels": ["openai/*"], "allowedAddresses": ["10.1.2.3/8"], "noLog": True}
    made = (await api.call("POST", "/api/keys", body)).json()
    assert (made["rpm"], made["tpm"], made["allowedModels"], made["noLog"]) == (60, None, ["openai/*"], True)
    assert made["allowedAddresses"] == ["10.0.0.0/8"]
    changed = (await api.call("PUT", f"/api/keys/{made['id']}", {"rpm": None, "tpm": 500})).json()["key"]
    assert (changed["rpm"], changed["tpm"], changed["noLog"]) == (None, 500, True)
    rotated = (await api.call("POST", f"/api/keys/{made['id']}/rotate", {"graceSeconds": 60})).json()
    assert rotated["key"] != made["key"]
    assert rotated["previousUntil"] is not None
    bad = await api.call("PUT", f"/api/keys/{made['id']}", {"allowedAddresses": ["here"]})
    assert bad.status_code == 422
    assert "allowedAddresses" in bad.text


async def test_an_admin_key_opens_nothing_from_where_it_may_not_be_used(api: Served) -> None:
    body = {"name": "ops", "scopes": ["admin"], "allowedAddresses": ["203.0.113.0/24"]}
    key = (await api.call("POST", "/api/keys", body)).json()["key"]
    headers = {"authorization": f"Bearer {key}"}
    assert (await api.anonymous("GET", "/api/keys", headers=headers)).status_code == 401
    near = {**headers, "x-forwarded-for": "203.0.113.7"}
    assert (await api.anonymous("GET", "/api/keys", headers=near)).status_code == 200
