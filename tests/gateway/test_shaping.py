"""The system prompt and the thinking budget through a whole gateway: what upstreams of every format get."""

import copy
from typing import Any

import pytest

from omniroute.formats.hub import Format
from tests.fakes.fixtures import MakeFake
from tests.fakes.upstream import FakeUpstream
from tests.gateway.doors import DOORS, ask, at
from tests.gateways import GatewayMaker, RunningGateway

MODEL = "fake-large"
PROMPT = "Answer in one sentence."
SYSTEM = "/api/settings/system-prompt"
THINKING = "/api/settings/thinking-budget"
FORMATS = list(Format)

# What a client of each format says as its own instructions.
OWN: dict[Format, dict[str, Any]] = {
    Format.OPENAI_CHAT: {
        "messages": [{"role": "system", "content": "You are Bob."}, {"role": "user", "content": "Hello there"}]
    },
    Format.OPENAI_RESPONSES: {"instructions": "You are Bob."},
    Format.ANTHROPIC: {"system": [{"type": "text", "text": "You are Bob.", "cache_control": {"type": "ephemeral"}}]},
    Format.GEMINI: {"systemInstruction": {"parts": [{"text": "You are Bob."}]}},
    Format.OLLAMA: {
        "messages": [{"role": "system", "content": "You are Bob."}, {"role": "user", "content": "Hello there"}]
    },
}


def told(form: Format, body: dict[str, Any]) -> list[str]:
    """Return the texts of the instructions in a body, in order."""
    match form:
        case Format.OPENAI_CHAT | Format.OLLAMA:
            found = [one["content"] for one in body["messages"] if one["role"] in {"system", "developer"}]
        case Format.OPENAI_RESPONSES:
            items = body["input"] if isinstance(body["input"], list) else []
            found = [body.get("instructions") or ""]
            found += [one["content"] for one in items if one.get("role") in {"system", "developer"}]
        case Format.ANTHROPIC:
            found = [body.get("system") or ""]
        case Format.GEMINI:
            found = [body.get("systemInstruction", {}).get("parts", [])]
    return [
        text for one in found for text in ([one] if isinstance(one, str) else [part["text"] for part in one]) if text
    ]


async def system_prompt(gateway: RunningGateway, **more: Any) -> None:
    await gateway.admin("PUT", SYSTEM, {"enabled": True, "prompt": PROMPT, **more})


@pytest.mark.parametrize("position", ["append", "prepend"])
@pytest.mark.parametrize("upstream", FORMATS)
@pytest.mark.parametrize("form", FORMATS)
async def test_the_prompt_reaches_every_upstream_from_every_client_once(
    gateway: RunningGateway, fakes: MakeFake, form: Format, upstream: Format, position: str
) -> None:
    fake = await fakes(upstream)
    await gateway.connect(fake, "up")
    await system_prompt(gateway, position=position)
    for more in ({}, OWN[form]):
        answer = await ask(gateway, form, f"up/{MODEL}", more)
        assert answer.status_code == 200, answer.text
    alone, beside = (" ".join(told(upstream, one.body)) for one in fake.generations)
    assert alone == PROMPT
    first, second = ("You are Bob.", PROMPT) if position == "append" else (PROMPT, "You are Bob.")
    assert beside.split() == f"{first} {second}".split()


@pytest.mark.parametrize("form", FORMATS)
async def test_all_else_of_a_body_stays_and_what_is_there_is_not_said_twice(
    gateway: RunningGateway, fakes: MakeFake, form: Format
) -> None:
    fake = await fakes(form)
    await gateway.connect(fake, "up")
    plain = {**DOORS[form].body(MODEL, "Hello there"), **OWN[form]}
    await ask(gateway, form, f"up/{MODEL}", OWN[form])
    assert fake.generations[0].body == plain
    await system_prompt(gateway)
    await ask(gateway, form, f"up/{MODEL}", OWN[form])
    shaped = fake.generations[1].body
    changed = {name for name in plain if plain[name] != shaped.get(name)}
    assert changed <= {"messages", "instructions", "system", "systemInstruction"}
    assert set(shaped) == set(plain)
    # A client that has it already, such as one that sends back what it was shown, is left alone.
    own = {name: shaped[name] for name in OWN[form]}
    await ask(gateway, form, f"up/{MODEL}", copy.deepcopy(own))
    assert fake.generations[2].body == shaped


async def test_what_a_client_marked_for_the_cache_stays_first(
    gateway: RunningGateway, fake_anthropic: FakeUpstream
) -> None:
    await gateway.connect(fake_anthropic, "up")
    await system_prompt(gateway)
    await ask(gateway, Format.ANTHROPIC, f"up/{MODEL}", OWN[Format.ANTHROPIC])
    assert fake_anthropic.generations[0].body["system"] == [
        *OWN[Format.ANTHROPIC]["system"],
        {"type": "text", "text": PROMPT},
    ]


async def test_codex_has_developer_messages_and_the_prompt_comes_after_them(
    gateway: RunningGateway, fake_responses: FakeUpstream
) -> None:
    await gateway.connect(fake_responses, "up")
    await system_prompt(gateway)
    items = [
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "You are Codex."}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]},
    ]
    await ask(gateway, Format.OPENAI_RESPONSES, f"up/{MODEL}", {"input": items})
    sent = fake_responses.generations[0].body
    assert "instructions" not in sent
    assert [one["content"][0]["text"] for one in sent["input"]] == ["You are Codex.", PROMPT, "Hello"]


async def test_the_prompt_is_not_kept_with_what_a_client_said(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "up")
    await system_prompt(gateway)
    answer = (await ask(gateway, Format.OPENAI_RESPONSES, f"up/{MODEL}")).json()
    listed = await gateway.http.get(f"{gateway.url}/v1/responses/{answer['id']}/input_items", headers=gateway.auth)
    assert PROMPT not in listed.text
    assert PROMPT not in str(answer), "an operator's instructions are no client's business"
    more = {"input": "And now?", "previous_response_id": answer["id"]}
    assert (await ask(gateway, Format.OPENAI_RESPONSES, f"up/{MODEL}", more)).status_code == 200
    assert told(Format.OPENAI_CHAT, fake_openai.generations[1].body) == [PROMPT]


async def test_generate_has_a_system_prompt_too(gateway: RunningGateway, fake_ollama: FakeUpstream) -> None:
    await gateway.connect(fake_ollama, "up")
    await system_prompt(gateway)
    body = {"model": f"up/{MODEL}", "prompt": "Hello", "system": "You are Bob.", "stream": False}
    answer = await gateway.http.post(gateway.url + "/api/generate", json=body, headers=gateway.auth)
    assert answer.status_code == 200
    assert " ".join(told(Format.OLLAMA, fake_ollama.generations[0].body)).split() == f"You are Bob. {PROMPT}".split()


async def test_the_prompt_may_be_for_some_formats_only(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    await gateway.connect(fake_openai, "up")
    await system_prompt(gateway, formats=["anthropic"])
    await ask(gateway, Format.OPENAI_CHAT, f"up/{MODEL}")
    await ask(gateway, Format.ANTHROPIC, f"up/{MODEL}")
    assert [told(Format.OPENAI_CHAT, one.body) for one in fake_openai.generations] == [[], [PROMPT]]
    await gateway.admin("PUT", SYSTEM, {"enabled": False})
    await ask(gateway, Format.ANTHROPIC, f"up/{MODEL}")
    assert told(Format.OPENAI_CHAT, fake_openai.generations[2].body) == []


# ── thinking ────────────────────────────────────────────────────────────────────────────────────────────────────

THINKER = {
    Format.OPENAI_CHAT: "gpt-5.2",
    Format.OPENAI_RESPONSES: "gpt-5.2",
    Format.ANTHROPIC: "claude-sonnet-4-5",
    Format.GEMINI: "gemini-2.5-pro",
    Format.OLLAMA: "qwen3-thinking",
}
AMOUNT = {
    Format.OPENAI_CHAT: ("reasoning_effort",),
    Format.OPENAI_RESPONSES: ("reasoning", "effort"),
    Format.ANTHROPIC: ("thinking", "budget_tokens"),
    Format.GEMINI: ("generationConfig", "thinkingConfig", "thinkingBudget"),
    Format.OLLAMA: ("think",),
}
OF_2048 = {
    Format.OPENAI_CHAT: "medium",
    Format.OPENAI_RESPONSES: "medium",
    Format.ANTHROPIC: 2048,
    Format.GEMINI: 2048,
    Format.OLLAMA: True,
}
ASKED: dict[Format, dict[str, Any]] = {
    Format.OPENAI_CHAT: {"reasoning_effort": "high"},
    Format.OPENAI_RESPONSES: {"reasoning": {"effort": "high"}},
    Format.ANTHROPIC: {"thinking": {"type": "enabled", "budget_tokens": 3000}},
    Format.GEMINI: {"generationConfig": {"thinkingConfig": {"thinkingBudget": 3000}}},
    Format.OLLAMA: {"think": True},
}


@pytest.mark.parametrize("upstream", FORMATS)
@pytest.mark.parametrize("form", FORMATS)
async def test_a_custom_budget_reaches_every_upstream_from_every_client(
    gateway: RunningGateway, fakes: MakeFake, form: Format, upstream: Format
) -> None:
    fake = await fakes(upstream)
    await gateway.connect(fake, "up")
    await gateway.admin("PUT", THINKING, {"mode": "custom", "customBudget": 2048})
    for more in ({}, ASKED[form]):
        answer = await ask(gateway, form, f"up/{THINKER[upstream]}", more)
        assert answer.status_code == 200, answer.text
        assert at(fake.generations[-1].body, AMOUNT[upstream]) == OF_2048[upstream]


@pytest.mark.parametrize("upstream", FORMATS)
@pytest.mark.parametrize("form", FORMATS)
async def test_auto_takes_out_what_clients_say(
    gateway: RunningGateway, fakes: MakeFake, form: Format, upstream: Format
) -> None:
    fake = await fakes(upstream)
    await gateway.connect(fake, "up")
    await gateway.admin("PUT", THINKING, {"mode": "auto"})
    answer = await ask(gateway, form, f"up/{THINKER[upstream]}", ASKED[form])
    assert answer.status_code == 200, answer.text
    assert (
        at(fake.generations[0].body, AMOUNT[upstream][:1] if upstream is not Format.GEMINI else AMOUNT[upstream][:2])
        is None
    )


@pytest.mark.parametrize("form", FORMATS)
async def test_passthrough_leaves_every_body_as_it_is(gateway: RunningGateway, fakes: MakeFake, form: Format) -> None:
    fake = await fakes(form)
    await gateway.connect(fake, "up")
    await gateway.admin("PUT", THINKING, {"mode": "passthrough", "customBudget": 2048})
    assert gateway.gateway.plane.snapshots.current().shaping is None
    await ask(gateway, form, f"up/{THINKER[form]}", ASKED[form])
    assert at(fake.generations[0].body, AMOUNT[form]) == at(ASKED[form], AMOUNT[form])


async def test_a_budget_is_only_for_models_that_think(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    await gateway.connect(fake_openai, "up")
    await gateway.admin("PUT", THINKING, {"mode": "custom"})
    await gateway.chat("up/llama-3.3", reasoning_effort="low")
    assert fake_openai.generations[0].body["reasoning_effort"] == "low"


async def test_adaptive_goes_by_the_request(gateway: RunningGateway, fake_anthropic: FakeUpstream) -> None:
    await gateway.connect(fake_anthropic, "up")
    await gateway.admin("PUT", THINKING, {"mode": "adaptive", "effortLevel": "low"})
    tools = [
        {"name": f"tool{n}", "description": "A tool.", "input_schema": {"type": "object", "properties": {}}}
        for n in range(4)
    ]
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}] * 5
    long = [*turns, {"role": "user", "content": "word " * 500}]
    for more in ({}, {"tools": tools}, {"tools": tools, "messages": long}):
        answer = await ask(gateway, Format.ANTHROPIC, "up/claude-sonnet-4-5", {"max_tokens": 8000, **more})
        assert answer.status_code == 200, answer.text
    budgets = [one.body["thinking"]["budget_tokens"] for one in fake_anthropic.generations]
    assert budgets == [1024, 1536, 2355]


async def test_anthropics_rules_for_thinking_are_kept(gateway: RunningGateway, fake_anthropic: FakeUpstream) -> None:
    await gateway.connect(fake_anthropic, "up")
    await gateway.admin("PUT", THINKING, {"mode": "custom", "customBudget": 50_000})
    more = {"temperature": 0.3, "top_k": 5, "max_tokens": 4000}
    answer = await ask(gateway, Format.ANTHROPIC, "up/claude-sonnet-4-5", more)
    assert answer.status_code == 200, answer.text
    sent = fake_anthropic.generations[0].body
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 3000}
    assert "temperature" not in sent
    assert sent["max_tokens"] == 4000
    await gateway.admin("PUT", THINKING, {"mode": "auto"})
    management = {"edits": [{"type": "clear_thinking_20251015"}, {"type": "clear_tool_uses_20250919"}]}
    said = {"context_management": management, "thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}
    await ask(gateway, Format.ANTHROPIC, "up/claude-sonnet-4-5", said)
    sent = fake_anthropic.generations[1].body
    assert sent["context_management"] == {"edits": [{"type": "clear_tool_uses_20250919"}]}
    assert not sent.keys() & {"thinking", "output_config"}


async def test_both_survive_a_restart(gateways: GatewayMaker, fakes: MakeFake) -> None:
    first = await gateways()
    fake = await fakes(Format.OPENAI_CHAT)
    await first.connect(fake, "up")
    await system_prompt(first)
    await first.admin("PUT", THINKING, {"mode": "custom", "customBudget": 512})
    second = await gateways(data_dir=first.gateway.settings.data_dir)
    await second.chat("up/gpt-5.2")
    sent = fake.generations[0].body
    assert (sent["messages"][0]["content"], sent["reasoning_effort"]) == (PROMPT, "low")
