"""Combos, aliases and strategies through a whole gateway: which fake is asked, and what clients and the log hear."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from omniroute.formats.hub import Format
from omniroute.routing.strategies import Strategy
from omniroute.services.balancing import BalanceChange
from tests.fakes.fixtures import MakeFake
from tests.fakes.upstream import FakeUpstream
from tests.gateways import GatewayMaker, RunningGateway

MODEL = "fake-large"


@dataclass(kw_only=True)
class Trio:
    """A gateway with three nodes a, b and c, each before a fake of its own."""

    gateway: RunningGateway
    fakes: dict[str, FakeUpstream]

    async def combo(self, name: str, *targets: str | dict[str, Any], **more: Any) -> dict[str, Any]:
        """Make a combo of node names, model names or whole targets."""
        spelled = [self._target(one) for one in targets or ("a", "b", "c")]
        made: dict[str, Any] = await self.gateway.admin(
            "POST", "/api/combos", {"name": name, "targets": spelled, **more}
        )
        return made

    def _target(self, one: str | dict[str, Any]) -> dict[str, Any]:
        if isinstance(one, str):
            return {"model": f"{one}/{MODEL}" if one in self.fakes else one}
        return {**one, "model": f"{one['model']}/{MODEL}" if one["model"] in self.fakes else one["model"]}

    async def ask(self, model: str, times: int = 1, **more: Any) -> list[str]:
        """Ask one request after the other; return the providers that answered."""
        answers = [await self.gateway.chat(model, **more) for _ in range(times)]
        assert [answer.status_code for answer in answers] == [200] * times, answers[-1].text
        return [answer.headers["x-omniroute-provider"] for answer in answers]

    def asked(self) -> list[int]:
        """How many requests each fake has had."""
        return [len(fake.generations) for fake in self.fakes.values()]


@pytest.fixture
async def trio(gateway: RunningGateway, fakes: MakeFake) -> Trio:
    made = {name: await fakes(Format.OPENAI_CHAT) for name in "abc"}
    for name, fake in made.items():
        await gateway.connect(fake, name)
    return Trio(gateway=gateway, fakes=made)


async def test_a_combo_of_three_with_two_dead_answers_every_request(trio: Trio) -> None:
    trio.fakes["a"].faults.always("500")
    trio.fakes["b"].faults.always("reset")
    await trio.combo("best")
    wave = 20
    for number in range(300 // wave):
        answers = await asyncio.gather(*(trio.gateway.chat("best", stream=number % 2 == 1) for _ in range(wave)))
        assert [answer.status_code for answer in answers] == [200] * wave
        assert {answer.headers["x-omniroute-provider"] for answer in answers} == {"c"}
    # What is dead is left alone, and not knocked at by each request.
    assert sum(trio.asked()[:2]) < 150


async def test_the_record_and_the_headers_name_the_combo(trio: Trio) -> None:
    await trio.combo("best")
    answer = await trio.gateway.chat("best")
    assert answer.headers["x-omniroute-combo"] == "best"
    trio.fakes["a"].faults.push("400")
    refused = await trio.gateway.chat("best", stream=True)
    assert (refused.status_code, refused.headers["x-omniroute-combo"]) == (400, "best")
    plain = await trio.gateway.chat(f"a/{MODEL}")
    assert "x-omniroute-combo" not in plain.headers
    rows = await trio.gateway.rows(3)
    assert [row.combo for row in rows] == [None, "best", "best"]
    logged = await trio.gateway.admin("GET", "/api/usage/request-logs")
    assert [one["combo"] for one in logged] == [None, "best", "best"]


async def test_priority_goes_by_the_number_and_then_by_the_list(trio: Trio) -> None:
    await trio.combo(
        "best", {"model": "a", "priority": 2}, {"model": "b", "priority": 1}, {"model": "c", "priority": 2}
    )
    assert await trio.ask("best", 3) == ["b"] * 3
    trio.fakes["b"].faults.always("503")
    assert await trio.ask("best", 3) == ["a"] * 3


async def test_weights_are_shares(trio: Trio) -> None:
    await trio.combo(
        "split",
        {"model": "a", "weight": 3},
        {"model": "b", "weight": 1},
        {"model": "c", "weight": 0},
        strategy="weighted",
    )
    counted = Counter(await trio.ask("split", 200))
    # Five standard deviations (6.1) on either side of 150 and 50.
    assert 119 < counted["a"] < 181
    assert counted["a"] + counted["b"] == 200


async def test_round_robin_gives_each_its_turns_in_a_row(trio: Trio) -> None:
    await trio.combo("round", strategy="round-robin", config={"stickyLimit": 2})
    assert "".join(await trio.ask("round", 8)) == "aabbccaa"


async def test_round_robin_leaves_out_what_is_cooling_without_giving_its_neighbour_all(trio: Trio) -> None:
    await trio.combo("round", strategy="round-robin")
    trio.fakes["a"].faults.push("429", retry_after="60")
    counted = Counter(await trio.ask("round", 41))
    assert counted["a"] == 0
    assert abs(counted["b"] - counted["c"]) <= 2


async def test_random_reaches_everybody(trio: Trio) -> None:
    await trio.combo("any", strategy="random")
    assert set(await trio.ask("any", 60)) == {"a", "b", "c"}


async def test_least_used_goes_where_nothing_is_under_way(trio: Trio) -> None:
    await trio.combo("calm", strategy="least-used")
    trio.fakes["a"].faults.push("slow_first_byte", delay_s=0.5)
    trio.fakes["b"].faults.push("slow_first_byte", delay_s=0.5)
    slow = [asyncio.create_task(trio.gateway.chat("calm"))]
    await trio.fakes["a"].asked()
    slow.append(asyncio.create_task(trio.gateway.chat("calm")))
    await trio.fakes["b"].asked()
    assert await trio.ask("calm", 2) == ["c", "c"]
    assert [answer.headers["x-omniroute-provider"] for answer in await asyncio.gather(*slow)] == ["a", "b"]
    assert await trio.ask("calm") == ["a"], "of those that are free the one with the fewest requests so far"


async def test_the_quickest_is_found_and_kept(trio: Trio) -> None:
    await trio.combo("quick", strategy="latency-optimized")
    for name in "ac":
        trio.fakes[name].faults.push("slow_first_byte", delay_s=0.4)
    assert sorted(await trio.ask("quick", 3)) == ["a", "b", "c"], "each is tried once, to be known"
    assert await trio.ask("quick", 5) == ["b"] * 5


async def test_of_two_drawn_the_slower_one_never_goes_first(trio: Trio) -> None:
    await trio.combo("two", "a", "b", strategy="p2c")
    trio.fakes["a"].faults.push("slow_first_byte", delay_s=0.4)
    assert set(await trio.ask("two", 2)) == {"a", "b"}
    assert await trio.ask("two", 10) == ["b"] * 10


async def test_fill_first_stays_with_the_first_until_it_fails(trio: Trio) -> None:
    await trio.combo("fill", strategy="fill-first")
    assert await trio.ask("fill", 4) == ["a"] * 4
    trio.fakes["a"].faults.push("429", retry_after="60")
    assert await trio.ask("fill", 4) == ["b"] * 4


async def test_the_last_known_good_goes_on_being_asked(trio: Trio) -> None:
    await trio.combo("good", strategy="last-known-good")
    trio.fakes["a"].faults.push("429", retry_after="1")
    assert await trio.ask("good") == ["b"]
    await asyncio.sleep(1.1)  # until nothing is held against the first any more
    assert await trio.ask("good", 3) == ["b"] * 3


async def test_the_cheapest_is_asked_and_unknown_prices_come_last(gateways: GatewayMaker, fakes: MakeFake) -> None:
    gateway = await gateways()
    fake = await fakes(Format.OPENAI_CHAT)
    await gateway.node(fake, "own")
    for provider in ("openai", "groq"):
        body = {"provider": provider, "name": provider, "apiKey": fake.key, "baseUrl": fake.api_url, "local": True}
        await gateway.admin("POST", "/api/providers", body)
    await gateway.admin("POST", "/api/providers", {"provider": "own", "name": "own", "apiKey": fake.key})
    models = ["own/gpt-4o", "openai/gpt-4o", "openai/gpt-4o-mini"]
    await gateway.admin("POST", "/api/combos", {"name": "cheap", "models": models, "strategy": "cost-optimized"})
    fake.faults.push("404", times=2)
    await gateway.chat("cheap")
    assert [request.body["model"] for request in fake.generations] == ["gpt-4o-mini", "gpt-4o", "gpt-4o"]
    row = (await gateway.rows(1))[0]
    assert [attempt.provider for attempt in row.attempts] == ["openai", "openai", "own"]


async def test_a_window_that_is_too_small_is_passed_over(trio: Trio) -> None:
    await trio.combo(
        "fit",
        {"model": "a", "contextWindow": 1_000},
        {"model": "b", "contextWindow": 100_000},
        strategy="context-optimized",
    )
    assert await trio.ask("fit") == ["a"]
    assert await trio.ask("fit", text="word " * 2_000) == ["b"]


async def test_conditions_choose_by_the_request(trio: Trio) -> None:
    await trio.combo(
        "by-kind",
        {"model": "a", "condition": {"needsTools": True}},
        {"model": "b", "condition": {"minInputTokens": 1_000}},
        {"model": "c", "condition": {"maxInputTokens": 999, "stream": False}},
    )
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
    assert await trio.ask("by-kind") == ["c"]
    assert await trio.ask("by-kind", tools=[tool]) == ["a"]
    assert await trio.ask("by-kind", text="word " * 2_000) == ["b"]
    answer = await trio.gateway.chat("by-kind", stream=True)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "no_target_takes_it"
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/p.png"}}
    await trio.combo("seeing", {"model": "a", "condition": {"needsImages": True}}, "b")
    messages = [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, picture]}]
    assert await trio.ask("seeing", messages=messages) == ["a"]
    assert await trio.ask("seeing") == ["b"]


async def test_combos_in_combos_and_aliases_lead_to_targets(trio: Trio) -> None:
    await trio.combo("inner", "b", "c")
    await trio.combo("outer", "a", "inner")
    aliases = (("claude-*", "fast"), ("fast", "outer"), ("claude-opus-?", f"c/{MODEL}"))
    for position, (alias, model) in enumerate(aliases):
        await trio.gateway.admin("POST", "/api/models/alias", {"alias": alias, "model": model, "position": position})
    assert await trio.ask("outer") == ["a"]
    trio.fakes["a"].faults.always("500")
    trio.fakes["b"].faults.always("500")
    answer = await trio.gateway.chat("claude-sonnet-5")
    assert (answer.status_code, answer.headers["x-omniroute-provider"]) == (200, "c")
    assert answer.headers["x-omniroute-combo"] == "outer"
    assert (await trio.gateway.rows(2))[0].requested_model == "claude-sonnet-5"
    # The first pattern that covers a name counts, until the order is changed.
    assert (await trio.gateway.chat("claude-opus-5")).headers["x-omniroute-combo"] == "outer"
    await trio.gateway.admin("PUT", "/api/models/alias", {"alias": "claude-*", "model": "fast", "position": 9})
    assert "x-omniroute-combo" not in (await trio.gateway.chat("claude-opus-5")).headers


async def test_names_are_listed_for_clients(trio: Trio) -> None:
    await trio.combo("best")
    off = await trio.combo("resting")
    await trio.gateway.admin("PATCH", f"/api/combos/{off['id']}", {"isActive": False})
    for alias in ("fast", "claude-*"):
        await trio.gateway.admin("POST", "/api/models/alias", {"alias": alias, "model": "best"})
    listed = (await trio.gateway.http.get(f"{trio.gateway.url}/v1/models", headers=trio.gateway.auth)).json()["data"]
    owners = {one["id"]: one["owned_by"] for one in listed}
    assert (owners["best"], owners["fast"]) == ("combo", "alias")
    assert not {"resting", "claude-*"} & owners.keys()
    answer = await trio.gateway.chat("resting")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "combo_inactive")


async def test_a_combo_whose_targets_lead_nowhere_says_why(trio: Trio) -> None:
    await trio.combo("lost", "openai/gpt-5", "no-such-model")
    answer = await trio.gateway.chat("lost")
    assert answer.status_code == 400
    message = answer.json()["error"]["message"]
    assert "no active connection for provider 'openai'" in message
    assert "no-such-model" in message
    await trio.combo("half", "openai/gpt-5", "c")
    assert await trio.ask("half") == ["c"]


async def test_a_target_may_name_its_connection(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    first, second = await gateway.connect(fake_openai, "own", "first", "second")
    target = {"model": f"own/{MODEL}", "connection": second}
    await gateway.admin("POST", "/api/combos", {"name": "pinned", "targets": [target]})
    await gateway.chat(f"own/{MODEL}")
    await gateway.chat("pinned")
    assert [row.connection_id for row in await gateway.rows(2)] == [second, first]


async def test_a_combo_has_its_own_limits(trio: Trio) -> None:
    for fake in trio.fakes.values():
        fake.faults.always("500")
    await trio.combo("twice", config={"maxAttempts": 2})
    answer = await trio.gateway.chat("twice")
    assert answer.status_code == 502
    assert len(answer.json()["error"]["attempts"]) == 2


async def test_a_slow_target_is_left_for_the_next_by_the_combos_own_clock(trio: Trio) -> None:
    trio.fakes["a"].faults.always("disconnect_watch")
    await trio.combo("hasty", config={"firstByteTimeoutMs": 200})
    began = asyncio.get_running_loop().time()
    assert await trio.ask("hasty") == ["b"]
    assert asyncio.get_running_loop().time() - began < 3


@pytest.mark.parametrize("stream", [False, True])
async def test_a_combo_ends_when_its_time_is_over_and_holds_it_against_nobody(trio: Trio, stream: bool) -> None:
    for fake in trio.fakes.values():
        fake.faults.always("disconnect_watch")
    await trio.combo("short", config={"timeoutMs": 300})
    began = asyncio.get_running_loop().time()
    answer = await trio.gateway.chat("short", stream=stream)
    assert answer.status_code == 504
    assert asyncio.get_running_loop().time() - began < 3
    assert trio.asked() == [1, 0, 0]
    shown = (await trio.gateway.admin("GET", "/api/providers"))["connections"]
    assert {one["status"] for one in shown} == {"ready"}


async def test_a_stream_that_began_in_time_may_last_longer(trio: Trio) -> None:
    trio.fakes["a"].pace_s = 0.6
    await trio.combo("short", "a", config={"timeoutMs": 1_000})
    began = asyncio.get_running_loop().time()
    answer = await trio.gateway.chat("short", text="Hi", stream=True)
    assert asyncio.get_running_loop().time() - began > 1.5
    assert answer.text.rstrip().endswith("[DONE]")
    assert (await trio.gateway.rows(1))[0].outcome == "ok"


async def test_metrics_count_requests_tries_and_fallbacks(trio: Trio) -> None:
    await trio.combo("best", "a", "b")
    await trio.ask("best", 2)
    trio.fakes["a"].faults.push("429", retry_after="60")
    await trio.ask("best")
    found = (await trio.gateway.admin("GET", "/api/combos/metrics?combo=best"))["metrics"]["best"]
    kept = ("totalRequests", "totalSuccesses", "totalFailures", "totalFallbacks", "successRate", "fallbackRate")
    assert [found[name] for name in kept] == [3, 3, 0, 1, 100, 33]
    first, second = found["byModel"][f"a/{MODEL}"], found["byModel"][f"b/{MODEL}"]
    assert [first[name] for name in ("requests", "successes", "failures", "inFlight")] == [3, 2, 1, 0]
    assert (first["lastStatus"], second["lastStatus"]) == ("rate", "ok")
    assert found["strategy"] == "priority"
    assert found["avgLatencyMs"] > 0
    await trio.gateway.admin("DELETE", "/api/combos/metrics")
    found = (await trio.gateway.admin("GET", "/api/combos/metrics"))["metrics"]["best"]
    assert (found["totalRequests"], found["byModel"][f"a/{MODEL}"]["requests"]) == (0, 0)


async def test_a_test_asks_every_target_for_real(trio: Trio) -> None:
    trio.fakes["a"].faults.always("401")
    await trio.combo("best", "a", "b", "openai/gpt-5")
    found = await trio.gateway.admin("POST", "/api/combos/test", {"comboName": "best"})
    assert [one["status"] for one in found["results"]] == ["error", "ok", "error"]
    assert [one["statusCode"] for one in found["results"]] == [502, 200, 400]
    assert found["resolvedBy"] == f"b/{MODEL}"
    assert found["results"][1]["latencyMs"] > 0
    assert "no active connection" in found["results"][2]["error"]
    assert trio.asked() == [1, 1, 0]
    assert {row.path for row in await trio.gateway.rows(2)} == {"/api/combos/test"}


# ── accounts of one provider ────────────────────────────────────────────────────────────────────────────────────────


async def accounts(gateway: RunningGateway, fake: FakeUpstream) -> dict[str, str]:
    """Connect three accounts of one provider; return their names by id."""
    names = ("one", "two", "three")
    return dict(zip(await gateway.connect(fake, "own", *names), names, strict=True))


async def used(gateway: RunningGateway, names: dict[str, str], count: int) -> list[str]:
    """Return which accounts answered, the first request first."""
    rows = await gateway.rows(count)
    return [names[row.connection_id or ""] for row in reversed(rows)]


async def test_accounts_of_one_provider_take_turns_when_told_to(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    names = await accounts(gateway, fake_openai)
    change = BalanceChange(fallback_strategy=Strategy.ROUND_ROBIN, sticky_round_robin_limit=2)
    await gateway.gateway.plane.balancing.update(change)
    for _ in range(6):
        await gateway.chat(f"own/{MODEL}")
    assert await used(gateway, names, 6) == ["one", "one", "two", "two", "three", "three"]


@pytest.mark.parametrize(
    ("headers", "more"),
    [({"x-session-id": "s1"}, {}), ({}, {"prompt_cache_key": "s1"}), ({}, {"user": "s1"})],
)
async def test_a_conversation_stays_with_its_account_unless_that_cools(
    gateway: RunningGateway, fake_openai: FakeUpstream, headers: dict[str, str], more: dict[str, str]
) -> None:
    names = await accounts(gateway, fake_openai)
    change = BalanceChange(fallback_strategy=Strategy.ROUND_ROBIN, sticky_round_robin_limit=1)
    await gateway.gateway.plane.balancing.update(change)

    async def ask(**ours: Any) -> None:
        body = {"model": f"own/{MODEL}", "messages": [{"role": "user", "content": "Hi"}], **ours}
        sent = {**gateway.auth, **(headers if ours else {})}
        answer = await gateway.http.post(f"{gateway.url}/v1/chat/completions", json=body, headers=sent)
        assert answer.status_code == 200
        assert answer.headers.get("x-omniroute-session-id") == (headers.get("x-session-id") if ours else None)

    ours: dict[str, Any] = dict(more) or {"temperature": 1}
    await ask(**ours)
    await ask()
    await ask(**ours)
    await ask()
    await ask(**ours)
    assert (await used(gateway, names, 5))[::2] == ["one"] * 3
    fake_openai.faults.push("429", retry_after="60")
    for _ in range(3):
        await ask(**ours)
    moved = (await used(gateway, names, 8))[5:]
    assert moved[0] != "one"
    assert moved == [moved[0]] * 3, "it stays with the account that took it over"


async def test_an_anthropic_conversation_is_known_by_its_user(
    gateway: RunningGateway, fake_anthropic: FakeUpstream
) -> None:
    names = await accounts(gateway, fake_anthropic)
    change = BalanceChange(fallback_strategy=Strategy.ROUND_ROBIN, sticky_round_robin_limit=1)
    await gateway.gateway.plane.balancing.update(change)
    for user in ("x", "y", "x", "y"):
        body = {
            "model": f"own/{MODEL}",
            "max_tokens": 50,
            "messages": [{"role": "user", "content": "Hi"}],
            "metadata": {"user_id": user},
        }
        answer = await gateway.http.post(f"{gateway.url}/v1/messages", json=body, headers=gateway.auth)
        assert answer.status_code == 200, answer.text
    assert await used(gateway, names, 4) == ["one", "two", "one", "two"]
