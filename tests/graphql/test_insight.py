"""What was, what is and what would be: the request log, usage, telemetry, and questions about routing."""

from typing import Any

import pytest

from omniroute.graphql import usage
from tests.gateways import RunningGateway
from tests.graphql.asking import FAILURE, ask


async def served(gateway: RunningGateway, count: int = 3) -> None:
    """Send requests and wait until they are in the log."""
    for _ in range(count):
        assert (await gateway.chat("demo/echo")).is_success
    await gateway.rows(count)


async def test_one_request_is_told_with_its_decision(gateway: RunningGateway) -> None:
    await served(gateway, 1)
    listed = await ask(gateway, "{ requestLog(first: 1) { edges { node { id } } pageInfo { hasNextPage } } }")
    assert not listed["requestLog"]["pageInfo"]["hasNextPage"]
    request_id = listed["requestLog"]["edges"][0]["node"]["id"]
    query = """query ($id: ID!) { request(id: $id) { id outcome status decision tags cache losses
        attempts { number failure costUsd } key { name } } }"""
    told = (await ask(gateway, query, id=request_id))["request"]
    assert (told["id"], told["outcome"], told["status"]) == (request_id, "ok", 200)
    assert told["decision"] == {"reason": "'demo' names the provider"}
    assert told["key"] == {"name": "inference"}
    assert (await ask(gateway, query, id="req_none")) == {"request": None}


async def test_the_log_is_filtered_and_goes_on_by_its_cursor(gateway: RunningGateway) -> None:
    await served(gateway)
    await gateway.chat("demo/nothing-like-this-model-at-all")
    query = """query ($filter: RequestLogFilter, $after: String) {
        requestLog(first: 2, filter: $filter, after: $after) {
        edges { node { id status requestedModel } } pageInfo { hasNextPage endCursor } } }"""
    ids: list[str] = []
    after = None
    for expected in (2, 1):
        page = (await ask(gateway, query, filter={"status": "ok", "model": "echo"}, after=after))["requestLog"]
        assert len(page["edges"]) == expected
        ids += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert not page["pageInfo"]["hasNextPage"]
    assert len(set(ids)) == 3
    none = (await ask(gateway, query, filter={"search": "nowhere to be found"}))["requestLog"]
    assert none == {"edges": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}


@pytest.mark.parametrize(("by", "name"), [("PROVIDER", "demo"), ("MODEL", "echo")])
async def test_usage_in_sums_and_spans(gateway: RunningGateway, by: str, name: str) -> None:
    await served(gateway)
    query = f"""query ($period: UsagePeriod) {{ usageHistory(period: $period) {{ ... on UsageHistory {{
        totalRequests totalCost totalPromptTokens step byProvider {{ name value {{ requests cost }} }}
        byApiKey {{ name }} names {{ name value }} buckets {{ start name used {{ requests completionTokens }} }}
        last10Minutes {{ requests }} pending {{ byModel {{ name count }} }} activeRequests {{ count }} }}
        {FAILURE} }} }}"""
    told = (await ask(gateway, query, period={"step": "MINUTE", "by": by}))["usageHistory"]
    assert (told["totalRequests"], told["totalCost"], told["step"]) == (3, "0", "MINUTE")
    assert told["byProvider"] == [{"name": "demo", "value": {"requests": 3, "cost": "0"}}]
    assert {one["name"] for one in told["byApiKey"]} <= {one["name"] for one in told["names"]}
    assert {one["name"] for one in told["buckets"]} == {name}
    assert sum(one["used"]["requests"] for one in told["buckets"]) == 3
    assert len(told["last10Minutes"]) == 10
    period = {"since": "2030-01-02T00:00:00Z", "until": "2030-01-01T00:00:00Z"}
    refused = (await ask(gateway, query, period=period))["usageHistory"]
    assert (refused["__typename"], refused["fields"][0]["field"]) == ("InvalidInput", "since")


async def test_more_spans_than_a_chart_shows_are_refused(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    await served(gateway, 1)
    monkeypatch.setattr(usage, "MOST_SPANS", 0)
    query = f"{{ usageHistory {{ ... on UsageHistory {{ totalRequests }} {FAILURE} }} }}"
    refused = (await ask(gateway, query))["usageHistory"]
    assert (refused["__typename"], refused["fields"][0]["field"]) == ("InvalidInput", "period.step")


async def test_what_a_connection_was_used_for(gateway: RunningGateway) -> None:
    await served(gateway)
    connection = (await ask(gateway, '{ providerConnections(provider: "demo") { id } }'))["providerConnections"][0]
    query = f"""query ($id: ID!) {{ connectionUsage(id: $id) {{ ... on ConnectionUsage {{
        provider lastHour {{ requests }} byModel {{ name value {{ requests }} }} }} {FAILURE} }} }}"""
    told = (await ask(gateway, query, id=connection["id"]))["connectionUsage"]
    assert told["lastHour"] == {"requests": 3}
    assert told["byModel"] == [{"name": "echo", "value": {"requests": 3}}]
    assert (await ask(gateway, query, id="conn_none"))["connectionUsage"]["__typename"] == "Missing"


async def test_how_quick_answers_are_and_who_is_served(gateway: RunningGateway) -> None:
    await served(gateway)
    query = f"""query ($ms: Int!) {{ telemetrySummary(windowMs: $ms) {{ ... on TelemetrySummary {{
        windowMs count p50 models {{ name value {{ count p99 firstToken {{ count }} }} }} }} {FAILURE} }} }}"""
    told = (await ask(gateway, query, ms=60_000))["telemetrySummary"]
    assert (told["windowMs"], told["count"]) == (60_000, 3)
    assert told["p50"] > 0
    assert [(one["name"], one["value"]["count"]) for one in told["models"]] == [("demo/echo", 3)]
    assert (await ask(gateway, query, ms=1))["telemetrySummary"]["fields"][0]["field"] == "windowMs"
    served_now = "{ servedNow { count activeCount active { id } sessions { sessionId key requestCount costUsd } } }"
    now = (await ask(gateway, served_now))["servedNow"]
    assert now["activeCount"] == 0
    assert sum(one["requestCount"] for one in now["sessions"]) == 3
    assert {one["key"] for one in now["sessions"]} == {"inference"}


async def test_where_a_request_would_go(gateway: RunningGateway) -> None:
    query = f"""query ($input: RouteInput!) {{ route(input: $input) {{ ... on Route {{
        decision strategy inputTokens chosen {{ position state provider model format estimatedCostUsd }}
        candidateCount candidates {{ state }} }} {FAILURE} }} }}"""
    body = {"messages": [{"role": "user", "content": "Where would this go?"}]}
    told = (await ask(gateway, query, input={"model": "demo/echo", "format": "OPENAI_CHAT", "body": body}))["route"]
    chosen: dict[str, Any] = told["chosen"]
    assert (chosen["state"], chosen["provider"], chosen["model"]) == ("CHOSEN", "demo", "echo")
    assert told["candidateCount"] == len(told["candidates"]) == 1
    assert told["inputTokens"] > 0
    missing = (await ask(gateway, query, input={"model": "no-such-model"}))["route"]
    assert missing["__typename"] == "Missing"


async def test_what_recorded_requests_would_have_been(gateway: RunningGateway) -> None:
    await served(gateway)
    query = f"""query ($input: ReplayInput!) {{ replay(input: $input) {{ ... on Replay {{
        requests seed strategy actual {{ costUsd availability attempts }}
        replayed {{ availability share {{ name share }} }}
        targets {{ target observed basis priced }} notes }} {FAILURE} }} }}"""
    told = (await ask(gateway, query, input={"strategy": "PRIORITY", "targets": ["demo/echo"], "seed": 3}))["replay"]
    assert (told["requests"], told["seed"], told["strategy"]) == (3, 3, "PRIORITY")
    assert told["actual"]["availability"] == told["replayed"]["availability"] == 1
    refused = (await ask(gateway, query, input={"targets": ["demo/echo"]}))["replay"]
    assert refused["fields"][0]["field"] == "strategy"


async def test_a_request_is_shown_in_another_format(gateway: RunningGateway) -> None:
    query = f"""query ($input: TranslationInput!) {{ translate(input: $input) {{
        ... on Translation {{ body losses {{ path action }} }} {FAILURE} }} }}"""
    body = {"model": "m", "seed": 7, "messages": [{"role": "user", "content": "Hello"}]}
    told = (await ask(gateway, query, input={"source": "OPENAI_CHAT", "target": "ANTHROPIC", "body": body}))[
        "translate"
    ]
    assert told["body"]["messages"][0]["role"] == "user"
    assert ("sampling.seed", "DROPPED") in {(one["path"], one["action"]) for one in told["losses"]}
    wrong = {"source": "OPENAI_CHAT", "target": "ANTHROPIC", "body": {"messages": "Hello"}}
    assert (await ask(gateway, query, input=wrong))["translate"]["__typename"] == "InvalidInput"
