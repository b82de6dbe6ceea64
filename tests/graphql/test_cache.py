"""The answer cache in the GraphQL schema."""

from typing import Any

from tests.gateways import RunningGateway

SETTINGS = "ttlS shared similarity { enabled shadow model threshold thresholds { model threshold } }"
CHANGE = f"""
mutation ($input: CacheSettingsChange!) {{
  updateCacheSettings(input: $input) {{
    __typename
    ... on CacheSettings {{ {SETTINGS} }}
    ... on InvalidInput {{ fields {{ field }} }}
  }}
}}
"""


async def ask(gateway: RunningGateway, query: str, **variables: object) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {gateway.admin_key}"}
    body = {"query": query, "variables": variables}
    told = (await gateway.http.post(f"{gateway.url}/graphql", json=body, headers=headers)).json()
    assert "errors" not in told, told
    data: dict[str, Any] = told["data"]
    return data


async def test_figures_are_those_of_requests(gateway: RunningGateway) -> None:
    for _ in range(2):
        assert (await gateway.chat("demo/echo", temperature=0)).is_success
    query = "{ cache { semanticCache { memorySize hits misses savedUsd } idempotency { activeKeys windowMs } } }"
    told = (await ask(gateway, query))["cache"]
    assert told["semanticCache"] == {"memorySize": 1, "hits": 1, "misses": 1, "savedUsd": "0"}
    assert told["idempotency"] == {"activeKeys": 0, "windowMs": 5000}
    await gateway.rows(2)
    log = await ask(gateway, "{ requestLog(first: 1) { edges { node { cache savedUsd } } } }")
    assert log["requestLog"]["edges"][0]["node"]["cache"] == "hit"
    cleared = await ask(gateway, "mutation { clearCache(part: ANSWERS) { ... on Done { message } } }")
    assert cleared["clearCache"] == {"message": "1 removed"}


async def test_settings_are_read_and_changed(gateway: RunningGateway) -> None:
    similarity = {"enabled": True, "model": "openai/e", "thresholds": [{"model": "m", "threshold": 0.5}]}
    changed = await ask(gateway, CHANGE, input={"ttlS": 60, "similarity": similarity})
    found = (await ask(gateway, f"{{ cacheSettings {{ {SETTINGS} }} }}"))["cacheSettings"]
    assert changed["updateCacheSettings"] == {"__typename": "CacheSettings", **found}
    assert found == {
        "ttlS": 60,
        "shared": False,
        "similarity": {"shadow": True, "threshold": 0.95, **similarity},
    }
    refused = await ask(gateway, CHANGE, input={"ttlS": 0})
    assert refused["updateCacheSettings"] == {"__typename": "InvalidInput", "fields": [{"field": "ttlS"}]}
    query = "{ cacheSimilarity { enabled model indexed heldBack { reason count } samples { asked } } }"
    told = (await ask(gateway, query))["cacheSimilarity"]
    assert told == {"enabled": True, "model": "openai/e", "indexed": 0, "heldBack": [], "samples": []}
