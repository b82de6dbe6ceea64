"""What a feed's message is made into, held against what GraphQL's own executor makes of it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLSchema, execute, get_operation_ast, parse, validate

from omniroute.graphql.projection import project
from omniroute.graphql.schema import build_schema
from omniroute.services.live_values import (
    LiveRequest,
    Percentiles,
    RequestNews,
    RequestStatus,
    SessionNews,
    TelemetryNews,
)

AT = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
REQUEST = LiveRequest(
    id="req_1", at=AT, status=RequestStatus.CLIENT_CLOSED, key_id=None, model="m", cost_usd=Decimal("1E-7")
)
REQUESTS = RequestNews(snapshot=False, missed=2, requests=(REQUEST, REQUEST))
NOTHING = Percentiles(p50=None, p95=1.5, p99=2.0, count=3)
TELEMETRY = TelemetryNews(
    snapshot=True, at=AT, window_seconds=60, covered_seconds=1, in_flight=2, requests_per_second=1.5, failure_rate=0.0,
    output_tokens_per_second=0.1, latency=NOTHING, first_token=NOTHING, providers=(),
)  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema()


def both(schema: GraphQLSchema, text: str, value: object) -> tuple[Any, Any]:
    """Return the projection's and the executor's data."""
    document = parse(text)
    assert validate(schema, document) == []
    operation = get_operation_ast(document)
    assert operation
    made = project(schema, document, operation)
    assert made is not None
    # As a subscription's event is executed: with the message as the root.
    result = execute(schema, document, root_value=value)
    assert isinstance(result, ExecutionResult)
    assert result.errors is None
    return made(value), result.data


@pytest.mark.parametrize(
    ("selected", "value"),
    [
        ("requestFeed { snapshot missed requests { id at status keyId model costUsd latencyMs } }", REQUESTS),
        ("r: requestFeed { s: snapshot __typename requests { t: __typename st: status } }", REQUESTS),
        ("requestFeed { ...A requests { id } } } fragment A on RequestNews { requests { at } missed", REQUESTS),
        ("requestFeed { ... on RequestNews { requests { ... { id } model id } } missed }", REQUESTS),
        ("requestFeed(intervalMs: 99) { requests { inputTokens provider } }", REQUESTS),
        ("telemetryFeed { at latency { p50 p95 count } providers { provider } failureRate }", TELEMETRY),
        ("liveSessions { sessions { id } ended }", SessionNews(snapshot=True, sessions=(), ended=("s",))),
    ],
)
def test_a_message_becomes_what_the_executor_makes_of_it(schema: GraphQLSchema, selected: str, value: object) -> None:
    made, expected = both(schema, f"subscription {{ {selected} }}", value)
    assert made == expected
    assert list(made) == list(expected)


def test_a_directive_is_left_to_the_executor(schema: GraphQLSchema) -> None:
    for text in (
        "subscription ($x: Boolean!) { requestFeed { snapshot @include(if: $x) } }",
        "subscription { requestFeed { ...A @skip(if: true) missed } } fragment A on RequestNews { snapshot }",
    ):
        document = parse(text)
        operation = get_operation_ast(document)
        assert operation
        assert project(schema, document, operation) is None
