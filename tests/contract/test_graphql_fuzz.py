"""Every field of the GraphQL schema asked by a machine: whatever fits the schema is answered, and never by a fault.

`GRAPHQL_EXAMPLES=50 ./dev test tests/contract/test_graphql_fuzz.py` looks harder.
"""

import asyncio
import os
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from omniroute.graphql.schema import SNAPSHOT
from omniroute.kit.secret import Secret
from omniroute.services.proxies import ProxyChange, ProxyDraft
from tests.gateways import GatewayMaker

EXAMPLES = int(os.environ.get("GRAPHQL_EXAMPLES", "1"))
# What answers these is the gateway's end, or somebody else's way in.
SPARED = {"restart", "shutdown", "setLoginRequirement", "updateIpFilter"}
FAULTS = {"internal_error", "timeout"}


@pytest.fixture(scope="module")
def schema() -> Any:
    texts = st.text(max_size=20).map(nodes.String)
    schemathesis.graphql.scalar("DateTime", st.just("2030-01-31T12:00:00Z").map(nodes.String))
    schemathesis.graphql.scalar("Decimal", st.integers(0, 1000).map(lambda one: nodes.String(str(one))))
    schemathesis.graphql.scalar("Long", st.integers(-(2**53) + 1, 2**53 - 1).map(nodes.Int))
    schemathesis.graphql.scalar("Secret", texts)
    schemathesis.graphql.scalar("JSON", st.one_of(texts, st.integers(0, 9).map(nodes.Int)))
    return schemathesis.graphql.from_file(SNAPSHOT.read_text(encoding="utf-8"))


def ask_all(schema: Any, url: str, headers: Mapping[str, str]) -> tuple[int, list[str]]:
    """Ask every field; return how many operations were sent, and what went wrong."""
    found: list[str] = []
    sent = 0
    with httpx.Client(headers=dict(headers), timeout=30, trust_env=False) as client:
        for result in schema.get_all_operations():
            operation = result.ok()
            if operation.definition.field_name not in SPARED:
                sent += ask(operation, client, url, found)
    return sent, found


def ask(operation: Any, client: httpx.Client, url: str, found: list[str]) -> int:
    """Ask for one field in several ways; return how many, and add what went wrong."""
    sent = 0

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        nonlocal sent
        sent += 1
        answer = client.post(url, json={"query": case.body})
        told = answer.json()
        codes = {one.get("extensions", {}).get("code") for one in told.get("errors", ())}
        if answer.status_code >= 500 or codes & FAULTS:
            found.append(f"{operation.definition.field_name}: {told.get('errors')} for {case.body[:500]}")

    check()
    return sent


@pytest.mark.slow
async def test_no_operation_that_fits_the_schema_is_answered_by_a_fault(schema: Any, gateways: GatewayMaker) -> None:
    gateway = await gateways(host="0.0.0.0", initial_password=Secret("a password of the tests"))
    # Whatever would leave this machine ends at a port where nobody listens.
    nowhere = ProxyDraft(host="127.0.0.1", port=9)
    await gateway.gateway.services.proxies.update(ProxyChange(everywhere=nowhere))
    headers = {"authorization": f"Bearer {gateway.admin_key}"}
    sent, found = await asyncio.to_thread(ask_all, schema, f"{gateway.url}/graphql", headers)
    assert found == []
    assert sent > 90
