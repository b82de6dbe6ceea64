"""Limits and budgets, seen by clients of a real gateway: what passes, what is refused and how, and what it cost."""

import asyncio
import json
from collections import Counter
from typing import Any

import httpx
import pytest

from omniroute.formats.hub import Format
from omniroute.kit.events import BudgetWarning
from omniroute.storage.rows import RequestRow
from tests.fakes.faults import Shape, Status
from tests.fakes.fixtures import MakeFake
from tests.fakes.upstream import FakeUpstream
from tests.gateways import RunningGateway

CALLS = 200
PRICE = {"input": 1, "output": 10}
MODEL = "mine/fake-large"
NANO = 1_000_000_000


async def priced(gateway: RunningGateway, fake: FakeUpstream, **more: object) -> list[str]:
    """Connect a fake as `mine`, with a price; return the connections' ids."""
    ids = await gateway.connect(fake, "mine", **more)
    await gateway.admin("PUT", "/api/pricing", {"mine": {"fake-large": PRICE}})
    return ids


async def budget(gateway: RunningGateway, limit: float, **more: object) -> None:
    await gateway.admin("POST", "/api/usage/budget", {"keyId": "global", "limit": limit, "period": "daily", **more})


async def standing(gateway: RunningGateway) -> dict[str, Any]:
    (one,) = (await gateway.admin("GET", "/api/usage/budget"))["budgets"]
    found: dict[str, Any] = one
    return found


async def key_id(gateway: RunningGateway) -> str:
    keys = (await gateway.admin("GET", "/api/keys"))["keys"]
    return str(next(key["id"] for key in keys if key["name"] == "inference"))


async def limit_key(gateway: RunningGateway, **limits: object) -> str:
    """Limit the inference key; return its id."""
    found = await key_id(gateway)
    await gateway.admin("PUT", f"/api/keys/{found}", limits)
    return found


def spent(rows: list[RequestRow]) -> int:
    return sum(row.cost_nano or 0 for row in rows)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_two_hundred_calls_at_once_never_pass_a_budget(
    gateway: RunningGateway, fake_openai: FakeUpstream, stream: bool
) -> None:
    await priced(gateway, fake_openai)
    limit = 0.003
    await budget(gateway, limit)
    fake_openai.pace_s = 0.002
    answers = await asyncio.gather(*(gateway.chat(MODEL, max_tokens=60, stream=stream) for _ in range(CALLS)))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[200] > 5
    assert statuses[429] > 5
    assert set(statuses) == {200, 429}
    rows = await gateway.rows(CALLS)
    now = await standing(gateway)
    assert spent(rows) <= limit * NANO
    assert round(now["spent"] * NANO) == spent(rows)
    assert now["reserved"] == 0
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["error"]["code"] == "budget_exceeded"
    assert int(refused.headers["retry-after"]) >= 1


async def test_cut_streams_failures_and_clients_that_leave_give_back_what_they_held(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await priced(gateway, fake_openai)
    await budget(gateway, 1.0)
    await limit_key(gateway, maxConcurrent=30)
    fake_openai.pace_s = 0.01
    faults: tuple[Shape | Status, ...] = ("cut_at_boundary", "500", "error_mid_stream", "cut_before_content")
    for fault in faults:
        fake_openai.faults.push(fault, times=3)

    async def leave() -> None:
        body = {"model": MODEL, "messages": [{"role": "user", "content": "Tell me a story"}], "stream": True}
        async with gateway.http.stream("POST", gateway.url + "/v1/chat/completions", json=body, headers=gateway.auth):
            await asyncio.sleep(0.02)

    await asyncio.gather(*(gateway.chat(MODEL, stream=True, max_tokens=50) for _ in range(12)))
    await asyncio.gather(*(leave() for _ in range(6)))
    rows = await gateway.rows(18)
    outcomes = Counter(row.outcome for row in rows)
    assert outcomes["truncated"] >= 3
    async with asyncio.timeout(5):
        while (now := await standing(gateway))["reserved"]:
            await asyncio.sleep(0.05)
    rows = await gateway.rows(18)
    assert round(now["spent"] * NANO) == spent(rows)
    for row in rows:
        if row.outcome == "truncated":
            assert row.usage_source in {"estimated", "partial"}
            assert row.output_tokens
            assert row.cost_nano
        assert row.cost_nano is None or row.price_version == "override 1"
    status = (await gateway.admin("GET", "/api/rate-limit"))["status"]
    assert status["inFlight"] == 0


async def test_what_a_cut_stream_cost_is_estimated_from_what_came(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await priced(gateway, fake_openai)
    text = "Say a good deal about many things, one after the other"
    whole = await gateway.chat(MODEL, text, stream=True)
    fake_openai.faults.push("end_early", after=10)
    cut = await gateway.chat(MODEL, text, stream=True)
    assert '"error"' in cut.text
    truncated, complete = await gateway.rows(2)
    said = "".join(_texts(cut))
    assert truncated.usage_source == "estimated"
    assert truncated.output_tokens is not None
    assert complete.output_tokens is not None
    assert abs(truncated.output_tokens - len(said) / 4) <= max(3, len(said) / 16)
    assert complete.usage_source == "final"
    assert whole.status_code == 200


def _texts(answer: httpx.Response) -> list[str]:
    chunks = [json.loads(line[6:]) for line in answer.text.split("\n") if line.startswith("data: {")]
    return [choice["delta"].get("content") or "" for chunk in chunks for choice in chunk.get("choices", ())]


async def test_a_key_gets_as_many_requests_a_minute_as_it_may_and_is_told_how_many_are_left(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "mine")
    await limit_key(gateway, rpm=10)
    answers = await asyncio.gather(*(gateway.chat(MODEL) for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {200: 10, 429: 40}
    good = [answer for answer in answers if answer.status_code == 200]
    assert {answer.headers["x-ratelimit-limit-requests"] for answer in answers} == {"10"}
    assert sorted(int(answer.headers["x-ratelimit-remaining-requests"]) for answer in good) == list(range(10))
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"
    assert "10 requests per minute" in refused.json()["error"]["message"]
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    assert len(fake_openai.generations) == 10


async def test_tokens_a_minute_are_held_and_what_was_not_used_is_given_back(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "mine")
    await limit_key(gateway, tpm=1000)
    first = await gateway.chat(MODEL, max_tokens=900)
    assert first.status_code == 200
    left = 1000 - first.json()["usage"]["total_tokens"]
    second = await gateway.chat(MODEL, max_tokens=5)
    used = second.json()["usage"]["total_tokens"]
    third = await gateway.chat(MODEL, max_tokens=left - used + 1)
    assert third.status_code == 429
    assert "1000 tokens per minute" in third.json()["error"]["message"]
    too_large = await gateway.chat(MODEL, max_tokens=5000)
    assert too_large.status_code == 429
    assert too_large.json()["error"]["code"] == "request_too_large"


async def test_no_more_calls_at_once_than_a_key_may(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    await gateway.connect(fake_openai, "mine")
    await limit_key(gateway, maxConcurrent=3)
    fake_openai.faults.push("slow_first_byte", times=3, delay_s=0.5)
    answers = await asyncio.gather(*(gateway.chat(MODEL) for _ in range(10)))
    assert Counter(answer.status_code for answer in answers) == {200: 3, 429: 7}
    assert (await gateway.chat(MODEL)).status_code == 200


async def test_the_limits_of_all_calls_together_and_a_queue_that_is_bounded(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "mine")
    change = {"concurrentRequests": 2, "queueSize": 4, "queueTimeoutMs": 5000}
    assert (await gateway.admin("PUT", "/api/rate-limit", change))["concurrentRequests"] == 2
    fake_openai.faults.push("slow_first_byte", times=6, delay_s=0.2)
    answers = await asyncio.gather(*(gateway.chat(MODEL) for _ in range(10)))
    assert Counter(answer.status_code for answer in answers) == {200: 6, 429: 4}
    await gateway.admin("PUT", "/api/rate-limit", {"concurrentRequests": None, "minTimeBetweenRequests": 400})
    first, second = await gateway.chat(MODEL), await gateway.chat(MODEL)
    assert (first.status_code, second.status_code) == (200, 200)
    assert (await gateway.admin("GET", "/api/rate-limit"))["status"]["waiting"] == 0


async def test_a_full_connection_is_passed_over_and_when_all_are_full_the_client_hears_when_to_come_back(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "mine", "one", "two", maxConcurrent=2)
    fake_openai.faults.push("slow_first_byte", times=4, delay_s=0.5)
    answers = await asyncio.gather(*(gateway.chat(MODEL) for _ in range(7)))
    assert Counter(answer.status_code for answer in answers) == {200: 4, 429: 3}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["error"]["code"] == "no_room"
    assert refused.headers["retry-after"]
    rows = await gateway.rows(7)
    assert sorted(Counter(row.connection_id for row in rows if row.status == 200).values()) == [2, 2]


async def test_limits_of_a_model_and_of_a_connection_hold_on_every_way_to_them(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    (connection,) = await gateway.connect(fake_openai, "mine")
    await gateway.admin("POST", "/api/models/alias", {"alias": "quick", "model": "mine/fake-small"})
    await gateway.admin("PUT", "/api/rate-limit", {"models": {"mine/fake-sm*": {"requestsPerMinute": 2}}})
    statuses = [(await gateway.chat(name)).status_code for name in ("quick", "mine/fake-small", "quick", MODEL)]
    assert statuses == [200, 200, 429, 200]
    await gateway.admin("PUT", "/api/rate-limit", {"models": {}, "connections": {connection: {"requestsPerMinute": 1}}})
    assert [(await gateway.chat(MODEL)).status_code for _ in range(2)] == [200, 429]


async def test_a_key_uses_only_the_models_providers_and_addresses_it_may(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "mine")
    await limit_key(gateway, allowedModels=["mine/fake-sm*"])
    assert (await gateway.chat("mine/fake-small")).status_code == 200
    refused = await gateway.chat(MODEL)
    assert refused.status_code == 403
    assert MODEL in refused.json()["error"]["message"]
    assert refused.json()["error"]["code"] == "model_not_allowed"
    counted = await gateway.http.post(
        gateway.url + "/v1/messages/count_tokens",
        json={"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]},
        headers=gateway.auth,
    )
    assert counted.status_code == 403
    await limit_key(gateway, allowedModels=[], allowedProviders=["demo"])
    listed = await gateway.http.get(gateway.url + "/v1/models", headers=gateway.auth)
    assert {one["owned_by"] for one in listed.json()["data"]} == {"demo"}
    assert (await gateway.chat(MODEL)).status_code == 403
    await limit_key(gateway, allowedProviders=[], allowedAddresses=["10.0.0.0/8"])
    far = await gateway.chat(MODEL)
    assert far.status_code == 403
    assert far.json()["error"]["code"] == "address_not_allowed"
    assert (await gateway.http.get(gateway.url + "/v1/models", headers=gateway.auth)).status_code == 403
    await limit_key(gateway, allowedAddresses=["127.0.0.1"])
    assert (await gateway.chat(MODEL)).status_code == 200


REFUSALS: dict[Format, tuple[str, dict[str, Any]]] = {
    Format.OPENAI_CHAT: ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi"}]}),
    Format.OPENAI_RESPONSES: ("/v1/responses", {"input": "Hi"}),
    Format.ANTHROPIC: ("/v1/messages", {"max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}),
    Format.GEMINI: (f"/v1beta/models/{MODEL}:generateContent", {"contents": [{"parts": [{"text": "Hi"}]}]}),
    Format.OLLAMA: ("/api/chat", {"messages": [{"role": "user", "content": "Hi"}]}),
}


@pytest.mark.parametrize("client", list(REFUSALS), ids=lambda one: one.value)
async def test_every_way_in_passes_admission_and_is_refused_in_its_own_format(
    gateway: RunningGateway, fake_openai: FakeUpstream, client: Format
) -> None:
    await priced(gateway, fake_openai)
    await budget(gateway, 0)
    path, body = REFUSALS[client]
    answer = await gateway.http.post(gateway.url + path, json={"model": MODEL, **body}, headers=gateway.auth)
    assert answer.status_code == 429
    assert answer.headers["retry-after"]
    error = answer.json()["error"]
    assert "budget" in (error if isinstance(error, str) else error["message"])
    assert not fake_openai.generations


async def test_a_call_of_unknown_price_counts_its_tokens_or_is_refused_as_the_operator_wishes(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "mine")
    await budget(gateway, 1.0)
    await budget(gateway, 200, unit="tokens", period="weekly")
    assert (await gateway.chat(MODEL, max_tokens=20)).status_code == 200
    (row,) = await gateway.rows(1)
    assert row.cost_nano is None
    assert row.price_version is None
    budgets = (await gateway.admin("GET", "/api/usage/budget"))["budgets"]
    assert {one["unit"]: one["spent"] for one in budgets} == {
        "usd": 0,
        "tokens": (row.input_tokens or 0) + (row.output_tokens or 0),
    }
    await gateway.admin("PUT", "/api/rate-limit", {"unknownPrice": "deny"})
    refused = await gateway.chat(MODEL, max_tokens=20)
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "price_unknown"


async def test_a_threshold_is_told_once_a_period(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    await priced(gateway, fake_openai)
    await budget(gateway, 0.003, thresholds=[1, 2])
    with gateway.gateway.plane.bus.subscribe() as heard:
        for _ in range(4):
            await gateway.chat(MODEL, max_tokens=50)
        gateway.gateway.plane.bus.close()
        warnings = [event async for event in heard if isinstance(event, BudgetWarning)]
    assert [one.threshold for one in warnings] == [1, 2]
    assert warnings[0].key_id is None
    assert warnings[0].limit == 3_000_000


async def test_a_key_that_is_not_logged_leaves_figures_and_nothing_else(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await priced(gateway, fake_openai)
    await limit_key(gateway, noLog=True)
    fake_openai.faults.push("400")
    await gateway.chat(MODEL)
    await gateway.chat(MODEL)
    good, bad = await gateway.rows(2)
    for row in (good, bad):
        assert (row.address, row.user_agent, row.error_message) == (None, None, None)
        assert all(attempt.message is None for attempt in row.attempts)
    assert good.cost_nano
    kept = await gateway.http.post(
        gateway.url + "/v1/responses", json={"model": MODEL, "input": "Hello"}, headers=gateway.auth
    )
    again = await gateway.http.get(f"{gateway.url}/v1/responses/{kept.json()['id']}", headers=gateway.auth)
    assert again.status_code == 404


async def test_a_rotated_key_opens_with_its_old_text_for_a_while_only_if_wanted(gateway: RunningGateway) -> None:
    found = await key_id(gateway)
    old = gateway.key
    made = await gateway.admin("POST", f"/api/keys/{found}/rotate", {"graceSeconds": 60})
    assert made["key"] != old
    assert (await gateway.chat("demo/echo")).status_code == 200
    gateway.key = made["key"]
    assert (await gateway.chat("demo/echo")).status_code == 200
    last = (await gateway.admin("POST", f"/api/keys/{found}/rotate", {}))["key"]
    assert (await gateway.chat("demo/echo")).status_code == 401
    gateway.key = last
    assert (await gateway.chat("demo/echo")).status_code == 200


async def test_what_was_spent_is_known_after_a_restart_and_to_a_new_budget(
    gateway: RunningGateway, fakes: MakeFake
) -> None:
    fake = await fakes(Format.ANTHROPIC)
    await priced(gateway, fake)
    await gateway.chat(MODEL, max_tokens=50)
    await budget(gateway, 1.0)
    (row,) = await gateway.rows(1)
    assert row.cost_nano
    assert round((await standing(gateway))["spent"] * NANO) == row.cost_nano


async def test_a_restored_backup_brings_back_what_was_spent_and_keeps_what_is_set_aside(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await priced(gateway, fake_openai)
    await budget(gateway, 1.0)
    rule = {"name": "spent", "conditions": {"costTodayUsd": 0.00001}, "effects": {"deny": True}, "state": "shadow"}
    await gateway.admin("POST", "/api/policies", rule)
    sample = {"request": {"model": MODEL, "keyId": await key_id(gateway)}}

    async def known() -> tuple[float, bool]:
        told = await gateway.admin("POST", "/api/policies/dry-run", sample)
        return (await standing(gateway))["spent"], bool(told["request"]["matches"])

    before = await known()
    assert before == (0, False)
    made = await gateway.admin("PUT", "/api/db-backups", {})
    await gateway.chat(MODEL, max_tokens=50)
    assert (await known())[0] > 0
    assert (await known())[1]
    fake_openai.faults.push("disconnect_watch")
    under_way = asyncio.create_task(gateway.chat(MODEL, max_tokens=50))
    async with asyncio.timeout(5):
        while len(fake_openai.generations) < 2:
            await asyncio.sleep(0.01)
    held = (await standing(gateway))["reserved"]
    await gateway.admin("POST", "/api/db-backups", {"backupId": made["id"]})
    assert await known() == before
    assert (await standing(gateway))["reserved"] == held > 0
    under_way.cancel()
    async with asyncio.timeout(5):
        while (await standing(gateway))["reserved"]:
            await asyncio.sleep(0.01)
    assert (await gateway.chat(MODEL, max_tokens=50)).status_code == 200
    assert (await known())[0] > 0
    assert (await known())[1]
