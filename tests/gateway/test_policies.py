"""Policies through a whole gateway: what clients of all five formats hear, and what upstreams get."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from omniroute.formats.hub import Format
from omniroute.services.keys import KeyDraft
from tests.fakes.fixtures import MakeFake
from tests.fakes.upstream import FakeUpstream
from tests.gateway.doors import DOORS, ask, at
from tests.gateways import GatewayMaker, RunningGateway

MODEL = "fake-large"
FORMATS = list(Format)


async def policy(gateway: RunningGateway, name: str, conditions: Any = None, **more: Any) -> dict[str, Any]:
    state = {"state": more.pop("state")} if "state" in more else {}
    priority = {"priority": more.pop("priority")} if "priority" in more else {}
    body = {"name": name, "conditions": conditions or {}, "effects": more, **state, **priority}
    made: dict[str, Any] = await gateway.admin("POST", "/api/policies", body)
    return made


@pytest.fixture
async def mine(gateway: RunningGateway, fake_openai: FakeUpstream) -> RunningGateway:
    """A gateway with an OpenAI node `mine`."""
    await gateway.connect(fake_openai, "mine")
    return gateway


@pytest.mark.parametrize("form", FORMATS)
async def test_a_denial_is_told_in_the_clients_own_format(
    mine: RunningGateway, fake_openai: FakeUpstream, form: Format
) -> None:
    await policy(mine, "no large ones", {"models": ["*large*"]}, deny=True, message="ask for a small one")
    answer = await ask(mine, form, f"mine/{MODEL}")
    message, code = DOORS[form].error(answer.json())
    assert answer.status_code == 403
    assert message == "denied by the policy 'no large ones': ask for a small one"
    if form in {Format.OPENAI_CHAT, Format.OPENAI_RESPONSES}:
        assert code == "policy_denied"
    assert fake_openai.generations == []
    row = (await mine.rows(1))[0]
    assert (row.outcome, row.status, row.requested_model, row.policies) == (
        "refused",
        403,
        f"mine/{MODEL}",
        ("no large ones",),
    )
    assert (await ask(mine, form, "mine/other")).status_code == 200


@pytest.mark.parametrize("form", FORMATS)
async def test_a_stream_is_denied_by_status(mine: RunningGateway, form: Format) -> None:
    await policy(mine, "nothing", deny=True)
    answer = await ask(mine, form, f"mine/{MODEL}", {"stream": True})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("upstream", FORMATS)
@pytest.mark.parametrize("form", FORMATS)
async def test_a_cap_reaches_every_upstream_from_every_client(
    gateway: RunningGateway, fakes: MakeFake, form: Format, upstream: Format
) -> None:
    fake = await fakes(upstream)
    await gateway.connect(fake, "up")
    await policy(gateway, "short", maxTokens=50)
    answer = await ask(gateway, form, f"up/{MODEL}")
    assert answer.status_code == 200, answer.text
    assert at(fake.generations[0].body, DOORS[upstream].cap) == 50


@pytest.mark.parametrize(
    ("form", "given", "expected"),
    [
        (Format.OPENAI_CHAT, {"max_tokens": 900}, {"max_tokens": 50}),
        (Format.OPENAI_CHAT, {"max_tokens": 20}, {"max_tokens": 20}),
        (Format.OPENAI_CHAT, {"max_completion_tokens": 900}, {"max_completion_tokens": 50}),
        (Format.OPENAI_RESPONSES, {"max_output_tokens": 900}, {"max_output_tokens": 50}),
        (Format.ANTHROPIC, {"max_tokens": 12}, {"max_tokens": 12}),
        (Format.GEMINI, {"generationConfig": {"maxOutputTokens": 900, "seed": 1}},
         {"generationConfig": {"maxOutputTokens": 50, "seed": 1}}),
        (Format.GEMINI, {"generation_config": {"max_output_tokens": 900}},
         {"generation_config": {"max_output_tokens": 50}}),
        (Format.OLLAMA, {"options": {"num_predict": -1, "seed": 1}}, {"options": {"num_predict": 50, "seed": 1}}),
    ],
)  # fmt: skip
async def test_a_cap_changes_nothing_else_of_a_body_that_passes_through(
    gateway: RunningGateway, fakes: MakeFake, form: Format, given: dict[str, Any], expected: dict[str, Any]
) -> None:
    fake = await fakes(form)
    await gateway.connect(fake, "up")
    await policy(gateway, "short", maxTokens=50)
    answer = await ask(gateway, form, f"up/{MODEL}", given)
    assert answer.status_code == 200, answer.text
    sent = fake.generations[0].body
    plain = DOORS[form].body(MODEL, "Hello there")
    assert sent == {**plain, **expected}


async def test_an_endless_ollama_answer_is_capped_in_translation_too(
    mine: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await policy(mine, "short", maxTokens=50)
    for path, body in (
        ("/api/chat", {"messages": [{"role": "user", "content": "Hello"}]}),
        ("/api/generate", {"prompt": "Hello"}),
    ):
        whole = {"model": f"mine/{MODEL}", "stream": False, "options": {"num_predict": -1}, **body}
        answer = await mine.http.post(mine.url + path, json=whole, headers=mine.auth)
        assert answer.status_code == 200, answer.text
    assert [one.body["max_tokens"] for one in fake_openai.generations] == [50, 50]


@pytest.mark.parametrize("form", FORMATS)
async def test_a_reroute_goes_elsewhere_and_the_log_keeps_what_was_asked_for(
    mine: RunningGateway, fake_openai: FakeUpstream, form: Format
) -> None:
    await mine.admin("POST", "/api/combos", {"name": "cheap", "targets": [{"model": "mine/small"}]})
    await policy(mine, "save", {"models": ["mine/*large*"]}, reroute="cheap")
    answer = await ask(mine, form, f"mine/{MODEL}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-omniroute-combo"] == "cheap"
    assert fake_openai.generations[0].body["model"] == "small"
    row = (await mine.rows(1))[0]
    assert (row.requested_model, row.model, row.combo, row.policies) == (f"mine/{MODEL}", "small", "cheap", ("save",))


async def test_a_tag_is_asked_for_and_stored(mine: RunningGateway) -> None:
    await policy(mine, "say who", requireTags=["team-*"], message="as agreed")
    refused = await ask(mine, Format.OPENAI_CHAT, f"mine/{MODEL}", headers={"x-omniroute-tags": "batch"})
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "policy_tag_required"
    assert "X-OmniRoute-Tags: as agreed" in refused.json()["error"]["message"]
    tagged = {"x-omniroute-tags": "team-blue, batch,team-blue,"}
    answer = await ask(mine, Format.OPENAI_CHAT, f"mine/{MODEL}", headers=tagged)
    assert answer.status_code == 200
    assert [row.tags for row in await mine.rows(2)] == [("team-blue", "batch"), ("batch",)]
    logged = await mine.admin("GET", "/api/usage/request-logs")
    assert logged[0]["tags"] == ["team-blue", "batch"]


@pytest.mark.parametrize("tags", [",".join(f"t{n}" for n in range(17)), "x" * 65, "ä"])
async def test_tags_are_bounded(mine: RunningGateway, tags: str) -> None:
    answer = await mine.http.post(
        mine.url + "/v1/chat/completions",
        json=DOORS[Format.OPENAI_CHAT].body(f"mine/{MODEL}", "Hello"),
        headers=[(b"authorization", f"Bearer {mine.key}".encode()), (b"x-omniroute-tags", tags.encode("latin-1"))],
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_tags"


async def test_a_rule_in_the_shadow_is_counted_and_does_nothing(mine: RunningGateway) -> None:
    await policy(mine, "later", deny=True, state="shadow")
    await policy(mine, "never", deny=True, state="draft")
    assert (await mine.chat(f"mine/{MODEL}")).status_code == 200
    listed = (await mine.admin("GET", "/api/policies"))["policies"]
    assert [(one["name"], one["matched"], one["acted"]) for one in listed] == [("later", 1, 0), ("never", 0, 0)]
    assert listed[0]["lastMatchedAt"] is not None
    assert (await mine.rows(1))[0].policies == ()


async def test_conditions_look_at_key_address_header_tag_and_size(gateways: GatewayMaker, fakes: MakeFake) -> None:
    gateway = await gateways(trusted_proxies="127.0.0.1")
    fake = await fakes(Format.OPENAI_CHAT)
    await gateway.connect(fake, "mine")
    other = (await gateway.gateway.services.keys.create(KeyDraft(name="other"))).record.id
    rules: dict[str, Any] = {
        "key": {"keys": [other]},
        "address": {"addresses": ["10.0.0.0/8", "2001:db8::/32"]},
        "header": {"headers": {"X-Team": "red*"}},
        "tag": {"tags": ["batch"]},
        "input": {"minInputTokens": 500},
        "output": {"minOutputTokens": 2000},
        "format": {"formats": ["anthropic"]},
        "provider": {"providers": ["demo"]},
    }
    for name, conditions in rules.items():
        await policy(gateway, name, conditions, deny=True)

    async def denied_by(model: str = f"mine/{MODEL}", text: str = "Hello", **more: Any) -> str | None:
        headers = {**gateway.auth, **more.pop("headers", {})}
        body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        answer = await gateway.http.post(gateway.url + "/v1/chat/completions", json=body, headers=headers)
        return None if answer.status_code == 200 else answer.json()["error"]["message"].split("'")[1]

    assert await denied_by() is None
    assert await denied_by(headers={"x-forwarded-for": "10.1.2.3"}) == "address"
    assert await denied_by(headers={"x-forwarded-for": "::ffff:10.1.2.3"}) == "address"
    assert await denied_by(headers={"x-forwarded-for": "2001:db8::5"}) == "address"
    assert await denied_by(headers={"x-forwarded-for": "11.1.2.3"}) is None
    assert await denied_by(headers={"x-team": "red-2"}) == "header"
    assert await denied_by(headers={"x-team": "blue"}) is None
    assert await denied_by(headers={"x-omniroute-tags": "batch"}) == "tag"
    assert await denied_by(text="word " * 1000) == "input"
    assert await denied_by(max_tokens=2000) == "output"
    assert await denied_by(model="demo/echo") == "provider"
    assert (await ask(gateway, Format.ANTHROPIC, f"mine/{MODEL}")).status_code == 403


async def test_a_key_that_has_spent_enough_is_sent_to_a_cheaper_model(gateways: GatewayMaker, fakes: MakeFake) -> None:
    gateway = await gateways()
    fake = await fakes(Format.OPENAI_CHAT)
    body = {"provider": "openai", "name": "main", "apiKey": fake.key, "baseUrl": fake.api_url, "local": True}
    await gateway.admin("POST", "/api/providers", body)
    made = await policy(gateway, "thrift", {"costTodayUsd": 0.0000001}, reroute="openai/gpt-4o-mini")
    assert (await gateway.chat("openai/gpt-4o")).status_code == 200
    await gateway.rows(1)
    assert (await gateway.chat("openai/gpt-4o")).status_code == 200
    assert [one.body["model"] for one in fake.generations] == ["gpt-4o", "gpt-4o-mini"]
    sample = {"request": {"model": "openai/gpt-4o", "costTodayUsd": 5}}
    verdict = (await gateway.admin("POST", "/api/policies/dry-run", sample))["request"]
    assert (verdict["model"], verdict["providers"]) == ("openai/gpt-4o-mini", ["openai"])
    await gateway.admin("DELETE", f"/api/policies/{made['id']}")
    assert (await gateway.chat("openai/gpt-4o")).status_code == 200
    assert fake.generations[-1].body["model"] == "gpt-4o"


async def test_limits_of_a_rule_hold_for_each_key(mine: RunningGateway, fake_openai: FakeUpstream) -> None:
    await policy(mine, "calm", {"models": ["mine/minute"]}, limits={"requestsPerMinute": 2})
    await policy(mine, "one at a time", {"models": ["mine/once"]}, limits={"concurrentRequests": 1})
    answers = [await mine.chat("mine/minute") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["error"]["code"] == "policy_limit"
    assert 0 < int(answers[2].headers["retry-after"]) <= 60
    other = (await mine.gateway.services.keys.create(KeyDraft(name="other"))).secret.reveal()
    body = DOORS[Format.OPENAI_CHAT].body("mine/minute", "Hello")
    headers = {"authorization": f"Bearer {other}"}
    assert (await mine.http.post(mine.url + "/v1/chat/completions", json=body, headers=headers)).status_code == 200
    before = len(fake_openai.generations)
    fake_openai.faults.push("slow_first_byte", delay_s=1.0)
    slow = asyncio.create_task(mine.chat("mine/once"))
    async with asyncio.timeout(5):
        while len(fake_openai.generations) == before:
            await asyncio.sleep(0.01)
    assert (await mine.chat("mine/once")).status_code == 429
    assert (await slow).status_code == 200
    assert (await mine.chat("mine/once")).status_code == 200, "what has ended counts no more"


async def test_a_rules_time_limit_ends_a_slow_answer(mine: RunningGateway, fake_openai: FakeUpstream) -> None:
    await policy(mine, "quick", limits={"timeoutMs": 300})
    fake_openai.faults.push("slow_first_byte", delay_s=20)
    answer = await mine.chat(f"mine/{MODEL}")
    assert answer.status_code == 504


async def test_policies_survive_a_restart(gateways: GatewayMaker, fakes: MakeFake, tmp_path: Path) -> None:
    first = await gateways()
    fake = await fakes(Format.OPENAI_CHAT)
    await first.connect(fake, "mine")
    await policy(first, "no", {"time": {"weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}}, deny=True)
    second = await gateways(data_dir=first.gateway.settings.data_dir)
    assert tmp_path in first.gateway.settings.data_dir.parents
    assert (await second.chat(f"mine/{MODEL}")).status_code == 403


async def test_the_test_of_a_combo_is_no_clients_request(mine: RunningGateway) -> None:
    await mine.admin("POST", "/api/combos", {"name": "best", "targets": [{"model": f"mine/{MODEL}"}]})
    await policy(mine, "nothing", deny=True)
    tested = await mine.admin("POST", "/api/combos/test", {"comboName": "best"})
    assert tested["resolvedBy"] == f"mine/{MODEL}"


async def test_a_dry_run_over_recorded_requests_does_nothing(mine: RunningGateway) -> None:
    for model in ("mine/a", "mine/b", "mine/b"):
        await mine.chat(model)
    await mine.rows(3)
    draft = {"name": "no b", "conditions": {"models": ["*/b"]}, "effects": {"deny": True}}
    told = (await mine.admin("POST", "/api/policies/dry-run", {"last": 10, "policy": draft}))["recorded"]
    assert (told["lookedAt"], told["denied"], told["rerouted"]) == (3, 2, 0)
    assert told["counts"] == [{"id": "unsaved", "name": "no b", "state": "active", "matched": 2}]
    assert {one["requestedModel"] for one in told["requests"]} == {"mine/b"}
    assert (await mine.admin("GET", "/api/policies"))["policies"] == []
    assert (await mine.chat("mine/b")).status_code == 200


async def test_a_count_of_tokens_is_denied_and_sent_elsewhere_as_its_request_would_be(
    mine: RunningGateway, fakes: MakeFake
) -> None:
    claude, google = await fakes(Format.ANTHROPIC), await fakes(Format.GEMINI)
    await mine.connect(claude, "ant")
    await mine.connect(google, "goo")
    await policy(mine, "not this", {"models": ["*/secret"]}, deny=True, priority=1)
    await policy(mine, "tagged", {"models": ["*/tagged"]}, requireTags=["team-*"], priority=2)
    await policy(mine, "other", {"models": ["*/large"]}, reroute="ant/small", priority=3)
    await policy(mine, "slow", {"models": ["*"]}, limits={"requestsPerMinute": 1}, maxTokens=1, priority=4)

    async def count(model: str, headers: dict[str, str] | None = None) -> httpx.Response:
        body = {"model": model, "messages": [{"role": "user", "content": "Hello"}]}
        url = f"{mine.url}/v1/messages/count_tokens"
        return await mine.http.post(url, json=body, headers={**mine.auth, **(headers or {})})

    async def count_gemini(model: str) -> httpx.Response:
        inner = {"model": f"models/{model}", "contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
        url = f"{mine.url}/v1beta/models/{model}:countTokens"
        return await mine.http.post(url, json={"generateContentRequest": inner}, headers=mine.auth)

    denied = await count("ant/secret")
    assert (denied.status_code, denied.json()["error"]["type"]) == (403, "permission_error")
    assert "'not this'" in denied.json()["error"]["message"]
    refused = await count_gemini("goo/secret")
    assert (refused.status_code, refused.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert (await count("ant/tagged")).status_code == 403
    assert (await count("ant/tagged", {"x-omniroute-tags": "team-a"})).status_code == 200
    counted = [await count("ant/large") for _ in range(3)]
    assert [one.json()["input_tokens"] > 0 for one in counted] == [True] * 3
    assert [one.body["model"] for one in claude.requests] == ["tagged", "small", "small", "small"]
    assert (await count_gemini("goo/plain")).json()["totalTokens"] > 0
    shown = {one["name"]: one["matched"] for one in (await mine.admin("GET", "/api/policies"))["policies"]}
    assert (shown["not this"], shown["other"]) == (2, 3)
