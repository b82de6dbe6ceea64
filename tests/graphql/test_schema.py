"""The schema as a whole: its snapshot, its words, what it can never show, and how often it asks the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    find_breaking_changes,
    get_named_type,
)
from sqlalchemy import event

from omniroute.graphql import schema
from omniroute.graphql.inputs import accept
from omniroute.graphql.types import enumerate_, expose
from omniroute.services.collection import Services
from omniroute.services.keys import Key, KeyDraft, Scope
from tests.gateways import RunningGateway
from tests.graphql.asking import ask


@pytest.fixture(scope="module")
def made() -> GraphQLSchema:
    return schema.build_schema()


def of_ours(made: GraphQLSchema) -> list[Any]:
    return [one for name, one in made.type_map.items() if not name.startswith("__")]


def test_the_committed_schema_is_the_one_that_is_served(made: GraphQLSchema) -> None:
    assert schema.SNAPSHOT.read_text(encoding="utf-8") == schema.text(made), "run ./dev docs"


def test_nothing_that_clients_rely_on_is_gone(made: GraphQLSchema) -> None:
    committed = build_schema(schema.SNAPSHOT.read_text(encoding="utf-8"))
    assert [one.description for one in find_breaking_changes(committed, made)] == []


def test_a_change_that_breaks_clients_would_be_noticed(made: GraphQLSchema) -> None:
    text = schema.text(made).replace("type Health {\n", "type Health {\n  codename: String!\n", 1)
    assert [one.description for one in find_breaking_changes(build_schema(text), made)] == [
        "Field Health.codename was removed."
    ]


def test_everything_has_words(made: GraphQLSchema) -> None:
    silent = []
    for kind in of_ours(made):
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            silent += [f"{kind.name}.{name}" for name, one in kind.fields.items() if not one.description]
        if isinstance(kind, GraphQLEnumType):
            silent += [f"{kind.name}.{name}" for name, one in kind.values.items() if not one.description]
        if not kind.description and not kind.name.endswith("Result"):
            silent.append(kind.name)
    assert [one for one in silent if not one.endswith("Subscription")] == []


def test_secrets_go_in_and_never_come_out(made: GraphQLSchema) -> None:
    shown = [
        (kind.name, name)
        for kind in of_ours(made)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        for name, one in kind.fields.items()
        if get_named_type(one.type).name == "Secret"
    ]
    assert shown == []
    words = ("secret", "password", "token", "digest", "apikey", "text")
    suspicious = {
        f"{kind.name}.{name}"
        for kind in of_ours(made)
        if isinstance(kind, GraphQLObjectType) and kind.name not in {"Query", "Mutation", "Subscription"}
        for name, one in kind.fields.items()
        if get_named_type(one.type).name == "String" and any(word in name.lower() for word in words)
    }
    # The text of a key just made, once; masked hints; an answer; an address. Nothing else comes near.
    assert suspicious == {
        "CreatedApiKey.text",
        "NewKeyText.text",
        "ProviderConnection.apiKeyHint",
        "PlaygroundNews.text",
        "OAuthClient.clientSecretHint",
        "OAuthClient.tokenUrl",
    }
    assert {kind.name for kind in of_ours(made) if kind.name == "CreatedApiKey"} == {"CreatedApiKey"}
    holders = [
        kind.name for kind in of_ours(made) if any(one.name == "CreatedApiKey" for one in getattr(kind, "types", ()))
    ]
    assert holders == ["CreateApiKeyResult"]


def test_a_result_and_a_failure_fit_into_one_selection(made: GraphQLSchema) -> None:
    failure = made.type_map["Failure"]
    assert isinstance(failure, GraphQLInterfaceType)
    for union in of_ours(made):
        if isinstance(union, GraphQLUnionType):
            for kind in union.types:
                for name in failure.fields.keys() & kind.fields.keys():
                    assert str(kind.fields[name].type) == str(failure.fields[name].type), f"{kind.name}.{name}"


def test_every_service_can_be_reached(made: GraphQLSchema) -> None:
    roots = (made.query_type, made.mutation_type, made.subscription_type)
    fields = {name for root in roots if root is not None for name in root.fields}
    nouns = {
        "login": "loginRequirement",
        "keys": "apiKeys",
        "nodes": "providerNodes",
        "providers": "providerConnections",
        "combos": "combos",
        "combo_measures": "combos",  # a combo's metrics
        "aliases": "modelAliases",
        "configuration": "configuration",
        "balancing": "balancingSettings",
        "model_list": "models",
        "system": "health",
        "request_log": "requestLog",
        "feeds": "requestFeed",
        "limits": "limitSettings",
        "budgets": "budgets",
        "pricing": "prices",
        "rulebook": "policies",
        "policy_trials": "policyDryRun",
        "locks": "lockedIdentifiers",
        "resilience": "resilienceSettings",
        "breakers": "breakers",
        "availability": "availability",
        "rate_limits": "rateLimits",
        "checks": "testProviderConnection",
        "custom_models": "customModels",
        "model_catalogue": "modelCatalogue",
        "model_discovery": "modelDiscoveries",
        "model_visibility": "modelVisibility",
        "sign_ins": "beginSignIn",
        "oauth_clients": "oauthClients",
        "oauth_tokens": "oauthAccounts",
        "proxies": "proxySettings",
        "lifecycle": "restart",
        "usage_history": "usageHistory",
        "telemetry": "telemetrySummary",
        "explain": "route",
        "cache": "cache",
        "backups": "backups",
        "sync": "syncStatus",
        "jobs": "jobs",
        "audit": "auditLog",
        "retention": "retentionSettings",
        "playground": "playground",
        "cli_tools": "cliTools",
        "evals": "evalSuites",
        "translation": "translate",
    }
    known = set(Services.__dataclass_fields__) - {
        "reach",
        "exports",
        "imports",
        "cloud",
        "metrics",
    }  # how requests come in is no noun; files; for peers, which speak REST; text for Prometheus
    assert known == set(nouns), "give the service a module in omniroute/graphql, and name its field here"
    assert set(nouns.values()) <= fields


def test_a_field_without_words_stops_the_start() -> None:
    with pytest.raises(TypeError, match=r"differ in .*nmae"):
        expose(Key, "ApiKey", nmae="A typing mistake.")
    with pytest.raises(TypeError, match=r"differ in .*expires_at"):
        accept(KeyDraft, "ApiKeyInput", name="A name.", scopes="Scopes.")
    with pytest.raises(TypeError, match="members"):
        enumerate_(Scope, "KeyScope", "Scopes.", ADMIN="One is missing.")


@contextmanager
def counted(gateway: RunningGateway) -> Iterator[list[str]]:
    """Collect the statements that reach the database."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            seen.append(statement)

    engine = gateway.gateway.stores.database._engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def test_statements_do_not_grow_with_what_is_listed(gateway: RunningGateway) -> None:
    query = """{ requestLog(first: 50) { edges { node { key { name } connection { name node { name } } } } }
        providerNodes { connections { node { name } } }
        combos { metrics { totalRequests } targets { connectionEntry { name } } } }"""
    counts = []
    for round_ in range(2):
        for number in range(2 + 6 * round_):
            body = {"name": f"n{round_}-{number}", "prefix": f"n{round_}{number}", "local": True}
            node = await gateway.admin("POST", "/api/provider-nodes", {**body, "baseUrl": "http://127.0.0.1:9/v1"})
            made_id = (
                await gateway.admin(
                    "POST", "/api/providers", {"provider": node["node"]["id"], "name": "one", "apiKey": "sk-1"}
                )
            )["connection"]["id"]
            targets = [{"model": "demo/echo"}, {"model": f"n{round_}{number}/m", "connection": made_id}]
            await gateway.admin("POST", "/api/combos", {"name": f"c{round_}-{number}", "targets": targets})
            await gateway.chat("demo/echo")
        await gateway.rows(2 + 6 * round_)
        tries = []
        for _ in range(3):  # work in the background asks the database too, now and then
            with counted(gateway) as seen:
                told = await ask(gateway, query)
            tries.append(len(seen))
        counts.append(min(tries))
    assert len(told["providerNodes"]) == 10
    # Loads that become due at the same moment share a statement, so there may be one fewer, never more.
    assert counts[1] <= counts[0] + 1 <= 12, seen
