"""Money and limits by GraphQL: budgets, prices, reckoning anew, limits, and keys with theirs."""

from typing import Any

from tests.gateways import RunningGateway
from tests.graphql.asking import FAILURE, ask, errors

BUDGETS = f"""mutation ($input: [BudgetInput!]!) {{ setBudgets(input: $input) {{ ... on Budgets {{ budgets {{
    keyId keyName key {{ name }} period unit limit spent remaining percent thresholds warningReached exceeded }} }}
    {FAILURE} }} }}"""
LIMITS = "requestsPerMinute tokensPerMinute concurrentRequests"
CHANGE_LIMITS = f"""mutation ($input: LimitSettingsChange!) {{ updateLimitSettings(input: $input) {{
    ... on LimitSettings {{ {LIMITS} minTimeBetweenRequests unknownPrice
        models {{ name value {{ {LIMITS} }} }} connections {{ name value {{ {LIMITS} }} }} }} {FAILURE} }} }}"""
PRICE = "provider model price { input output cached source version above { name value { input } } }"


async def a_key(gateway: RunningGateway, **given: Any) -> dict[str, Any]:
    query = f"""mutation ($input: ApiKeyInput!) {{ createApiKey(input: $input) {{
        ... on CreatedApiKey {{ text key {{ id rpm tpm maxConcurrent allowedModels noLog }} }} {FAILURE} }} }}"""
    made: dict[str, Any] = (await ask(gateway, query, input={"name": "laptop", **given}))["createApiKey"]
    return made


async def test_budgets_are_set_shown_and_removed(gateway: RunningGateway) -> None:
    key_id = (await a_key(gateway))["key"]["id"]
    given = [
        {"keyId": key_id, "limit": "12.5", "period": "DAILY", "thresholds": [50]},
        {"keyId": None, "limit": "1000000", "unit": "TOKENS"},
    ]
    told = (await ask(gateway, BUDGETS, input=given))["setBudgets"]["budgets"]
    by_key = {one["keyId"]: one for one in told}
    assert by_key[key_id] == {
        "keyId": key_id, "keyName": "laptop", "key": {"name": "laptop"}, "period": "DAILY", "unit": "USD",
        "limit": "12.5", "spent": "0", "remaining": "12.5", "percent": 0, "thresholds": [50],
        "warningReached": None, "exceeded": False,
    }  # fmt: skip
    assert (by_key[None]["unit"], by_key[None]["limit"], by_key[None]["thresholds"]) == ("TOKENS", "1000000", [80, 100])
    listed = await ask(gateway, "query ($id: ID) { budgets(keyId: $id) { limit key { id } } }", id=key_id)
    assert listed == {"budgets": [{"limit": "12.5", "key": {"id": key_id}}]}
    delete = f"mutation ($id: ID) {{ deleteBudgets(keyId: $id) {{ ... on Deleted {{ id }} {FAILURE} }} }}"
    assert (await ask(gateway, delete, id=key_id))["deleteBudgets"] == {"id": key_id}
    assert (await ask(gateway, delete, id=key_id))["deleteBudgets"]["__typename"] == "Missing"
    assert len((await ask(gateway, "{ budgets { limit } }"))["budgets"]) == 1


async def test_a_budget_that_cannot_be_is_refused_and_none_of_them_is_set(gateway: RunningGateway) -> None:
    given: list[dict[str, Any]] = [{"limit": "5", "keyId": None}, {"limit": "-1", "keyId": None, "period": "DAILY"}]
    refused = (await ask(gateway, BUDGETS, input=given))["setBudgets"]
    assert (refused["__typename"], refused["fields"][0]["field"]) == ("InvalidInput", "limit")
    missing = (await ask(gateway, BUDGETS, input=[{"limit": "5", "keyId": "key_none"}]))["setBudgets"]
    assert (missing["__typename"], missing["fields"][0]["field"]) == ("Missing", "keyId")
    assert (await ask(gateway, "{ budgets { limit } }")) == {"budgets": []}
    assert (await errors(gateway, '{ budgets(keyId: "key_none") { limit } }'))[0]["extensions"]["code"] == "not_found"


async def test_a_budget_that_is_used_up_refuses_calls(gateway: RunningGateway) -> None:
    await ask(gateway, BUDGETS, input=[{"keyId": None, "limit": "0", "unit": "TOKENS"}])
    assert (await gateway.chat("demo/echo")).status_code in {402, 429}
    assert (await ask(gateway, "{ budgets { exceeded } }")) == {"budgets": [{"exceeded": True}]}


async def test_limits_of_all_of_models_and_of_connections(gateway: RunningGateway) -> None:
    connection = (await ask(gateway, "{ providerConnections { id } }"))["providerConnections"][0]["id"]
    given = {
        "requestsPerMinute": 90,
        "unknownPrice": "DENY",
        "models": [{"name": "openai/*", "limits": {"tokensPerMinute": 1000}}],
        "connections": [{"name": connection, "limits": {"concurrentRequests": 2}}],
    }
    told = (await ask(gateway, CHANGE_LIMITS, input=given))["updateLimitSettings"]
    none = {"requestsPerMinute": None, "tokensPerMinute": None, "concurrentRequests": None}
    assert told["requestsPerMinute"] == 90
    assert told["unknownPrice"] == "DENY"
    assert told["models"] == [{"name": "openai/*", "value": {**none, "tokensPerMinute": 1000}}]
    assert told["connections"] == [{"name": connection, "value": {**none, "concurrentRequests": 2}}]
    again = (await ask(gateway, CHANGE_LIMITS, input={"requestsPerMinute": None}))["updateLimitSettings"]
    assert again == {**told, "requestsPerMinute": None}
    shown = await ask(gateway, "{ limitSettings { unknownPrice queueSize } limitStatus { inFlight waiting } }")
    assert shown["limitSettings"] == {"unknownPrice": "DENY", "queueSize": 0}
    assert shown["limitStatus"] == {"inFlight": 0, "waiting": 0}


async def test_limits_that_cannot_be_are_refused_by_field(gateway: RunningGateway) -> None:
    twice = [{"name": "a", "limits": {}}, {"name": "a", "limits": {}}]
    for given, field in (
        ({"requestsPerMinute": 0}, "requestsPerMinute"),
        ({"models": twice}, "models"),
        ({"connections": [{"name": "conn_none", "limits": {}}]}, "connections"),
        ({"queueSize": None}, "queueSize"),
    ):
        refused = (await ask(gateway, CHANGE_LIMITS, input=given))["updateLimitSettings"]
        assert refused["__typename"] == "InvalidInput"
        assert refused["fields"][0]["field"].endswith(field), refused


async def test_prices_page_by_page(gateway: RunningGateway) -> None:
    query = f"""query ($after: String) {{ prices(provider: "openai", first: 3, after: $after) {{
        edges {{ node {{ {PRICE} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
    first = (await ask(gateway, query))["prices"]
    assert first["pageInfo"]["hasNextPage"]
    second = (await ask(gateway, query, after=first["pageInfo"]["endCursor"]))["prices"]
    models = [edge["node"]["model"] for edge in (*first["edges"], *second["edges"])]
    assert len(set(models)) == 6
    assert models == sorted(models)
    assert {edge["node"]["price"]["source"] for edge in first["edges"]} == {"CATALOG"}


async def test_own_prices_and_reckoning_anew(gateway: RunningGateway) -> None:
    await gateway.chat("demo/echo")
    await gateway.rows(1)
    set_prices = f"""mutation ($input: [PricedInput!]!) {{ setPrices(input: $input) {{
        ... on OwnPrices {{ prices {{ {PRICE} }} }} {FAILURE} }} }}"""
    price = {"input": "1000", "output": "2000.25"}
    given = [{"provider": "demo", "model": "echo", "price": price}]
    (own,) = (await ask(gateway, set_prices, input=given))["setPrices"]["prices"]
    assert own["price"]["source"] == "OVERRIDE"
    assert (own["price"]["output"], own["price"]["cached"]) == ("2000.25", None)
    refused = (await ask(gateway, set_prices, input=given * 2))["setPrices"]
    assert refused["fields"][0]["field"] == "input.1.model"
    rerate = f"""mutation ($input: RerateInput!) {{ rerate(input: $input) {{
        ... on Rerating {{ requests changed skipped before after }} {FAILURE} }} }}"""
    period = {"since": "2000-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
    told = (await ask(gateway, rerate, input=period))["rerate"]
    assert (told["requests"], told["changed"], told["before"]) == (1, 1, "0")
    assert float(told["after"]) > 0
    again = (await ask(gateway, rerate, input=period))["rerate"]
    assert (again["changed"], again["after"]) == (0, told["after"])
    backwards = {"since": period["until"], "until": period["since"]}
    assert (await ask(gateway, rerate, input=backwards))["rerate"]["fields"][0]["field"] == "until"
    delete = f'mutation {{ deletePrices(provider: "demo") {{ ... on Done {{ message }} {FAILURE} }} }}'
    assert (await ask(gateway, delete))["deletePrices"] == {"message": "1 removed"}
    assert (await ask(gateway, delete))["deletePrices"]["__typename"] == "Missing"
    assert await ask(gateway, "{ priceOverrides { model } }") == {"priceOverrides": []}
    assert (await ask(gateway, "{ priceListVersion }"))["priceListVersion"]


async def test_a_key_with_limits_is_rotated(gateway: RunningGateway) -> None:
    made = await a_key(gateway, rpm=60, tpm=1000, maxConcurrent=2, allowedModels=["demo/*"], noLog=True)
    key = made["key"]
    assert (key["rpm"], key["tpm"], key["maxConcurrent"], key["noLog"]) == (60, 1000, 2, True)
    assert key["allowedModels"] == ["demo/*"]
    rotate = f"""mutation ($id: ID!, $grace: Int!) {{ rotateApiKey(id: $id, graceSeconds: $grace) {{
        ... on CreatedApiKey {{ text key {{ id rpm previousUntil }} }} {FAILURE} }} }}"""
    told = (await ask(gateway, rotate, id=key["id"], grace=60))["rotateApiKey"]
    assert told["text"] != made["text"]
    assert (told["key"]["id"], told["key"]["rpm"]) == (key["id"], 60)
    assert told["key"]["previousUntil"]
    for text in (made["text"], told["text"]):
        answer = await gateway.http.get(f"{gateway.url}/v1/models", headers={"authorization": f"Bearer {text}"})
        assert answer.status_code == 200
    refused = (await ask(gateway, rotate, id=key["id"], grace=-1))["rotateApiKey"]
    assert refused["fields"][0]["field"] == "graceSeconds"
    assert (await ask(gateway, rotate, id="key_none", grace=0))["rotateApiKey"]["__typename"] == "Missing"
