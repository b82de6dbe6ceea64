"""The requests of Claude Code, Codex and Gemini CLI against every upstream: the first, and the one after a tool."""

import pytest

from omniroute.formats.hub import Format
from tests.pairs.agents import AGENTS, Agent, events_of
from tests.pairs.bench import Bench, prefix
from tests.pairs.talk import Json

pytestmark = pytest.mark.asyncio(loop_scope="session")

each = pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)
upstreams = pytest.mark.parametrize("form", Format)


async def asked(bench: Bench, agent: Agent, model: str, body: Json) -> list[Json]:
    """Send a request as the agent does; return the events of the answer."""
    gateway = bench.gateway
    url = gateway.url + agent.path(model)
    answer = await gateway.http.post(url, json=body, headers=agent.headers(gateway.key))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    events: list[Json] = events_of(answer.text)
    assert not [event for event in events if event.get("type") == "error" or event.get("error")]
    return events


@each
@upstreams
async def test_an_agents_request_calls_a_tool_and_goes_on(bench: Bench, agent: Agent, form: Format) -> None:
    upstream = bench.upstreams[form]
    model = f"{prefix(form)}/gemini-3-fake"
    body = agent.first(model)
    events = await asked(bench, agent, model, body)
    seen = upstream.seen
    assert any("What is in notes.txt?" in text for text in seen.texts)
    assert "coding agent" in seen.system
    assert seen.thinking or agent.name == "codex", "Codex asks for a summary and leaves the amount open"
    names = seen.tools if form is not agent.format else ()
    assert not names or len(names) in (12, 15, 24)
    then = agent.then(body, events)
    assert "42 lines" in agent.said(await asked(bench, agent, model, then))
    assert len(upstream.generations) == 2


@each
async def test_an_agent_may_change_its_model_in_the_middle(bench: Bench, agent: Agent) -> None:
    for before in Format:
        model = f"{prefix(before)}/gemini-3-fake"
        body = agent.first(model)
        then = agent.then(body, await asked(bench, agent, model, body))
        for after in Format:
            other = f"{prefix(after)}/gemini-3-fake"
            moved = {**then, "model": other} if "model" in then else then
            assert "42 lines" in agent.said(await asked(bench, agent, other, moved))


async def test_claude_codes_betas_reach_anthropic_and_nobody_else(bench: Bench) -> None:
    (agent, *_) = AGENTS
    for form in Format:
        model = f"{prefix(form)}/fake-large"
        await asked(bench, agent, model, agent.first(model))
        headers = bench.upstreams[form].generations[-1].headers
        assert ("mid-conversation-system" in headers.get("anthropic-beta", "")) == (form is Format.ANTHROPIC)
        assert "x-app" not in headers
        assert bench.gateway.key not in str(headers)


async def test_claude_codes_request_reaches_anthropic_as_it_is(bench: Bench) -> None:
    (agent, *_) = AGENTS
    body = agent.first(f"{prefix(Format.ANTHROPIC)}/fake-large")
    await asked(bench, agent, "", body)
    assert list(bench.upstreams[Format.ANTHROPIC].body.items()) == list({**body, "model": "fake-large"}.items())


@pytest.mark.parametrize("form", Format)
async def test_claude_codes_title_request_is_shaped(bench: Bench, form: Format) -> None:
    (agent, *_) = AGENTS
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    body = {
        "model": f"{prefix(form)}/fake-large",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "What is in notes.txt?"}]}],
        "system": [{"type": "text", "text": "Write a title."}],
        "tools": [],
        "thinking": {"type": "disabled"},
        "output_config": {"format": {"type": "json_schema", "schema": schema}},
        "max_tokens": 32000,
        "temperature": 1,
        "stream": True,
    }
    events = await asked(bench, agent, "", body)
    assert agent.said(events) == '{"title":"demo"}'
