"""The answer cache over HTTP: the shapes that clients see."""

from typing import Any

import pytest

from tests.api.serving import Served

SETTINGS = {
    "enabled": True,
    "onlyDeterministic": True,
    "ttlS": 1800,
    "maxEntries": 500,
    "maxEntryBytes": 262144,
    "shared": False,
    "similarity": {"enabled": False, "shadow": True, "model": "local", "threshold": 0.95, "thresholds": {}},
}


async def test_figures_begin_with_the_documented_four(api: Served) -> None:
    told = (await api.call("GET", "/api/cache")).json()
    assert list(told) == ["semanticCache", "idempotency"]
    assert list(told["semanticCache"].items())[:4] == [
        ("memorySize", 0),
        ("memoryMaxSize", 500),
        ("dbSize", 0),
        ("hitRate", 0.0),
    ]
    assert list(told["idempotency"].items())[:2] == [("activeKeys", 0), ("windowMs", 5000)]


@pytest.mark.parametrize("query", ["", "?scope=answers", "?scope=idempotency", "?scope=similarity"])
async def test_it_is_emptied_as_a_whole_or_in_part(api: Served, query: str) -> None:
    answer = await api.call("DELETE", f"/api/cache{query}")
    assert answer.json() == {"ok": True, "success": True, "removed": 0}


async def test_an_unknown_part_is_refused(api: Served) -> None:
    assert (await api.call("DELETE", "/api/cache?scope=everything")).status_code == 422


async def test_settings_change_in_part(api: Served) -> None:
    assert (await api.call("GET", "/api/settings/cache")).json() == SETTINGS
    changed = await api.call("PATCH", "/api/settings/cache", {"ttlS": 60.0, "maxEntries": 20})
    assert changed.json() == SETTINGS | {"ttlS": 60, "maxEntries": 20}
    similarity = {"enabled": True, "model": "openai/text-embedding-3-small", "thresholds": {"m": 1}}
    changed = await api.call("PUT", "/api/settings/cache", {"similarity": similarity})
    assert changed.json()["similarity"] == {"shadow": True, "threshold": 0.95, **similarity}
    assert (await api.call("GET", "/api/cache")).json()["semanticCache"]["memoryMaxSize"] == 20
    report = (await api.call("GET", "/api/cache/similarity")).json()
    assert (report["enabled"], report["shadow"], report["samples"]) == (True, True, [])


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"ttlS": 0}, 422, "ttlS"),
        ({"ttl": 5}, 400, "ttl"),
        ({"similarity": {"threshold": 2}}, 422, "similarity.threshold"),
        ({"similarity": {"thresholds": {"m": 0}}}, 422, "similarity.thresholds.m"),
    ],
)
async def test_a_bad_setting_is_refused_by_field(api: Served, body: dict[str, Any], status: int, field: str) -> None:
    answer = await api.call("PUT", "/api/settings/cache", body)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["details"][0]["field"] == field
