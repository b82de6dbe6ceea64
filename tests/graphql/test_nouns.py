"""Every noun by GraphQL alone, as a client sees it."""

import re
from typing import Any

import pytest

from tests.fakes.upstream import FakeUpstream
from tests.gateways import RunningGateway
from tests.graphql.asking import FAILURE, ask, errors

ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


async def made(gateway: RunningGateway, mutation: str, fields: str, **given: Any) -> dict[str, Any]:
    """Run a mutation with one input and return its result."""
    kind = mutation[0].upper() + mutation[1:]
    kind = {"CreateProviderConnection": "ProviderConnectionInput", "CreateProviderNode": "ProviderNodeInput"}.get(
        kind, kind.removeprefix("Create").removeprefix("Set") + "Input"
    )
    query = f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ {fields} {FAILURE} }} }}"
    result: dict[str, Any] = (await ask(gateway, query, input=given))[mutation]
    return result


async def test_a_key_lives_from_making_to_revoking(gateway: RunningGateway) -> None:
    created = await made(
        gateway,
        "createApiKey",
        "... on CreatedApiKey { text key { id key scopes isActive expiresAt createdAt } }",
        name="laptop",
        expiresAt="2100-01-01T00:00:00+02:00",
    )
    key = created["key"]
    assert created["text"].startswith("sk-omni-")
    assert key["key"].endswith(created["text"][-4:])
    assert key["scopes"] == ["INFERENCE"]
    assert key["expiresAt"] == "2099-12-31T22:00:00Z"
    assert re.fullmatch(ISO, key["createdAt"])
    change = f"""mutation ($id: ID!, $input: ApiKeyChange!) {{
        updateApiKey(id: $id, input: $input) {{ ... on ApiKey {{ name isActive expiresAt scopes }} {FAILURE} }} }}"""
    changed = await ask(gateway, change, id=key["id"], input={"isActive": False, "scopes": ["ADMIN", "INFERENCE"]})
    assert changed["updateApiKey"] == {
        "name": "laptop",
        "isActive": False,
        "expiresAt": "2099-12-31T22:00:00Z",
        "scopes": ["ADMIN", "INFERENCE"],
    }
    endless = await ask(gateway, change, id=key["id"], input={"expiresAt": None})
    assert endless["updateApiKey"]["expiresAt"] is None
    delete = f"mutation ($id: ID!) {{ deleteApiKey(id: $id) {{ ... on Deleted {{ id }} {FAILURE} }} }}"
    assert (await ask(gateway, delete, id=key["id"]))["deleteApiKey"] == {"id": key["id"]}
    assert (await ask(gateway, delete, id=key["id"]))["deleteApiKey"]["__typename"] == "Missing"
    assert (await ask(gateway, "query ($id: ID!) { apiKey(id: $id) { id } }", id=key["id"])) == {"apiKey": None}


async def test_null_is_refused_where_a_value_cannot_go(gateway: RunningGateway) -> None:
    query = f"""mutation ($input: ApiKeyChange!) {{
        updateApiKey(id: "key_1", input: $input) {{ __typename {FAILURE} }} }}"""
    result = (await ask(gateway, query, input={"name": None}))["updateApiKey"]
    assert (result["__typename"], result["fields"][0]["field"]) == ("InvalidInput", "name")


async def test_a_node_with_its_connection_and_a_combo(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    upstream = fake_openai
    node = await made(
        gateway,
        "createProviderNode",
        "... on ProviderNode { id apiType type headers { name value } }",
        name="Mine",
        prefix="mine",
        baseUrl=upstream.api_url,
        local=True,
        headers=[{"name": "x-team", "value": "blue-secret"}],
    )
    assert node["apiType"] == "CHAT"
    assert node["headers"] == [{"name": "x-team", "value": "****"}]
    connection = await made(
        gateway,
        "createProviderConnection",
        "... on ProviderConnection { id apiKeyHint status priority node { name } catalogueEntry { id } }",
        provider="mine",
        name="main",
        apiKey=upstream.key,
    )
    assert upstream.key not in str(connection)
    assert connection["node"] == {"name": "Mine"}
    assert connection["catalogueEntry"] is None
    assert (connection["status"], connection["priority"]) == ("ready", 1)
    combo = await made(
        gateway,
        "createCombo",
        """... on Combo { id models strategy
            targets { model weight condition { needsTools } connectionEntry { name } } }""",
        name="best",
        strategy="WEIGHTED",
        targets=[
            {"model": "mine/one", "weight": 3, "connection": connection["id"]},
            {"model": "demo/echo", "weight": 0, "condition": {"needsTools": True}},
        ],
        config={"maxAttempts": 2},
    )
    assert combo["models"] == ["mine/one", "demo/echo"]
    assert combo["targets"] == [
        {"model": "mine/one", "weight": 3, "condition": None, "connectionEntry": {"name": "main"}},
        {"model": "demo/echo", "weight": 0, "condition": {"needsTools": True}, "connectionEntry": None},
    ]
    assert (await gateway.chat("best")).status_code == 200
    told = await ask(
        gateway,
        "query ($id: ID!) { combo(id: $id) { metrics { totalRequests byModel { target metrics { requests } } } } }",
        id=combo["id"],
    )
    assert told["combo"]["metrics"]["totalRequests"] == 1
    assert told["combo"]["metrics"]["byModel"][0]["metrics"] == {"requests": 1}
    tested = (await ask(gateway, 'mutation { testCombo(name: "best") { ... on ComboTest { resolvedBy } } }'))[
        "testCombo"
    ]
    assert tested == {"resolvedBy": "mine/one"}
    await ask(gateway, "mutation { resetComboMetrics { ... on Done { message } } }")
    nodes = (await ask(gateway, "{ providerNodes { prefix connections { name } } }"))["providerNodes"]
    assert nodes == [{"prefix": "mine", "connections": [{"name": "main"}]}]
    for mutation, one in (("Combo", combo), ("ProviderConnection", connection), ("ProviderNode", node)):
        query = f"mutation ($id: ID!) {{ delete{mutation}(id: $id) {{ ... on Deleted {{ id }} {FAILURE} }} }}"
        assert (await ask(gateway, query, id=one["id"]))[f"delete{mutation}"] == {"id": one["id"]}


@pytest.mark.parametrize(
    ("given", "kind", "field"),
    [
        ({"provider": "nobody"}, "InvalidInput", "provider"),
        ({"provider": "openai"}, "InvalidInput", "apiKey"),
        ({"provider": "openai", "apiKey": "sk-1", "priority": 0}, "InvalidInput", "priority"),
        ({"provider": "openai", "apiKey": "sk-1", "baseUrl": "http://169.254.169.254/v1"}, "InvalidInput", "baseUrl"),
    ],
)
async def test_a_connection_that_cannot_be_is_refused_by_field(
    gateway: RunningGateway, given: dict[str, Any], kind: str, field: str
) -> None:
    result = await made(gateway, "createProviderConnection", "__typename", name="one", **given)
    assert (result["__typename"], result["fields"][0]["field"]) == (kind, field)


async def test_a_name_that_is_taken_is_a_conflict(gateway: RunningGateway) -> None:
    for expected in ("Combo", "Conflicting"):
        result = await made(gateway, "createCombo", "__typename", name="best", targets=[{"model": "demo/echo"}])
        assert result["__typename"] == expected


async def test_aliases_and_models(gateway: RunningGateway) -> None:
    alias = await made(
        gateway, "setModelAlias", "... on ModelAlias { alias model isWildcard }", alias="gpt-*", model="demo/echo"
    )
    assert alias == {"alias": "gpt-*", "model": "demo/echo", "isWildcard": True}
    told = await ask(gateway, "{ modelAliases { alias } models { id ownedBy } }")
    assert told["modelAliases"] == [{"alias": "gpt-*"}]
    assert {"id": "demo/echo", "ownedBy": "demo"} in told["models"]
    assert await ask(gateway, 'mutation { deleteModelAlias(alias: "gpt-*") { ... on Deleted { id } } }') == {
        "deleteModelAlias": {"id": "gpt-*"}
    }


async def test_the_catalogue(gateway: RunningGateway) -> None:
    told = await ask(gateway, '{ provider(id: "openai") { name format authKinds models { id kind } purposes } }')
    assert told["provider"]["format"] == "OPENAI_CHAT"
    assert told["provider"]["authKinds"] == ["API_KEY"]
    assert "CHAT" in told["provider"]["purposes"]
    supported = (await ask(gateway, "{ providers(supported: true) { id supported } }"))["providers"]
    assert all(one["supported"] for one in supported)
    assert len(supported) > 10


async def test_the_request_log_page_by_page(gateway: RunningGateway) -> None:
    for _ in range(3):
        await gateway.chat("demo/echo")
    await gateway.rows(3)
    query = """query ($after: String) { requestLog(first: 2, after: $after) {
        edges { cursor node { id requestedModel costUsd startedAt key { name } connection { provider } } }
        pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
    first = (await ask(gateway, query))["requestLog"]
    assert first["pageInfo"]["hasNextPage"]
    assert not first["pageInfo"]["hasPreviousPage"]
    entry = first["edges"][0]["node"]
    assert entry["requestedModel"] == "demo/echo"
    assert entry["costUsd"] == "0"
    assert entry["key"] == {"name": "inference"}
    assert entry["connection"] == {"provider": "demo"}
    second = (await ask(gateway, query, after=first["pageInfo"]["endCursor"]))["requestLog"]
    assert not second["pageInfo"]["hasNextPage"]
    ids = [edge["node"]["id"] for edge in (*first["edges"], *second["edges"])]
    assert len(set(ids)) == 3


async def test_a_page_that_is_too_large_or_has_a_strange_cursor_is_refused(gateway: RunningGateway) -> None:
    for arguments, field in (("first: 201", "first"), ("first: 0", "first"), ('after: "x"', "before")):
        told = await errors(gateway, f"{{ requestLog({arguments}) {{ edges {{ cursor }} }} }}")
        assert told[0]["extensions"]["code"] == "unprocessable"
        assert told[0]["extensions"]["fields"][0]["field"] == field


async def test_health_login_and_balancing(gateway: RunningGateway) -> None:
    told = await ask(
        gateway,
        """{ health { status database version uptimeSeconds counts { name value } }
             loginRequirement { requireLogin hasPassword } balancingSettings { fallbackStrategy } }""",
    )
    assert (told["health"]["status"], told["health"]["database"]) == ("HEALTHY", "OK")
    assert {"openRequests", "waitingRecords", "connections", "openBreakers"} <= {
        one["name"] for one in told["health"]["counts"]
    }
    assert told["balancingSettings"] == {"fallbackStrategy": "FILL_FIRST"}
    change = f"""mutation ($input: BalancingSettingsChange!) {{ updateBalancingSettings(input: $input) {{
        ... on BalancingSettings {{ fallbackStrategy stickyRoundRobinLimit }} {FAILURE} }} }}"""
    changed = await ask(gateway, change, input={"fallbackStrategy": "ROUND_ROBIN"})
    assert changed["updateBalancingSettings"] == {"fallbackStrategy": "ROUND_ROBIN", "stickyRoundRobinLimit": 3}
    refused = await ask(
        gateway,
        f"""mutation {{ setLoginRequirement(input: {{ password: "a new password" }}) {{ __typename {FAILURE} }} }}""",
    )
    assert refused["setLoginRequirement"]["__typename"] == "Refused"
    assert refused["setLoginRequirement"]["fields"][0]["field"] == "currentPassword"
