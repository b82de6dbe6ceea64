"""Settings over HTTP: their shapes, their other spellings, and what is refused."""

from typing import Any

import pytest

from tests.api.serving import Served

PATHS = ("/api/settings", "/api/settings/ip-filter", "/api/settings/system-prompt", "/api/settings/thinking-budget")


async def test_settings_begin_with_defaults(api: Served) -> None:
    shown = [(await api.call("GET", path)).json() for path in PATHS]
    assert shown == [
        {
            "fallbackStrategy": "fill-first",
            "stickyRoundRobinLimit": 3,
            "blockedProviders": [],
            "requireLogin": True,
            "hasPassword": True,
        },
        {"enabled": False, "mode": "blacklist", "blacklist": [], "whitelist": [], "tempBans": []},
        {"enabled": False, "prompt": "", "position": "append", "formats": []},
        {"mode": "passthrough", "customBudget": 10240, "effortLevel": "medium"},
    ]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_what_is_set_comes_back_and_the_rest_stays(api: Served, method: str) -> None:
    changes: dict[str, dict[str, Any]] = {
        "/api/settings": {"fallbackStrategy": "p2c", "blockedProviders": ["groq"]},
        "/api/settings/ip-filter": {"whitelist": ["10.0.0.0/8"], "mode": "whitelist-priority"},
        "/api/settings/system-prompt": {"prompt": " Be brief. ", "enabled": True, "formats": ["gemini"]},
        "/api/settings/thinking-budget": {"mode": "custom", "customBudget": 131072},
    }
    for path, change in changes.items():
        before = (await api.call("GET", path)).json()
        answer = await api.call(method, path, change)
        assert answer.status_code == 200, answer.text
        wanted = {**before, **change} | ({"prompt": "Be brief."} if "prompt" in change else {})
        assert answer.json() == wanted
        assert (await api.call("GET", path)).json() == wanted
        assert api.parts.changes[-1].noun == "settings"


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/api/settings", {"theme": "dark"}, 400, "theme"),
        ("/api/settings", {"stickyRoundRobinLimit": 0}, 422, "stickyRoundRobinLimit"),
        ("/api/settings", {"blockedProviders": ["opnai"]}, 422, "blockedProviders"),
        ("/api/settings/ip-filter", {"mode": "greylist"}, 422, "mode"),
        ("/api/settings/ip-filter", {"allow": [], "whitelist": []}, 422, "allow"),
        ("/api/settings/proxy", {"proxy": {"host": "10.0.0.1", "port": 8080}}, 422, "level"),
        ("/api/settings/proxy", {"level": "provider", "proxy": {"host": "10.0.0.1", "port": 8080}}, 422, "id"),
        ("/api/settings/system-prompt", {"enabled": True}, 422, "prompt"),
        ("/api/settings/system-prompt", {"prompt": "x" * 50_001}, 422, "prompt"),
        ("/api/settings/system-prompt", {"prompt": "a\x00b"}, 422, "prompt"),
        ("/api/settings/system-prompt", {"position": "middle"}, 422, "position"),
        ("/api/settings/thinking-budget", {"customBudget": 131073}, 422, "customBudget"),
        ("/api/settings/thinking-budget", {"customBudget": 1.5}, 400, "customBudget"),
        ("/api/settings/thinking-budget", {"effortLevel": "max"}, 422, "effortLevel"),
    ],
)
async def test_what_cannot_be_is_refused_by_name(
    api: Served, path: str, body: dict[str, Any], status: int, field: str
) -> None:
    before = (await api.call("GET", path)).json()
    answer = await api.call("PUT", path, body)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["details"][0]["field"] == field
    assert (await api.call("GET", path)).json() == before


async def test_a_wrong_password_changes_none_of_the_settings(api: Served) -> None:
    body = {"newPassword": "a new and longer one", "currentPassword": "wrong", "stickyRoundRobinLimit": 9}
    answer = await api.call("PUT", "/api/settings", body)
    assert answer.status_code == 401
    assert (await api.call("GET", "/api/settings")).json()["stickyRoundRobinLimit"] == 3


async def test_other_names_of_modes_and_lists_are_understood(api: Served) -> None:
    body = {"mode": "allowlist", "allow": ["127.0.0.1"], "deny": ["10.0.0.1"]}
    shown = (await api.call("PUT", "/api/settings/ip-filter", body)).json()
    assert (shown["mode"], shown["whitelist"], shown["blacklist"]) == ("whitelist", ["127.0.0.1"], ["10.0.0.1"])
