"""Failing targets through a whole gateway: who is asked, how often, and what clients and operators hear."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from omniroute.formats.hub import Format
from omniroute.gateway.snapshot import Account
from omniroute.routing.strategies import Strategy
from tests.fakes.faults import Shape, Status
from tests.fakes.fixtures import MakeFake
from tests.fakes.upstream import FakeUpstream
from tests.gateways import GatewayMaker, RunningGateway

MODEL = "fake-large"
FAULTS: tuple[Shape | Status, ...] = (
    "401",
    "404",
    "429",
    "500",
    "529",
    "cut_before_content",
    "empty_stream",
    "error_in_200",
    "html_error",
)


@dataclass(kw_only=True)
class Several:
    """A gateway with a node of its own before each fake."""

    gateway: RunningGateway
    fakes: dict[str, FakeUpstream]
    ids: dict[str, str]

    async def combo(self, name: str, *nodes: str, **more: Any) -> None:
        targets = [{"model": f"{node}/{MODEL}"} for node in nodes or self.fakes]
        await self.gateway.admin("POST", "/api/combos", {"name": name, "targets": targets, **more})

    async def patient(self, **requests: Any) -> None:
        """Set limits for all requests."""
        await self.gateway.admin("PUT", "/api/resilience", {"requests": requests})

    async def profile(self, **fields: Any) -> None:
        """Change the profile that fakes on this machine have."""
        await self.gateway.admin("PUT", "/api/resilience", {"profiles": {"local": fields}})

    async def breakers(self) -> dict[str, dict[str, Any]]:
        shown = await self.gateway.admin("GET", "/api/resilience")
        return {one["name"]: one for one in shown["circuitBreakers"]}

    async def state(self, node: str, wanted: str) -> None:
        """Wait until a node's connection is in a state."""
        async with asyncio.timeout(5):
            while (await self.breakers()).get(f"connection:{self.ids[node]}", {}).get("state") != wanted:
                await asyncio.sleep(0.01)

    def asked(self) -> list[int]:
        return [len(fake.generations) for fake in self.fakes.values()]


async def several(gateway: RunningGateway, fakes: MakeFake, names: str) -> Several:
    made = {name: await fakes(Format.OPENAI_CHAT) for name in names}
    ids = {name: (await gateway.connect(fake, name))[0] for name, fake in made.items()}
    return Several(gateway=gateway, fakes=made, ids=ids)


@pytest.fixture
async def lone(gateway: RunningGateway, fakes: MakeFake) -> Several:
    return await several(gateway, fakes, "a")


@pytest.fixture
async def pair(gateway: RunningGateway, fakes: MakeFake) -> Several:
    return await several(gateway, fakes, "ab")


@pytest.fixture
async def trio(gateway: RunningGateway, fakes: MakeFake) -> Several:
    return await several(gateway, fakes, "abc")


# ── nobody hears of a failure while somebody answers ────────────────────────────────────────────────────────────────


async def test_a_combo_of_three_with_two_dead_answers_every_one_of_a_thousand_requests(trio: Several) -> None:
    trio.fakes["a"].faults.always("500")
    trio.fakes["b"].faults.always("cut_before_content")
    await trio.combo("best")
    for number in range(40):
        answers = await asyncio.gather(*(trio.gateway.chat("best", stream=number % 2 == 1) for _ in range(25)))
        assert {(one.status_code, one.headers["x-omniroute-provider"]) for one in answers} == {(200, "c")}
    dead = sum(trio.asked()[:2])
    assert dead < 150, "what is dead is left alone, and not knocked at by each request"


@pytest.mark.parametrize("strategy", Strategy)
async def test_every_strategy_gets_round_every_fault(trio: Several, strategy: Strategy) -> None:
    await trio.combo("best", strategy=strategy.value)
    for fault in FAULTS:
        for name in "ab":
            trio.fakes[name].faults.always(fault)
        for stream in (False, True):
            answer = await trio.gateway.chat("best", stream=stream)
            assert (answer.status_code, answer.headers["x-omniroute-provider"]) == (200, "c"), (fault, stream)
            assert not stream or answer.text.rstrip().endswith("[DONE]")
        await trio.gateway.admin("POST", "/api/resilience/reset")
        assert await trio.breakers() == {}


async def test_a_dead_one_of_two_costs_one_failed_try_until_it_has_cooled_down(pair: Several) -> None:
    await pair.profile(transientCooldown=60_000, maxTransientCooldown=60_000)
    await pair.combo("best")
    pair.fakes["a"].faults.always("500")
    for _ in range(30):
        assert (await pair.gateway.chat("best")).status_code == 200
    assert pair.asked() == [1, 30]


async def test_a_flapping_one_of_two_is_never_heard_of(pair: Several) -> None:
    await pair.profile(transientCooldown=1)
    await pair.combo("best", strategy="round-robin")
    for _ in range(30):
        pair.fakes["a"].faults.push("502")
        for _ in range(2):
            assert (await pair.gateway.chat("best")).status_code == 200


async def test_a_slow_one_of_two_is_left_for_the_other(pair: Several) -> None:
    await pair.patient(firstByteTimeoutMs=200)
    await pair.combo("best")
    pair.fakes["a"].faults.always("disconnect_watch")
    answer = await pair.gateway.chat("best")
    assert (answer.status_code, answer.headers["x-omniroute-provider"]) == (200, "b")
    assert (await pair.breakers())[f"connection:{pair.ids['a']}"]["reason"] == "timeout"


async def test_a_stream_that_is_cut_in_the_middle_is_held_against_its_provider(pair: Several) -> None:
    await pair.combo("best")
    pair.fakes["a"].faults.push("cut_at_boundary")
    answer = await pair.gateway.chat("best", stream=True)
    assert answer.headers["x-omniroute-provider"] == "a"
    assert (await pair.breakers())[f"connection:{pair.ids['a']}"]["reason"] == "truncated"
    assert (await pair.gateway.chat("best")).headers["x-omniroute-provider"] == "b"


# ── what is held against whom ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_clients_own_mistakes_are_held_against_nobody(lone: Several) -> None:
    for status in ("400", "413", "422"):
        for _ in range(6):
            lone.fakes["a"].faults.push(status)
            assert (await lone.gateway.chat(f"a/{MODEL}")).status_code == int(status)
    assert await lone.breakers() == {}


async def test_a_missing_model_is_locked_on_that_connection_only(gateway: RunningGateway, fakes: MakeFake) -> None:
    first, second = await fakes(Format.OPENAI_CHAT), await fakes(Format.OPENAI_CHAT)
    node = await gateway.node(first, "own")
    for number, fake in enumerate((first, second), 1):
        body = {"provider": node, "name": str(number), "apiKey": fake.key, "baseUrl": fake.api_url, "priority": number}
        await gateway.admin("POST", "/api/providers", body)
    first.faults.push("404")
    assert [(await gateway.chat(f"own/{MODEL}")).status_code for _ in range(3)] == [200] * 3
    assert (len(first.generations), len(second.generations)) == (1, 3), "the other account has it"
    assert (await gateway.chat("own/fake-small")).status_code == 200
    assert len(first.generations) == 2, "the account's other models are as good as ever"
    shown = await gateway.admin("GET", "/api/resilience")
    assert [(one["model"], one["state"], one["reason"]) for one in shown["circuitBreakers"]] == [
        (MODEL, "OPEN", "model_missing")
    ]


async def test_a_refused_credential_is_not_sent_again_and_says_why(lone: Several) -> None:
    lone.fakes["a"].faults.always("401")
    answers = [await lone.gateway.chat(f"a/{MODEL}") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [502] * 5
    assert lone.asked() == [1]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 15
    attempt = answers[-1].json()["error"]["attempts"][0]
    assert (attempt["failure"], attempt["not_tried"]) == ("auth", True)
    # A new key is tried at once.
    lone.fakes["a"].faults.clear()
    await lone.gateway.admin("PUT", f"/api/providers/{lone.ids['a']}", {"apiKey": lone.fakes["a"].key})
    assert (await lone.gateway.chat(f"a/{MODEL}")).status_code == 200


async def test_a_storm_of_429_is_answered_at_once_and_adds_nothing_to_the_named_time(lone: Several) -> None:
    lone.fakes["a"].faults.always("429", retry_after="60")
    answers = await asyncio.gather(*(lone.gateway.chat(f"a/{MODEL}") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {429}
    assert {int(answer.headers["retry-after"]) for answer in answers} <= set(range(40, 61))
    before = lone.asked()
    later = await asyncio.gather(*(lone.gateway.chat(f"a/{MODEL}", stream=True) for _ in range(20)))
    assert {answer.status_code for answer in later} == {429}
    assert lone.asked() == before, "nobody knocks before the time that was named"
    held = (await lone.breakers())[f"connection:{lone.ids['a']}"]
    assert held["state"] == "CLOSED", "a rate limit is no ill health"
    assert held["cooling"] is True
    assert held["remainingMs"] <= 60_000


async def test_when_all_are_down_the_client_hears_at_once_of_each_and_when_the_first_is_free(trio: Several) -> None:
    await trio.combo("best")
    for name, wait in zip("abc", ("30", "9", "60"), strict=True):
        trio.fakes[name].faults.always("429", retry_after=wait)
    first = await trio.gateway.chat("best")
    assert (first.status_code, first.headers["retry-after"]) == (429, "9")
    assert [one["provider"] for one in first.json()["error"]["attempts"]] == ["a", "b", "c"]
    began = asyncio.get_running_loop().time()
    second = await trio.gateway.chat("best", stream=True)
    assert asyncio.get_running_loop().time() - began < 1
    assert second.status_code == 429
    assert 7 <= int(second.headers["retry-after"]) <= 9
    assert [one["failure"] for one in second.json()["error"]["attempts"]] == ["rate"] * 3
    assert trio.asked() == [1, 1, 1]


# ── half open ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stream", [False, True])
async def test_fifty_at_once_send_one_probe_and_go_elsewhere(pair: Several, stream: bool) -> None:
    await pair.profile(circuitBreakerThreshold=1, circuitBreakerReset=300, transientCooldown=1)
    await pair.combo("best")
    pair.fakes["a"].faults.push("500")
    assert (await pair.gateway.chat("best")).status_code == 200
    await pair.state("a", "HALF_OPEN")
    pair.fakes["a"].faults.push("slow_first_byte", delay_s=3.0)
    answers = await asyncio.gather(*(pair.gateway.chat("best", stream=stream) for _ in range(50)))
    assert Counter(answer.headers["x-omniroute-provider"] for answer in answers) == {"a": 1, "b": 49}
    assert await pair.breakers() == {}, "the probe was answered"
    assert (await pair.gateway.chat("best")).headers["x-omniroute-provider"] == "a"


async def test_fifty_at_once_at_a_lone_target_send_one_probe_and_the_rest_hear_when_to_come_back(
    lone: Several,
) -> None:
    await lone.profile(circuitBreakerThreshold=1, circuitBreakerReset=300, transientCooldown=1)
    lone.fakes["a"].faults.push("500")
    assert (await lone.gateway.chat(f"a/{MODEL}")).status_code == 502
    assert (await lone.gateway.chat(f"a/{MODEL}")).headers["retry-after"] == "1"
    await lone.state("a", "HALF_OPEN")
    lone.fakes["a"].faults.push("slow_first_byte", delay_s=3.0)
    answers = await asyncio.gather(*(lone.gateway.chat(f"a/{MODEL}") for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 502: 49}
    assert {answer.headers["retry-after"] for answer in answers if answer.status_code == 502} == {"1"}
    assert lone.asked() == [2]


async def test_a_probe_whose_client_leaves_makes_room_for_the_next(lone: Several) -> None:
    await lone.profile(circuitBreakerThreshold=1, circuitBreakerReset=200, transientCooldown=1)
    lone.fakes["a"].faults.push("500")
    await lone.gateway.chat(f"a/{MODEL}")
    await lone.state("a", "HALF_OPEN")
    lone.fakes["a"].faults.push("disconnect_watch")
    probe = asyncio.create_task(lone.gateway.chat(f"a/{MODEL}"))
    async with asyncio.timeout(5):
        while len(lone.fakes["a"].generations) < 2:
            await asyncio.sleep(0.01)
    assert (await lone.gateway.chat(f"a/{MODEL}")).status_code == 502
    probe.cancel()
    await lone.fakes["a"].disconnected()
    async with asyncio.timeout(5):
        while (await lone.gateway.chat(f"a/{MODEL}")).status_code != 200:
            await asyncio.sleep(0.05)


async def test_a_provider_whose_accounts_all_fail_is_left_alone_as_a_whole(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await gateway.admin("PUT", "/api/resilience", {"profiles": {"local": {"circuitBreakerThreshold": 2}}})
    await gateway.connect(fake_openai, "own", "one", "two")
    fake_openai.faults.always("503")
    assert (await gateway.chat(f"own/{MODEL}")).status_code == 503
    shown = {one["name"]: one for one in (await gateway.admin("GET", "/api/resilience"))["circuitBreakers"]}
    assert shown["provider:own"]["state"] == "OPEN"
    before = len(fake_openai.generations)
    answer = await gateway.chat(f"own/{MODEL}")
    assert (answer.status_code, len(fake_openai.generations)) == (503, before)
    assert int(answer.headers["retry-after"]) >= 1
    # Fifty more failures of one account alone open nothing but its own breaker.
    done = await gateway.admin("POST", "/api/resilience/reset", {"provider": "own"})
    assert done["resetCount"] == 3


# ── retries ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_same_target_is_tried_again_as_often_as_its_profile_says(lone: Several) -> None:
    lone.fakes["a"].faults.push("502", times=2)
    await lone.profile(maxRetries=2, retryDelay=10)
    answer = await lone.gateway.chat(f"a/{MODEL}")
    assert (answer.status_code, answer.headers["x-omniroute-attempts"]) == (200, "3")
    assert [one.failure for one in (await lone.gateway.rows(1))[0].attempts] == ["transient", "transient", None]
    assert await lone.breakers() == {}, "it answered after all"
    lone.fakes["a"].faults.always("502")
    assert len((await lone.gateway.chat(f"a/{MODEL}")).json()["error"]["attempts"]) == 3


async def test_what_will_not_change_in_a_moment_is_not_tried_again(lone: Several) -> None:
    await lone.profile(maxRetries=3, retryDelay=1)
    for number, fault in enumerate(("400", "401", "404", "429"), 1):
        lone.fakes["a"].faults.push(fault)  # type: ignore[arg-type]  # each is a Status
        await lone.gateway.chat(f"a/{MODEL}")
        assert lone.asked() == [number]
        await lone.gateway.admin("POST", "/api/resilience/reset")


async def test_a_combo_has_retries_of_its_own_and_its_time_ends_them(pair: Several) -> None:
    await pair.combo("often", config={"maxRetries": 1, "retryDelayMs": 1})
    for fake in pair.fakes.values():
        fake.faults.always("500")
    assert len((await pair.gateway.chat("often")).json()["error"]["attempts"]) == 4
    await pair.gateway.admin("POST", "/api/resilience/reset")
    await pair.combo("short", config={"maxRetries": 9, "retryDelayMs": 60_000, "timeoutMs": 500})
    began = asyncio.get_running_loop().time()
    assert (await pair.gateway.chat("short")).status_code == 502
    assert asyncio.get_running_loop().time() - began < 3


# ── hedging ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stream", [False, True])
async def test_a_second_target_is_asked_when_the_first_takes_long_and_the_first_is_cancelled(
    pair: Several, stream: bool
) -> None:
    await pair.combo("quick", config={"hedgeAfterMs": 100})
    pair.fakes["a"].faults.push("disconnect_watch")
    answer = await pair.gateway.chat("quick", stream=stream)
    assert (answer.status_code, answer.headers["x-omniroute-provider"]) == (200, "b")
    assert not stream or answer.text.rstrip().endswith("[DONE]")
    await pair.fakes["a"].disconnected()
    row = (await pair.gateway.rows(1))[0]
    first, second = sorted(row.attempts, key=lambda one: one.started_us)
    assert [(one.provider, one.failure) for one in (first, second)] == [("a", "cancelled"), ("b", None)]
    assert first.started_us < 100_000 <= second.started_us, "when each began, from the request's beginning on"
    assert second.started_us < first.started_us + first.latency_us, "they ran beside each other"
    assert row.input_tokens
    assert await pair.breakers() == {}, "to be overtaken is no failure"


async def test_a_quick_first_target_is_asked_alone(pair: Several) -> None:
    await pair.combo("quick", config={"hedgeAfterMs": 3_000})
    for stream in (False, True):
        assert (await pair.gateway.chat("quick", stream=stream)).status_code == 200
    assert pair.asked() == [2, 0]


async def test_a_request_with_one_target_is_never_doubled(lone: Several) -> None:
    await lone.patient(hedgeAfterMs=50)
    await lone.combo("quick")
    for model in ("quick", f"a/{MODEL}"):
        lone.fakes["a"].faults.push("slow_first_byte", delay_s=0.4)
        assert (await lone.gateway.chat(model)).status_code == 200
    assert lone.asked() == [2]


async def test_the_first_may_still_win_after_the_second_was_asked(pair: Several) -> None:
    await pair.combo("quick", config={"hedgeAfterMs": 50})
    pair.fakes["a"].faults.push("slow_first_byte", delay_s=0.5)
    pair.fakes["b"].faults.push("disconnect_watch")
    answer = await pair.gateway.chat("quick")
    assert (answer.status_code, answer.headers["x-omniroute-provider"]) == (200, "a")
    await pair.fakes["b"].disconnected()


async def test_with_hedging_failures_still_lead_to_the_next_target(trio: Several) -> None:
    await trio.combo("quick", config={"hedgeAfterMs": 50})
    trio.fakes["a"].faults.always("500")
    trio.fakes["b"].faults.always("empty_stream")
    assert (await trio.gateway.chat("quick")).headers["x-omniroute-provider"] == "c"
    trio.fakes["c"].faults.always("503")
    answer = await trio.gateway.chat("quick", stream=True)
    assert answer.status_code in {502, 503}
    assert len(answer.json()["error"]["attempts"]) == 3


async def test_with_hedging_a_clients_own_mistake_ends_both(pair: Several) -> None:
    await pair.combo("quick", config={"hedgeAfterMs": 50})
    pair.fakes["a"].faults.push("disconnect_watch")
    pair.fakes["b"].faults.push("400")
    assert (await pair.gateway.chat("quick")).status_code == 400
    await pair.fakes["a"].disconnected()


async def test_a_client_that_leaves_ends_both(pair: Several) -> None:
    await pair.combo("quick", config={"hedgeAfterMs": 50})
    for fake in pair.fakes.values():
        fake.faults.push("disconnect_watch")
    request = asyncio.create_task(pair.gateway.chat("quick"))
    await pair.fakes["b"].asked()
    request.cancel()
    for fake in pair.fakes.values():
        await fake.disconnected()
    assert (await pair.gateway.rows(1))[0].outcome == "client_closed"


async def test_each_of_two_has_its_own_wait_for_the_first_byte(trio: Several) -> None:
    await trio.combo("quick", config={"hedgeAfterMs": 50, "firstByteTimeoutMs": 300})
    for name in "ab":
        trio.fakes[name].faults.push("disconnect_watch")
    assert (await trio.gateway.chat("quick")).headers["x-omniroute-provider"] == "c"


async def test_what_the_overtaken_one_is_known_to_have_used_is_a_cost_of_the_request(
    gateway: RunningGateway, fakes: MakeFake
) -> None:
    made = [await fakes(Format.ANTHROPIC) for _ in range(2)]
    for number, fake in enumerate(made, 1):
        body = {
            "provider": "anthropic",
            "name": str(number),
            "apiKey": fake.key,
            "baseUrl": fake.api_url,
            "local": True,
            "priority": number,
        }
        await gateway.admin("POST", "/api/providers", body)
    await gateway.admin("PUT", "/api/resilience", {"requests": {"hedgeAfterMs": 100}})
    made[0].faults.push("stall", after=0)  # its first event tells of the input, and nothing follows
    model = "anthropic/claude-sonnet-4-5"
    for _ in range(2):
        assert (await gateway.chat(model, stream=True)).status_code == 200
    plain, hedged = await gateway.rows(2)
    assert [len(fake.generations) for fake in made] == [2, 1]
    assert (plain.input_tokens, plain.output_tokens) == (hedged.input_tokens, hedged.output_tokens)
    assert plain.cost_nano is not None
    assert hedged.cost_nano is not None
    assert hedged.cost_nano > plain.cost_nano


# ── credentials that can be renewed ─────────────────────────────────────────────────────────────────────────────────


async def test_a_refused_credential_is_renewed_once_for_all_who_wait(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    node = await gateway.node(fake_openai, "own")
    await gateway.admin("POST", "/api/providers", {"provider": node, "name": "old", "apiKey": "sk-expired"})
    renewals = 0

    async def refresh() -> Mapping[str, str] | None:
        nonlocal renewals
        renewals += 1
        await asyncio.sleep(0.2)  # as long as all ten have been refused
        return {"authorization": f"Bearer {fake_openai.key}"}

    accounts: list[Account] = list(gateway.gateway.plane.snapshots.current().accounts[node])
    gateway.gateway.plane.snapshots.current().accounts[node][:] = [  # type: ignore[index]  # a list that tests may fill
        replace(account, refresh=refresh) for account in accounts
    ]
    answers = await asyncio.gather(*(gateway.chat(f"own/{MODEL}", stream=True) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert renewals == 1
    assert (await gateway.admin("GET", "/api/resilience"))["circuitBreakers"] == []


async def test_a_credential_that_cannot_be_renewed_cools_its_account(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    node = await gateway.node(fake_openai, "own")
    await gateway.admin("POST", "/api/providers", {"provider": node, "name": "old", "apiKey": "sk-expired"})
    renewals = 0

    async def refresh() -> Mapping[str, str] | None:
        nonlocal renewals
        renewals += 1
        raise OSError("the sign-in server does not answer")

    accounts: list[Account] = list(gateway.gateway.plane.snapshots.current().accounts[node])
    gateway.gateway.plane.snapshots.current().accounts[node][:] = [  # type: ignore[index]  # a list that tests may fill
        replace(account, refresh=refresh) for account in accounts
    ]
    assert [(await gateway.chat(f"own/{MODEL}")).status_code for _ in range(3)] == [502] * 3
    assert (renewals, len(fake_openai.generations)) == (1, 1)


# ── settings and restarts ───────────────────────────────────────────────────────────────────────────────────────────


async def test_settings_act_at_once_and_after_a_restart(gateways: GatewayMaker, fake_openai: FakeUpstream) -> None:
    first = await gateways()
    await first.connect(fake_openai, "a")
    fake_openai.faults.always("500")
    change = {
        "profiles": {"local": {"maxRetries": 1, "retryDelay": 1, "transientCooldown": 7, "maxBackoffLevel": 0}},
        "requests": {"maxAttempts": 5},
    }
    told = await first.admin("PATCH", "/api/resilience", change)
    assert told["ok"] is True
    assert len((await first.chat(f"a/{MODEL}")).json()["error"]["attempts"]) == 2
    second = await gateways(data_dir=first.gateway.settings.data_dir)
    shown = await second.admin("GET", "/api/resilience")
    assert shown["profiles"]["local"]["maxRetries"] == 1
    assert shown["profiles"]["oauth"]["circuitBreakerThreshold"] == 3, "what was not named stays"
    assert shown["requests"]["maxAttempts"] == 5
    assert len((await second.chat(f"a/{MODEL}")).json()["error"]["attempts"]) == 2
    await second.admin("PUT", "/api/resilience", {"profiles": {"local": {"maxRetries": 0}}})
    assert len((await second.chat(f"a/{MODEL}")).json()["error"]["attempts"]) == 1


async def test_what_is_held_against_whom_outlives_a_restart(gateways: GatewayMaker, fake_openai: FakeUpstream) -> None:
    first = await gateways()
    (connection,) = await first.connect(fake_openai, "a")
    fake_openai.faults.push("429", retry_after="600")
    fake_openai.faults.push("404")
    assert (await first.chat(f"a/{MODEL}")).status_code == 429
    await first.gateway.plane.flush()
    second = await gateways(data_dir=first.gateway.settings.data_dir)
    answer = await second.chat(f"a/{MODEL}")
    assert answer.status_code == 429
    assert 590 <= int(answer.headers["retry-after"]) <= 600
    assert len(fake_openai.generations) == 1
    (held,) = (await second.admin("GET", "/api/resilience"))["circuitBreakers"]
    assert (held["name"], held["reason"]) == (f"connection:{connection}", "rate")
    # An operator may know better; that outlives a restart too.
    assert (await second.admin("POST", "/api/resilience/reset", {"connectionId": connection}))["resetCount"] == 1
    await second.gateway.plane.flush()
    third = await gateways(data_dir=first.gateway.settings.data_dir)
    assert (await third.admin("GET", "/api/resilience"))["circuitBreakers"] == []


# ── what operators see ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_availability_says_who_can_answer_and_why_not(pair: Several) -> None:
    await pair.combo("best")
    pair.fakes["a"].faults.push("404")
    await pair.gateway.chat(f"a/{MODEL}")
    shown = await pair.gateway.admin("GET", "/api/models/availability")
    assert shown["unavailableCount"] == 1
    (model,) = shown["models"]
    assert (model["provider"], model["model"], model["reason"]) == ("a", MODEL, "model_missing")
    assert 0 < model["remainingMs"] <= 15_000
    alone = await pair.gateway.admin("POST", "/api/models/availability", {"model": f"a/{MODEL}"})
    assert (alone["available"], alone["targets"][0]["state"]) == (False, "locked")
    combo = await pair.gateway.admin("POST", "/api/models/availability", {"model": "best"})
    assert combo["available"] is True
    assert [one["available"] for one in combo["targets"]] == [False, True]
    cleared = await pair.gateway.admin("POST", "/api/models/availability", {"provider": "a", "model": MODEL})
    assert cleared == {"success": True, "removed": 1}
    assert (await pair.gateway.chat(f"a/{MODEL}")).status_code == 200


async def test_learned_limits_are_shown_by_account(lone: Several) -> None:
    said = {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s",
    }
    lone.gateway.gateway.plane.learned.note(lone.ids["a"], said)
    shown = await lone.gateway.admin("GET", "/api/rate-limits")
    (account,) = [one for one in shown["connections"] if one["connectionId"] == lone.ids["a"]]
    (limit,) = account["limits"]
    assert [limit[name] for name in ("name", "limit", "used", "remaining")] == ["requests", 60, 1, 59]
    assert shown["overview"][f"a:{lone.ids['a']}"] == {"queued": 0, "running": 0, "executing": 0}
    lone.fakes["a"].faults.push("429", retry_after="60")
    await lone.gateway.chat(f"a/{MODEL}")
    (lockout,) = (await lone.gateway.admin("GET", "/api/rate-limits"))["lockouts"]
    assert (lockout["connectionId"], lockout["reason"]) == (lone.ids["a"], "rate")


async def test_an_account_with_nothing_left_comes_last_until_its_reset_unless_that_is_switched_off(
    pair: Several,
) -> None:
    await pair.combo("best")
    said = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1h"}
    learn = pair.gateway.gateway.plane.learned.note

    async def provider() -> str:
        answer = await pair.gateway.chat("best")
        assert answer.status_code == 200
        return answer.headers["x-omniroute-provider"]

    learn(pair.ids["a"], {**said, "x-ratelimit-remaining-requests": "1"})
    assert await provider() == "a"
    learn(pair.ids["a"], said)
    assert await provider() == "b"
    dry = await pair.gateway.admin("POST", "/api/routing/dry-run", {"model": "best"})
    assert [(one["provider"], one["state"]) for one in dry["candidates"]] == [("b", "chosen"), ("a", "cooling")]
    assert dry["candidates"][1]["reason"].endswith("(used_up): the provider said that no requests are left")
    told = (await pair.breakers())[f"connection:{pair.ids['a']}"]
    assert (told["state"], told["cooling"], told["reason"], told["failureCount"]) == ("CLOSED", True, "used_up", 0)
    lone = await pair.gateway.chat(f"a/{MODEL}")
    assert lone.status_code == 200, "it is the last resort, and not refused"
    assert await provider() == "a", "it answered, so there was something left after all"
    learn(pair.ids["a"], said)
    changed = await pair.gateway.admin("PUT", "/api/resilience", {"heedLimits": False})
    assert changed["heedLimits"] is False
    assert await provider() == "a"
    learn(pair.ids["a"], said)
    assert await provider() == "a"
