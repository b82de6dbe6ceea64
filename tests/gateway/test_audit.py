"""What is done over any surface stands in the audit log: who, from where, before and after; and what was refused."""

import asyncio
from pathlib import Path
from typing import Any

from graphql import GraphQLObjectType

from omniroute.graphql.schema import build_schema
from tests.gateways import GatewayMaker, RunningGateway
from tests.graphql.asking import FAILURE, ask, connected, following, post

LOG = "/api/compliance/audit-log"


async def log(gateway: RunningGateway, **only: str) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in only.items())
    found: list[dict[str, Any]] = await gateway.admin("GET", f"{LOG}?{query}")
    return found


async def test_a_change_by_rest_and_one_by_graphql_are_told_alike(gateway: RunningGateway) -> None:
    made = await gateway.admin("POST", "/api/keys", {"name": "Laptop"})
    await ask(
        gateway, f'mutation {{ updateApiKey(id: "{made["id"]}", input: {{name: "Desk"}}) {{ __typename {FAILURE} }} }}'
    )
    changed, created = await log(gateway, target=made["id"])
    assert (created["action"], created["surface"], created["operation"]) == ("api_keys.create", "rest", "createKey")
    assert (changed["action"], changed["surface"], changed["operation"]) == (
        "api_keys.update",
        "graphql",
        "updateApiKey",
    )
    assert (changed["before"], changed["after"]) == ({"name": "Laptop"}, {"name": "Desk"})
    assert {one["actorKind"] for one in (created, changed)} == {"key"}
    assert {one["ipAddress"] for one in (created, changed)} == {"127.0.0.1"}
    assert created["after"]["digest"] == "[secret]"
    assert made["key"] not in str(await log(gateway))


async def test_refusals_stand_there_too(gateway: RunningGateway) -> None:
    await gateway.http.get(f"{gateway.url}/api/keys")
    await gateway.http.post(f"{gateway.url}/api/keys", json={"name": "x"}, headers=gateway.auth)
    await post(gateway, {"query": "{ apiKeys { id } }"}, headers={})
    told = await log(gateway, outcome="refused")
    assert [(one["operation"], one["details"].partition(":")[0]) for one in told] == [
        ("graphql", "unauthenticated"),
        ("createKey", "missing_scope"),
        ("listKeys", "unauthenticated"),
    ]


async def test_what_changed_no_row_is_told_by_its_operation(gateway: RunningGateway) -> None:
    await gateway.admin("DELETE", "/api/cache")
    await ask(gateway, f'mutation {{ runJob(name: "sign-ins") {{ __typename {FAILURE} }} }}')
    assert [(one["action"], one["target"]) for one in (await log(gateway, n="2"))] == [
        ("runJob", "sign-ins"),
        ("clearCache", None),
    ]


async def test_new_entries_are_followed_live(gateway: RunningGateway) -> None:
    feed = "subscription { auditFeed { snapshot entries { action target } } }"
    async with connected(gateway) as session, following(session, feed) as told, asyncio.timeout(10):
        first = await anext(told)
        assert first["snapshot"]
        assert first["entries"][-1]["action"] == "api_keys.create"
        await gateway.admin("POST", "/api/models/alias", {"alias": "fast", "model": "demo/echo"})
        news = await anext(told)
        assert news["entries"] == [{"action": "model_aliases.create", "target": "fast"}]
    page = await ask(
        gateway, '{ auditLog(first: 1, filter: {action: "model_aliases.create"}) { edges { node { after } } } }'
    )
    assert page["auditLog"]["edges"][0]["node"]["after"]["target"] == "demo/echo"
    assert (await ask(gateway, "{ auditVerdict { ok faults } }"))["auditVerdict"] == {"ok": True, "faults": []}


def test_every_mutation_is_declared_so_that_it_is_recorded() -> None:
    mutations = build_schema().mutation_type
    assert isinstance(mutations, GraphQLObjectType)
    for name, field in mutations.fields.items():
        resolver = field.extensions["strawberry-definition"].base_resolver.wrapped_func
        assert resolver.__wrapped__, f"{name}: declare it by omniroute.graphql.outcome.mutation"


async def test_a_key_that_is_not_logged_leaves_no_content_anywhere(gateways: GatewayMaker) -> None:
    gateway = await gateways()
    word = "xylophone-quarry-7"
    made = await gateway.admin("POST", "/api/keys", {"name": "Quiet", "noLog": True})
    body = {"model": "demo/echo", "messages": [{"role": "user", "content": word}], "temperature": 0}
    headers = {"authorization": f"Bearer {made['key']}"}
    answer = await gateway.http.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers)
    assert word in answer.text
    kept = {"model": "demo/echo", "input": word, "store": True}
    await gateway.http.post(f"{gateway.url}/v1/responses", json=kept, headers=headers)
    refused = {"model": "demo/none", "messages": [{"role": "user", "content": word}]}
    assert (await gateway.http.post(f"{gateway.url}/v1/chat/completions", json=refused, headers=headers)).is_error
    assert len(await gateway.rows(3)) == 3
    folder = gateway.gateway.settings.data_dir
    await asyncio.to_thread(_require_absent, folder, word)


def _require_absent(folder: Path, word: str) -> None:
    for path in folder.rglob("*"):
        assert not path.is_file() or word.encode() not in path.read_bytes(), path
