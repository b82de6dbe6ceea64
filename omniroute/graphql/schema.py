"""The schema: every noun's queries, mutations and subscriptions put together."""

from pathlib import Path
from typing import Any

import strawberry
from graphql import GraphQLSchema, print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from omniroute.graphql import (
    audit,
    backups,
    breakers,
    budgets,
    cache,
    catalogue,
    checks,
    cli_tools,
    combos,
    configuration,
    connections,
    evals,
    explain,
    ip_filter,
    jobs,
    keys,
    live,
    model_catalogue,
    models,
    nodes,
    oauth,
    playground,
    policies,
    policy_trials,
    pricing,
    proxies,
    rates,
    requests,
    resilience,
    shaping,
    sync,
    system,
    telemetry,
    translation,
    usage,
)
from omniroute.graphql.outcome import HANDLERS
from omniroute.graphql.scalars import SCALARS

SNAPSHOT = Path(__file__).with_name("schema.graphql")

_NOUNS: tuple[Any, ...] = (
    catalogue,
    connections,
    oauth,
    nodes,
    checks,
    proxies,
    model_catalogue,
    models,
    combos,
    configuration,
    keys,
    budgets,
    rates,
    pricing,
    requests,
    usage,
    telemetry,
    explain,
    resilience,
    breakers,
    policies,
    policy_trials,
    shaping,
    ip_filter,
    cache,
    backups,
    cli_tools,
    evals,
    sync,
    jobs,
    audit,
    live,
    playground,
    translation,
    system,
)


def build_schema() -> GraphQLSchema:
    """Return the schema; raise when types do not fit together."""
    made = strawberry.Schema(
        query=_merged("Query", "What the gateway knows."),
        mutation=_merged("Mutation", "What an operator can change. Each answers the thing, or a failure."),
        subscription=_merged("Subscription", "What can be watched as it happens."),
        exception_handlers=HANDLERS,
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    return made._schema  # noqa: SLF001 - strawberry has no other way to it


def text(schema: GraphQLSchema) -> str:
    """Return the schema as it stands in `schema.graphql`."""
    return print_schema(schema) + "\n"


def _merged(name: str, words: str) -> type[Any]:
    merged: type[Any] = merge_types(name, tuple(getattr(one, name) for one in _NOUNS if hasattr(one, name)))
    merged.__strawberry_definition__.description = words
    return merged
