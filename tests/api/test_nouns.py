"""Providers, nodes and keys over HTTP: the shapes that clients see."""

import re
from typing import Any

import pytest

from omniroute.services.providers import ConnectionHealth
from omniroute.storage.rows import RequestRow
from tests.api.serving import PROVIDER_KEY, Served

ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


async def connect(api: Served, **more: Any) -> dict[str, Any]:
    body = {"provider": "openai", "name": "Work", "apiKey": PROVIDER_KEY, **more}
    answer = await api.call("POST", "/api/providers", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["connection"]
    return made


async def test_a_connection_lives_from_making_to_deleting(api: Served) -> None:
    made = await connect(api, maxConcurrent=4.0, priority=2)
    assert re.fullmatch(ISO, made.pop("createdAt"))
    assert re.fullmatch(ISO, made.pop("updatedAt"))
    connection_id = made.pop("id")
    assert made == {
        "provider": "openai",
        "name": "Work",
        "authType": "apiKey",
        "priority": 2,
        "weight": 1,
        "maxConcurrent": 4,
        "defaultModel": None,
        "isActive": True,
        "baseUrl": None,
        "local": False,
        "source": "manual",
        "apiKeyHint": "sk-****cdef",
        "status": "ready",
        "cooldownUntil": None,
        "lastError": None,
        "expiresAt": None,
    }
    path = f"/api/providers/{connection_id}"
    for method, body in (("PUT", {"isActive": False}), ("PATCH", {"maxConcurrent": None})):
        answer = await api.call(method, path, body)
        assert answer.status_code == 200
    api.parts.health[connection_id] = ConnectionHealth(
        status="cooling", cooldown_until=1_800_000_060_000, last_error="429"
    )
    shown = (await api.call("GET", path)).json()["connection"]
    assert (shown["isActive"], shown["maxConcurrent"], shown["name"]) == (False, None, "Work")
    assert (shown["status"], shown["cooldownUntil"]) == ("cooling", "2027-01-15T08:01:00Z")
    assert [one["id"] for one in (await api.call("GET", "/api/providers")).json()["connections"]] == [connection_id]
    assert (await api.call("DELETE", path)).json()["success"] is True
    for method in ("GET", "DELETE"):
        answer = await api.call(method, path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_a_name_taken_at_the_provider_is_a_conflict(api: Served) -> None:
    await connect(api)
    answer = await api.call("POST", "/api/providers", {"provider": "openai", "name": "Work", "apiKey": "sk-other"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert answer.json()["error"]["details"][0]["field"] == "name"


async def test_another_origin_needs_the_key_again(api: Served) -> None:
    made = await connect(api)
    answer = await api.call("PUT", f"/api/providers/{made['id']}", {"baseUrl": "https://evil.example.com/v1"})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["error"]["details"]] == ["apiKey"]


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest", "https://192.168.0.1/v1", "https://[fd00::1]/v1", "https://0x7f.1/v1"],
)
async def test_a_private_or_metadata_address_is_refused_with_the_reason(api: Served, url: str) -> None:
    node = {"name": "n", "prefix": "n", "apiType": "chat", "baseUrl": url}
    connection = {"provider": "openai", "name": "n", "apiKey": PROVIDER_KEY, "baseUrl": url}
    for path, body in (("/api/provider-nodes", node), ("/api/providers", connection)):
        answer = await api.call("POST", path, body)
        assert answer.status_code == 422
        error = answer.json()["error"]
        assert error["details"][0]["field"] == "baseUrl"
        assert error["message"]


@pytest.mark.parametrize(
    ("sent", "api_type", "coarse"),
    [
        ({"apiType": "chat"}, "chat", "openai-compatible"),
        ({"apiType": "responses", "type": "openai-compatible"}, "responses", "openai-compatible"),
        ({"type": "anthropic-compatible"}, "anthropic", "anthropic-compatible"),
        ({"apiType": "gemini"}, "gemini", "openai-compatible"),
        ({"apiType": "ollama"}, "ollama", "openai-compatible"),
    ],
)
async def test_a_node_lives_from_making_to_deleting(
    api: Served, sent: dict[str, str], api_type: str, coarse: str
) -> None:
    body = {
        "name": "GPU box",
        "prefix": "gpu",
        "baseUrl": "http://192.168.1.20:8000/v1/",
        "local": True,
        "headers": {"X-Team": "value-of-the-team"},
        **sent,
    }
    answer = await api.call("POST", "/api/provider-nodes", body)
    assert answer.status_code == 201, answer.text
    made = answer.json()["node"]
    assert re.fullmatch(ISO, made.pop("createdAt"))
    assert re.fullmatch(ISO, made.pop("updatedAt"))
    node_id = made.pop("id")
    assert made == {
        "type": coarse,
        "name": "GPU box",
        "prefix": "gpu",
        "apiType": api_type,
        "baseUrl": "http://192.168.1.20:8000/v1",
        "headers": {"X-Team": "****"},
        "local": True,
    }
    connection = await connect(api, provider=node_id)
    assert connection["provider"] == node_id
    path = f"/api/provider-nodes/{node_id}"
    assert (await api.call("PATCH", path, {"name": "Renamed"})).json()["node"]["name"] == "Renamed"
    assert (await api.call("GET", path)).json()["node"]["prefix"] == "gpu"
    moved = {"baseUrl": "http://192.168.1.21:8000/v1", "headers": {}, "apiKey": "sk-for-the-new-box-123"}
    assert (await api.call("PUT", path, moved)).status_code == 200
    assert (await api.call("DELETE", path)).json()["success"] is True
    assert (await api.call("GET", "/api/providers")).json() == {"connections": []}
    assert (await api.call("GET", "/api/provider-nodes")).json() == {"nodes": []}


async def test_a_prefix_that_is_taken_is_a_conflict(api: Served) -> None:
    body = {"name": "x", "prefix": "openai", "apiType": "chat", "baseUrl": "https://example.com/v1"}
    assert (await api.call("POST", "/api/provider-nodes", body)).status_code == 409


async def test_a_key_is_shown_once_and_masked_ever_after(api: Served) -> None:
    answer = await api.call("POST", "/api/keys", {"name": "Laptop", "expiresAt": "2099-01-31T12:00:00+01:00"})
    assert answer.status_code == 201
    made = answer.json()
    assert re.fullmatch(r"sk-omni-[A-Za-z0-9_-]{43}", made["key"])
    assert (made["scopes"], made["expiresAt"]) == (["inference"], "2099-01-31T11:00:00Z")
    path = f"/api/keys/{made['id']}"
    masked = f"sk-omni-****{made['key'][-4:]}"
    assert (await api.call("GET", path)).json()["key"]["key"] == masked
    listed = (await api.call("GET", "/api/keys")).json()["keys"]
    assert masked in [one["key"] for one in listed]
    changed = (await api.call("PATCH", path, {"scopes": ["admin", "inference"], "expiresAt": None})).json()["key"]
    assert (changed["scopes"], changed["expiresAt"]) == (["admin", "inference"], None)
    auth = {"authorization": f"Bearer {made['key']}"}
    assert (await api.anonymous("GET", "/api/keys", headers=auth)).status_code == 200
    await api.call("PUT", path, {"isActive": False})
    assert (await api.anonymous("GET", "/api/keys", headers=auth)).status_code == 401
    assert (await api.call("DELETE", path)).status_code == 200
    assert made["key"] not in "".join(api.seen[api.seen.index(api.seen[-1]) - 6 :])


async def test_the_request_log_is_an_array_with_cursors(api: Served) -> None:
    rows = [
        RequestRow(
            id=f"req_{number}",
            started_at=1_800_000_000_000 + number,
            key_id=None,
            address="127.0.0.1",
            user_agent=None,
            format="openai-chat",
            path="/v1/chat/completions",
            requested_model="demo/echo",
            stream=True,
            outcome="ok",
            status=200,
            provider="demo",
            connection_id="conn_1",
            model="echo",
            latency_us=2_500,
            cost_nano=0,
        )
        for number in range(3)
    ]
    await api.parts.usage_rows.write(rows)
    first = (await api.call("GET", "/api/usage/request-logs?limit=2")).json()
    assert [one["id"] for one in first] == ["req_2", "req_1"]
    assert (first[0]["latencyMs"], first[0]["startedAt"]) == (2.5, "2027-01-15T08:00:00.002000Z")
    rest = (await api.call("GET", f"/api/usage/request-logs?limit=2&before={first[-1]['cursor']}")).json()
    assert [one["id"] for one in rest] == ["req_0"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 422),
        ("limit=x", 422),
        ("limt=5", 400),
        ("limit=1&limit=2", 400),
        ("before=x", 422),
        ("before=", 422),
    ],
)
async def test_a_query_that_says_nothing_sensible_is_refused(api: Served, query: str, status: int) -> None:
    answer = await api.call("GET", f"/api/usage/request-logs?{query}")
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["details"]


async def test_health_and_init_are_for_anyone(api: Served) -> None:
    health = (await api.anonymous("GET", "/api/monitoring/health")).json()
    assert (health["status"], health["database"], health["version"]) == ("healthy", "ok", "1.2.3")
    assert health["counts"] == {"openRequests": 3}
    assert (await api.anonymous("GET", "/api/init")).json() == {"initialized": True, "setupComplete": True}
