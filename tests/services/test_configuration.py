"""The configuration as one document: what is exported applies elsewhere, and what fails changes nothing."""

import asyncio
from typing import Any

import pytest

from omniroute.kit.errors import OmniError, Unprocessable
from omniroute.services.document import read, written
from tests.gateways import GatewayMaker, RunningGateway

DOCUMENT: dict[str, Any] = {
    "version": 1,
    "nodes": [
        {
            "prefix": "cellar",
            "name": "The box in the cellar",
            "baseUrl": "http://127.0.0.1:8080/v1",
            "headers": {"x-team": "blue-blue-blue"},
            "local": True,
        }
    ],
    "connections": [
        {"provider": "cellar", "name": "main"},
        {"provider": "openai", "name": "work", "apiKey": "sk-proj-0123456789abcdef", "priority": 2, "maxConcurrent": 4},
    ],
    "models": [{"provider": "cellar", "id": "llama", "contextWindow": 8192}],
    "aliases": [{"alias": "gpt-4*", "model": "daily", "position": 1}],
    "combos": [
        {
            "name": "daily",
            "targets": [
                {"model": "cellar/llama", "condition": {"needsImages": False}},
                {"model": "openai/gpt-5", "connection": "openai/work", "priority": 2},
            ],
            "config": {"maxAttempts": 3, "checks": {"pattern": "yes"}},
        }
    ],
    "keys": [
        {
            "name": "laptop",
            "rpm": 60,
            "allowedModels": ["daily"],
            "expiresAt": "2099-12-31T23:59:59Z",
            "budgets": [{"limit": 2.0, "period": "daily", "thresholds": [50, 100]}],
        }
    ],
    "budgets": [{"limit": 500000.0, "unit": "tokens"}],
    "policies": [
        {"name": "night", "conditions": {"keys": ["laptop"], "time": {"start": "22:00", "end": "06:00"}},
         "effects": {"maxTokens": 500}}
    ],
    "prices": [{"provider": "cellar", "model": "llama", "price": {"input": 0.5, "output": 1.0}}],
    "proxies": [
        {"owner": "connection:openai/work", "host": "proxy.example.org", "port": 3128, "username": "me",
         "password": "hidden-word-of-mine"},
        {"owner": "provider:cellar", "host": "proxy.example.org", "port": 3129},
    ],
    "settings": {
        "routing": {"fallbackStrategy": "random", "blockedProviders": ["cellar"]},
        "limits": {"models": {"openai/*": {"concurrentRequests": 4}},
                   "connections": {"openai/work": {"requestsPerMinute": 100}}},
        "cache": {"ttlS": 60},
        "systemPrompt": {"enabled": True, "prompt": "Be brief."},
        "thinkingBudget": {"mode": "auto"},
        "ipFilter": {"blacklist": ["203.0.113.0/24"]},
        "noProxy": ["intranet.example.org"],
    },
}  # fmt: skip
SECRETS = ("sk-proj-0123456789abcdef", "blue-blue-blue", "hidden-word-of-mine")


async def test_what_is_exported_makes_an_empty_gateway_the_same(gateways: GatewayMaker) -> None:
    first, second = await gateways(), await gateways()
    done = await first.gateway.services.configuration.apply(DOCUMENT)
    assert done.applied
    assert [one.name for one in done.keys] == ["laptop"]
    exported = await first.gateway.services.configuration.export()
    assert all(secret not in str(exported) for secret in SECRETS)
    await second.gateway.services.configuration.apply(_with_secrets(exported))
    assert await second.gateway.services.configuration.export() == exported
    again = await second.gateway.services.configuration.plan(exported)
    assert again.differences == ()


async def test_applying_it_once_more_changes_nothing(gateway: RunningGateway) -> None:
    configuration = gateway.gateway.services.configuration
    await configuration.apply(DOCUMENT)
    assert (await configuration.apply(await configuration.export())).differences == ()


async def test_a_failure_in_the_middle_changes_nothing_and_says_where(gateway: RunningGateway) -> None:
    configuration = gateway.gateway.services.configuration
    before = await configuration.export()
    broken = DOCUMENT | {"policies": [{"name": "none", "effects": {}}]}
    with pytest.raises(OmniError, match=r"^policies\.0: .*say what happens"):
        await configuration.apply(broken)
    assert await configuration.export() == before
    assert len(await gateway.gateway.services.combos.list()) == 0


async def test_a_plan_tells_what_would_happen_and_changes_nothing(gateway: RunningGateway) -> None:
    configuration = gateway.gateway.services.configuration
    before = await configuration.export()
    plan = await configuration.plan(DOCUMENT)
    assert not plan.applied
    assert plan.keys == ()
    assert ("combos", "daily", "create") in {(one.section, one.name, one.action.value) for one in plan.differences}
    assert all(secret not in str(plan) for secret in SECRETS)
    assert await configuration.export() == before


async def test_a_change_is_in_force_when_it_is_answered(gateway: RunningGateway) -> None:
    await gateway.gateway.services.configuration.apply(
        {"aliases": [{"alias": "house-model", "model": "demo/echo", "position": 1}]}
    )
    assert (await gateway.chat("house-model")).status_code == 200


async def test_what_is_not_named_stays_unless_it_is_pruned(gateway: RunningGateway) -> None:
    configuration = gateway.gateway.services.configuration
    await configuration.apply({"aliases": [{"alias": "one", "model": "demo/echo", "position": 1}]})
    two = {"aliases": [{"alias": "two", "model": "demo/echo", "position": 2}]}
    assert (await configuration.apply(two)).others == ("aliases/one",)
    pruned = await configuration.apply(two, prune=True)
    assert [(one.name, one.action.value) for one in pruned.differences] == [("one", "remove")]
    assert [one["alias"] for one in (await configuration.export())["aliases"]] == ["two"]


async def test_a_new_thing_with_an_unresolved_secret_is_refused_by_its_variable(gateway: RunningGateway) -> None:
    draft = {"connections": [{"provider": "openai", "name": "work", "apiKey": {"env": "NOT_SET"}}]}
    with pytest.raises(Unprocessable, match="NOT_SET"):
        await gateway.gateway.services.configuration.apply(draft)


async def test_others_may_change_things_while_a_document_is_applied(gateway: RunningGateway) -> None:
    services = gateway.gateway.services
    applied = services.configuration.apply(DOCUMENT)
    listed = gateway.admin("POST", "/api/combos", {"name": "mine", "models": ["demo/echo"]})
    await asyncio.gather(applied, listed)
    assert {one.name for one in await services.combos.list()} == {"daily", "mine"}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "must be an object"),
        ({"comboes": []}, "comboes is no field"),
        ({"version": 2}, "version 1"),
        ({"combos": [{"name": "x"}]}, "combos.0.*targets"),
        ({"combos": [{"name": "x", "targets": [{"modl": "y"}]}]}, r"combos\.0\.targets\.0\.modl is no field"),
        ({"connections": [{"provider": "a", "name": "b", "maxConcurrent": "x"}]}, r"connections\.0\.maxConcurrent"),
    ],
)
def test_a_document_that_is_wrong_is_refused_by_the_place(document: Any, words: str) -> None:
    with pytest.raises(Unprocessable, match=words):
        read(document)


def test_reading_and_writing_are_each_others_opposites() -> None:
    assert read(written(read(DOCUMENT))) == read(DOCUMENT)


def _with_secrets(value: Any) -> Any:
    """Put texts in the place of references, as whoever applies a document does."""
    if isinstance(value, dict):
        if set(value) == {"env"}:
            return f"secret-of-{value['env'].lower()}"
        return {name: _with_secrets(one) for name, one in value.items()}
    return [_with_secrets(one) for one in value] if isinstance(value, list) else value


async def test_the_audit_log_has_what_was_applied_and_no_secret(gateway: RunningGateway) -> None:
    headers = {"authorization": f"Bearer {gateway.admin_key}"}
    plan = {"document": DOCUMENT, "plan": True}
    for body in (plan, {"document": DOCUMENT}):
        answer = await gateway.http.post(f"{gateway.url}/api/configuration", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json()["applied"] == (body is not plan)
    query = "{ auditLog(first: 100) { edges { node { action target operation details before after } } } }"
    told = await gateway.http.post(f"{gateway.url}/graphql", json={"query": query}, headers=headers)
    assert "applyConfiguration" in told.text
    assert all(secret not in told.text for secret in SECRETS)
