"""Every choice can be explained: in headers, in the log, before a request is sent and afterwards."""

import asyncio
from typing import Any

import pytest

from omniroute.formats.hub import Format
from omniroute.kit.events import FirstToken, Happening, RequestFinished, RequestStarted, TryFailed
from omniroute.routing.strategies import Strategy
from omniroute.services.balancing import BalanceChange
from tests.fakes.fixtures import MakeFake
from tests.fakes.upstream import FakeUpstream
from tests.gateways import RunningGateway

MODEL = "fake-large"


class Pair:
    """A gateway with the nodes a and b, and a combo `best` over both."""

    def __init__(self, gateway: RunningGateway, a: FakeUpstream, b: FakeUpstream) -> None:
        self.gateway = gateway
        self.a = a
        self.b = b
        self.ids: dict[str, str] = {}

    async def build(self, strategy: str = "priority", **targets: Any) -> None:
        for name, fake in (("a", self.a), ("b", self.b)):
            (self.ids[name],) = await self.gateway.connect(fake, name, f"{name} account")
        body = {
            "name": "best",
            "strategy": strategy,
            "targets": [{"model": f"{name}/{MODEL}", **targets.get(name, {})} for name in "ab"],
        }
        await self.gateway.admin("POST", "/api/combos", body)

    async def dry_run(self, model: str = "best", **more: Any) -> Any:
        return await self.gateway.admin("POST", "/api/routing/dry-run", {"model": model, **more})

    async def shown(self, request_id: str, count: int = 1) -> Any:
        await self.gateway.rows(count)
        return await self.gateway.admin("GET", f"/api/usage/request-logs/{request_id}")


@pytest.fixture
async def pair(gateway: RunningGateway, fakes: MakeFake) -> Pair:
    return Pair(gateway, await fakes(Format.OPENAI_CHAT), await fakes(Format.OPENAI_CHAT))


async def test_headers_name_the_account_and_the_reason(pair: Pair) -> None:
    await pair.build()
    answer = await pair.gateway.chat("best")
    assert answer.headers["x-omniroute-connection"] == "a account"
    assert answer.headers["x-omniroute-decision"] == "priority: first of 2"
    pair.a.faults.push("503")
    answer = await pair.gateway.chat("best", stream=True)
    assert answer.headers["x-omniroute-connection"] == "b account"
    assert answer.headers["x-omniroute-decision"] == "priority: number 2 of 2, after 1 failed"
    plain = await pair.gateway.chat(f"b/{MODEL}")
    assert plain.headers["x-omniroute-decision"] == "'b' names the provider"


async def test_the_log_tells_the_whole_decision(pair: Pair) -> None:
    await pair.build(b={"condition": {"minInputTokens": 100_000}})
    answer = await pair.gateway.chat("best")
    shown = await pair.shown(answer.headers["x-request-id"])
    decision = shown["decision"]
    assert decision["reason"] == "priority: first of 2"
    assert "the combo 'best' chooses by priority" in decision["name"]
    assert decision["facts"]["inputTokens"] > 0
    (group,) = [one for one in decision["groups"] if one["strategy"] == "priority"]
    assert [one["connection"] for one in group["candidates"]] == ["a account"]
    assert group["skipped"][0]["why"] == "its condition excludes the request"
    assert (shown["priceVersion"], shown["losses"], shown["attempts"]) == (None, [], [])


async def test_what_was_cooling_is_named_with_the_reason(pair: Pair) -> None:
    await pair.build()
    pair.a.faults.push("429", retry_after="60")
    await pair.gateway.chat("best")
    answer = await pair.gateway.chat("best")
    shown = await pair.shown(answer.headers["x-request-id"], 2)
    (skipped,) = shown["decision"]["groups"][0]["skipped"]
    assert skipped["connection"] == "a account"
    assert skipped["why"].startswith("cooling (rate)")


async def test_a_plain_model_has_its_reason_alone_and_an_unknown_id_is_not_found(pair: Pair) -> None:
    await pair.build()
    answer = await pair.gateway.chat(f"a/{MODEL}")
    assert (await pair.shown(answer.headers["x-request-id"]))["decision"] == {"reason": "'a' names the provider"}
    headers = {"authorization": f"Bearer {pair.gateway.admin_key}"}
    missing = await pair.gateway.http.get(pair.gateway.url + "/api/usage/request-logs/req_none", headers=headers)
    assert missing.status_code == 404


async def test_a_conversation_that_stays_says_so(pair: Pair) -> None:
    await pair.build("round-robin")
    for _ in range(3):
        answer = await pair.gateway.chat("best", user="somebody")
        assert answer.headers["x-omniroute-provider"] == "a"
    assert answer.headers["x-omniroute-decision"] == "round-robin: the conversation stays with its account"


async def test_a_dry_run_says_where_a_request_would_go_and_changes_nothing(pair: Pair) -> None:
    await pair.build("round-robin")
    for _ in range(3):
        told = await pair.dry_run()
        assert told["chosen"]["connection"] == "a account"
    assert told["decision"] == "round-robin: the turn of 2"
    assert [one["state"] for one in told["candidates"]] == ["chosen", "next"]
    answers = [(await pair.gateway.chat("best")).headers["x-omniroute-provider"] for _ in range(2)]
    assert answers == ["a", "b"]
    assert (await pair.dry_run())["chosen"]["connection"] == "a account"
    assert (len(pair.a.generations), len(pair.b.generations)) == (1, 1)
    assert len(await pair.gateway.rows(2)) == 2, "a dry run is no request"


async def test_a_dry_run_and_the_request_agree_for_every_strategy_without_chance(pair: Pair) -> None:
    await pair.build()
    combo = (await pair.gateway.admin("GET", "/api/combos"))["combos"][0]
    for strategy in set(Strategy) - {Strategy.RANDOM, Strategy.WEIGHTED, Strategy.TWO_CHOICES}:
        await pair.gateway.admin("PUT", f"/api/combos/{combo['id']}", {"strategy": strategy.value})
        told = await pair.dry_run(body={"messages": [{"role": "user", "content": "Hello there"}]})
        answer = await pair.gateway.chat("best")
        assert told["chosen"]["provider"] == answer.headers["x-omniroute-provider"], strategy
        assert told["decision"] == answer.headers["x-omniroute-decision"], strategy


async def test_a_dry_run_tells_costs_losses_and_why_others_are_out(pair: Pair, fakes: MakeFake) -> None:
    anthropic = await fakes(Format.ANTHROPIC)
    for provider, fake in (("openai", pair.a), ("anthropic", anthropic)):
        body = {"provider": provider, "name": provider, "apiKey": fake.key, "baseUrl": fake.api_url, "local": True}
        await pair.gateway.admin("POST", "/api/providers", body)
    targets = [
        {"model": "anthropic/claude-sonnet-4-5"},
        {"model": "openai/gpt-4o-mini"},
        {"model": "openai/gpt-4o", "condition": {"needsImages": True}},
    ]
    await pair.gateway.admin("POST", "/api/combos", {"name": "cheap", "strategy": "cost-optimized", "targets": targets})
    body = {"messages": [{"role": "user", "content": "word " * 4000}], "max_tokens": 100, "logit_bias": {"1": 1}}
    told = await pair.dry_run("cheap", body=body)
    assert told["inputTokens"] == pytest.approx(5000, rel=0.01)
    assert told["outputTokens"] == 100
    first, second, out = told["candidates"]
    assert (first["model"], first["state"], first["scoreUnit"]) == ("gpt-4o-mini", "chosen", "estimated US dollars")
    assert first["estimatedCostUsd"] == pytest.approx(first["score"], rel=0.01)
    assert second["estimatedCostUsd"] > first["estimatedCostUsd"] > 0
    assert first["contextWindow"] == 128_000
    assert (first["losses"], [one.partition(":")[0] for one in second["losses"]]) == ([], ["sampling.logit_bias"])
    assert (out["model"], out["state"], out["reason"]) == ("gpt-4o", "skipped", "its condition excludes the request")


@pytest.mark.parametrize("form", list(Format))
async def test_a_dry_run_takes_a_body_of_any_format(pair: Pair, form: Format) -> None:
    await pair.build()
    said = [{"role": "user", "content": "Hello"}]
    bodies: dict[Format, Any] = {
        Format.OPENAI_CHAT: {"messages": said},
        Format.OPENAI_RESPONSES: {"input": "Hello"},
        Format.ANTHROPIC: {"messages": said, "max_tokens": 77},
        Format.GEMINI: {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]},
        Format.OLLAMA: {"messages": said},
    }
    told = await pair.dry_run(format=form.value, body=bodies[form])
    assert told["chosen"]["provider"] == "a"
    assert told["inputTokens"] >= 2


async def test_a_dry_run_of_what_leads_nowhere_says_what_the_gateway_would(pair: Pair) -> None:
    await pair.build()
    headers = {"authorization": f"Bearer {pair.gateway.admin_key}"}
    for body, status in (({"model": "nobody-has-this"}, 404), ({"model": "zz/x", "body": {"messages": 3}}, 404)):
        answer = await pair.gateway.http.post(pair.gateway.url + "/api/routing/dry-run", json=body, headers=headers)
        assert answer.status_code == status
    pair.a.faults.push("429", retry_after="60")
    pair.b.faults.push("429", retry_after="60")
    await pair.gateway.chat("best")
    told = await pair.dry_run()
    assert told["chosen"] is None
    assert {one["state"] for one in told["candidates"]} == {"skipped"}


async def test_the_context_window_of_a_known_model_need_not_be_typed(pair: Pair) -> None:
    body = {"provider": "openai", "name": "o", "apiKey": pair.a.key, "baseUrl": pair.a.api_url, "local": True}
    await pair.gateway.admin("POST", "/api/providers", body)
    targets = [{"model": "openai/gpt-4o"}, {"model": "openai/gpt-4.1"}]
    combo = {"name": "fits", "strategy": "context-optimized", "targets": targets}
    await pair.gateway.admin("POST", "/api/combos", combo)
    assert (await pair.gateway.chat("fits")).headers["x-omniroute-model"] == "gpt-4o"
    large = await pair.gateway.chat("fits", text="word " * 200_000)
    assert large.headers["x-omniroute-model"] == "gpt-4.1"
    assert large.headers["x-omniroute-decision"] == "context-optimized: first that fits of 2"


async def test_a_replay_says_what_would_have_been_and_the_same_again(pair: Pair) -> None:
    await pair.build()
    for number in range(24):
        pair.a.faults.push("500") if number % 4 == 0 else None
        await pair.gateway.chat(f"a/{MODEL}")
        await pair.gateway.admin("PUT", f"/api/providers/{pair.ids['a']}", {"weight": 1})  # forgets the cooldown
        await pair.gateway.chat(f"b/{MODEL}")
    await pair.gateway.rows(48)
    ask = {"strategy": "priority", "targets": [f"b/{MODEL}", f"a/{MODEL}"], "seed": 7}
    told = await pair.gateway.admin("POST", "/api/routing/replay", ask)
    assert told["requests"] == 48
    assert told["replayed"]["availability"] == 1.0
    assert set(told["replayed"]["share"]) == {f"b/{MODEL}@{pair.ids['b']}"}
    assert told["actual"]["availability"] == pytest.approx(42 / 48, abs=1e-4)
    by_target = {one["target"]: one for one in told["targets"]}
    assert by_target[f"a/{MODEL}@{pair.ids['a']}"]["failureRate"] == 0.25
    assert told == await pair.gateway.admin("POST", "/api/routing/replay", ask)
    worse = await pair.gateway.admin("POST", "/api/routing/replay", {**ask, "targets": [f"a/{MODEL}"]})
    assert worse["replayed"]["availability"] < 1
    combo = await pair.gateway.admin("POST", "/api/routing/replay", {"combo": "best", "limit": 10})
    assert (combo["requests"], combo["strategy"]) == (10, "priority")
    assert len(await pair.gateway.rows(48)) == 48, "nothing was sent"
    metrics = await pair.gateway.admin("GET", "/api/combos/metrics?combo=best")
    assert metrics["metrics"]["best"]["totalRequests"] == 0, "nothing real was counted"


async def test_live_sessions_and_telemetry_show_what_goes_on(pair: Pair) -> None:
    await pair.build()
    pair.b.faults.push("slow_first_byte", delay_s=0.5)
    slow = asyncio.create_task(pair.gateway.chat(f"b/{MODEL}", stream=True, user="somebody"))
    await pair.b.asked()
    seen = await pair.gateway.admin("GET", "/api/sessions")
    (under_way,) = seen["active"]
    assert (under_way["provider"], under_way["stream"], under_way["key"]) == ("b", True, "inference")
    lines = await pair.gateway.admin("GET", "/api/usage/logs")
    assert lines[0].endswith("| B | b account | - | - | PENDING")
    history = await pair.gateway.admin("GET", "/api/usage/history")
    assert history["pending"]["byModel"] == {f"b/{MODEL}": 1}
    await slow
    await pair.gateway.chat("best")
    await pair.gateway.rows(2)
    seen = await pair.gateway.admin("GET", "/api/sessions")
    assert (seen["activeCount"], seen["count"]) == (0, 2)
    assert {one["connectionId"] for one in seen["sessions"]} == set(pair.ids.values())
    assert all(one["requestCount"] == 1 and one["outputTokens"] > 0 for one in seen["sessions"])
    told = await pair.gateway.admin("GET", "/api/telemetry/summary")
    assert set(told["providers"]) == {"a", "b"}
    assert told["providers"]["b"]["p50"] >= 490
    assert told["providers"]["b"]["firstToken"]["count"] == 1
    assert told["providers"]["a"]["p99"] < 490
    assert (told["count"], set(told["models"])) == (2, {f"a/{MODEL}", f"b/{MODEL}"})


async def test_history_and_a_connection_s_usage_are_sums(pair: Pair) -> None:
    await pair.build()
    for _ in range(3):
        await pair.gateway.chat("best")
    await pair.gateway.rows(3)
    told = await pair.gateway.admin("GET", "/api/usage/history?step=minute&by=provider")
    assert (told["totalRequests"], set(told["byProvider"]), set(told["byCombo"])) == (3, {"a"}, {"best"})
    assert sum(one["used"]["requests"] for one in told["buckets"]) == 3
    assert {one["name"] for one in told["buckets"]} == {"a"}
    assert sum(one["requests"] for one in told["last10Minutes"]) == 3
    assert told["names"][pair.ids["a"]] == "a account"
    one = await pair.gateway.admin("GET", f"/api/usage/{pair.ids['a']}")
    assert (one["name"], one["lastHour"]["requests"], one["last30Days"]["requests"]) == ("a account", 3, 3)
    lines = await pair.gateway.admin("GET", "/api/usage/logs?limit=2")
    assert len(lines) == 2
    assert lines[0].endswith("| 200 OK")


async def test_pages_of_the_log_follow_the_header(pair: Pair) -> None:
    await pair.build()
    for _ in range(5):
        await pair.gateway.chat("best")
    await pair.gateway.rows(5)
    headers = {"authorization": f"Bearer {pair.gateway.admin_key}"}
    seen: list[str] = []
    cursor = ""
    for _ in range(4):
        url = f"{pair.gateway.url}/api/usage/request-logs?limit=2&combo=best&status=ok{cursor}"
        answer = await pair.gateway.http.get(url, headers=headers)
        seen += [one["id"] for one in answer.json()]
        if "x-next-cursor" not in answer.headers:
            break
        cursor = f"&cursor={answer.headers['x-next-cursor']}"
    assert len(seen) == len(set(seen)) == 5
    for query in ("status=sometimes", "outcome=nice", "limit=0", "search=", "since=yesterday"):
        answer = await pair.gateway.http.get(f"{pair.gateway.url}/api/usage/request-logs?{query}", headers=headers)
        assert answer.status_code in {400, 422}, query


async def test_the_bus_tells_each_step_of_a_request(pair: Pair) -> None:
    await pair.build()
    pair.a.faults.push("503")
    plane = pair.gateway.gateway.plane
    with plane.bus.subscribe() as heard:
        await pair.gateway.chat("best", stream=True)
        await pair.gateway.rows(1)
        heard.close()
        events: list[Happening] = [event async for event in heard]
    steps = [
        type(event) for event in events if isinstance(event, RequestStarted | TryFailed | FirstToken | RequestFinished)
    ]
    assert steps == [RequestStarted, TryFailed, FirstToken, RequestFinished]
    failed = next(event for event in events if isinstance(event, TryFailed))
    assert (failed.provider, failed.failure, failed.number) == ("a", "overload", 1)
    first = next(event for event in events if isinstance(event, FirstToken))
    assert first.connection_id == pair.ids["b"]


async def test_decisions_among_accounts_are_told_too(pair: Pair) -> None:
    await pair.gateway.connect(pair.a, "many", "one", "two", "three")
    await pair.gateway.gateway.plane.balancing.update(BalanceChange(fallback_strategy=Strategy.LEAST_USED))
    answer = await pair.gateway.chat(f"many/{MODEL}")
    assert answer.headers["x-omniroute-decision"] == "least-used: the least used of 3"
    shown = await pair.shown(answer.headers["x-request-id"])
    assert [one["score"] for one in shown["decision"]["groups"][0]["candidates"]] == [0, 0, 0]
