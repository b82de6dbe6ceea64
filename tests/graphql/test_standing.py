"""What is held against accounts: patience, breakers, availability, learned limits, and the feeds that tell of it."""

import asyncio
from typing import Any

from tests.fakes.upstream import FakeUpstream
from tests.gateways import RunningGateway
from tests.graphql.asking import FAILURE, ask, connected, following
from tests.graphql.test_money import BUDGETS

BREAKERS = "{ breakers { name state failureCount provider connectionId model cooling reason remainingMs } }"
PATIENCE = f"""mutation ($input: ResilienceSettingsChange!) {{ updateResilienceSettings(input: $input) {{
    ... on ResilienceSettings {{ profiles {{ category profile {{ transientCooldown maxTransientCooldown maxRetries }} }}
        requests {{ maxAttempts hedgeAfterMs }} }} {FAILURE} }} }}"""


async def test_patience_is_read_and_changed(gateway: RunningGateway) -> None:
    profile = {"transientCooldown": 1_500, "maxRetries": 2}
    given = {"profiles": [{"category": "API_KEY", "profile": profile}], "requests": {"maxAttempts": 4}}
    told = (await ask(gateway, PATIENCE, input=given))["updateResilienceSettings"]
    by_category = {one["category"]: one["profile"] for one in told["profiles"]}
    assert by_category["API_KEY"] == {**profile, "maxTransientCooldown": 60_000}
    assert by_category["OAUTH"]["transientCooldown"] == 5_000
    assert told["requests"] == {"maxAttempts": 4, "hedgeAfterMs": None}
    again = (await ask(gateway, PATIENCE, input={"requests": {"maxAttempts": None}}))["updateResilienceSettings"]
    assert again == {**told, "requests": {"maxAttempts": None, "hedgeAfterMs": None}}
    shown = (await ask(gateway, "{ resilienceSettings { profiles { category } } }"))["resilienceSettings"]
    assert {one["category"] for one in shown["profiles"]} == {"OAUTH", "API_KEY", "LOCAL"}


async def test_patience_that_cannot_be_is_refused_by_field(gateway: RunningGateway) -> None:
    twice = [{"category": "LOCAL", "profile": {}}] * 2
    above = [{"category": "LOCAL", "profile": {"transientCooldown": 20_000}}]
    for given, field in (
        ({"profiles": twice}, "profiles"),
        ({"profiles": above}, "profiles.local.transientCooldown"),
        ({"requests": {"maxAttempts": 0}}, "requests.maxAttempts"),
    ):
        refused = (await ask(gateway, PATIENCE, input=given))["updateResilienceSettings"]
        assert (refused["__typename"], refused["fields"][0]["field"]) == ("InvalidInput", field)


async def test_what_is_held_against_a_connection_is_shown_and_forgotten(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    (connection,) = await gateway.connect(fake_openai, "up")
    fake_openai.faults.push("401")
    assert not (await gateway.chat("up/gpt-4o")).is_success
    (breaker,) = [one for one in (await ask(gateway, BREAKERS))["breakers"] if one["connectionId"] == connection]
    assert breaker["cooling"]
    assert breaker["state"] in {"CLOSED", "OPEN"}
    assert breaker["remainingMs"] > 0
    query = f"""query ($model: String!) {{ modelAvailability(model: $model) {{ ... on ModelCheck {{
        available remainingMs targets {{ connectionId state reason }} }} {FAILURE} }} }}"""
    check = (await ask(gateway, query, model="up/gpt-4o"))["modelAvailability"]
    assert [one["connectionId"] for one in check["targets"]] == [connection]
    assert check["targets"][0]["state"] in {"COOLING", "LOCKED"}
    assert (await ask(gateway, query, model="no-such-model"))["modelAvailability"]["__typename"] == "Missing"
    limits = await ask(gateway, "{ rateLimits { connections { connectionId active } lockouts { connectionId } } }")
    assert connection in {one["connectionId"] for one in limits["rateLimits"]["lockouts"]}
    whole = await ask(gateway, "{ availability { unavailableCount available { provider model connections } } }")
    assert {"provider": "demo", "model": "echo", "connections": 1} in whole["availability"]["available"]
    reset = (
        f"mutation ($input: BreakerFilter) {{ resetBreakers(input: $input) {{ ... on Done {{ message }} {FAILURE} }} }}"
    )
    assert (await ask(gateway, reset, input={"connectionId": connection}))["resetBreakers"] == {"message": "1 reset"}
    assert (await ask(gateway, BREAKERS)) == {"breakers": []}
    assert (await ask(gateway, reset, input={"provider": "nobody"}))["resetBreakers"]["__typename"] == "Missing"
    assert (await gateway.chat("up/gpt-4o")).is_success


async def test_a_model_is_let_be_tried_again(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    await gateway.connect(fake_openai, "up")
    fake_openai.faults.push("401")
    await gateway.chat("up/gpt-4o")
    clear = f"""mutation ($model: String!, $provider: String) {{
        clearUnavailability(model: $model, provider: $provider) {{ ... on Done {{ message }} {FAILURE} }} }}"""
    assert (await ask(gateway, clear, model="gpt-4o", provider="up"))["clearUnavailability"] == {"message": "1 reset"}
    assert (await ask(gateway, clear, model="nothing"))["clearUnavailability"]["__typename"] == "Missing"


async def test_the_health_feed_tells_of_breakers_and_of_single_models(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    (connection,) = await gateway.connect(fake_openai, "up")
    query = """subscription { healthFeed(intervalMs: 50) { snapshot forgotten gone { connectionId model }
        connections { connectionId model status reason } breakers { name state reason message } } }"""
    async with connected(gateway) as client, following(client, query) as feed:
        first = await anext(feed)
        assert first["breakers"] == []
        fake_openai.faults.push("404")
        await gateway.chat("up/gpt-4o")
        async with asyncio.timeout(5):
            told: dict[str, Any] = await anext(feed)
        name = f"connection:{connection}/gpt-4o"
        assert [one["name"] for one in told["breakers"]] == [name]
        (state,) = told["connections"]
        assert (state["connectionId"], state["model"], state["status"]) == (connection, "gpt-4o", "cooling")
        await ask(gateway, "mutation { resetBreakers { __typename } }")
        async with asyncio.timeout(5):
            told = await anext(feed)
        assert told["forgotten"] == [name]
        assert told["gone"] == [{"connectionId": connection, "model": "gpt-4o"}]


async def test_the_budget_feed_tells_of_thresholds(gateway: RunningGateway) -> None:
    await ask(gateway, BUDGETS, input=[{"keyId": None, "limit": "100000", "unit": "TOKENS", "thresholds": [1]}])
    query = """subscription { budgetFeed { snapshot missed
        alerts { keyId period unit threshold spent limit resetsAt } } }"""
    async with connected(gateway) as client, following(client, query) as feed:
        assert (await anext(feed))["alerts"] == []
        assert (await gateway.chat("demo/echo", "word " * 4_000)).is_success
        async with asyncio.timeout(5):
            (alert,) = (await anext(feed))["alerts"]
        assert (alert["keyId"], alert["unit"], alert["threshold"], alert["limit"]) == (None, "TOKENS", 1, "100000")
    async with connected(gateway) as client, following(client, query) as feed:
        (alert,) = (await anext(feed))["alerts"]
        assert alert["threshold"] == 1
