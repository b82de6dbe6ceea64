"""The playground by GraphQL alone."""

import asyncio
from typing import Any

import pytest

from tests.gateways import RunningGateway
from tests.graphql.asking import FAILURE, ask, connected, following, streaming

PREPARE = f"""mutation ($input: PlaygroundInput!) {{
    preparePlayground(input: $input) {{ ... on PlaygroundRun {{ id }} {FAILURE} }} }}"""
ANSWER = """subscription ($id: ID!) { playground(id: $id) { text thinking end {
    requestId outcome status provider model latencyMs firstTokenMs inputTokens outputTokens costUsd attempts error
    calls { name arguments } } } }"""
TOOLS = '[{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]'


async def answered(gateway: RunningGateway, **given: Any) -> tuple[str, str, dict[str, Any]]:
    """Ask, and return the text, the thoughts and the end."""
    run = (await ask(gateway, PREPARE, input=given))["preparePlayground"]
    async with connected(gateway) as client, following(client, ANSWER, id=run["id"]) as feed, asyncio.timeout(10):
        told = [one async for one in feed]
    assert [one["end"] for one in told[:-1]] == [None] * (len(told) - 1)
    return "".join(one["text"] for one in told), "".join(one["thinking"] for one in told), told[-1]["end"]


async def test_an_answer_comes_in_pieces_and_is_recorded_like_any_request(gateway: RunningGateway) -> None:
    text, _, end = await answered(gateway, model="demo/echo", text="Ahoy there", system="Be brief.")
    assert text == "[demo] Ahoy there"
    assert (end["outcome"], end["status"], end["provider"], end["model"]) == ("ok", 200, "demo", "echo")
    assert 0 < end["firstTokenMs"] <= end["latencyMs"]
    assert (end["attempts"], end["error"], end["costUsd"]) == (1, None, "0")
    (row,) = await gateway.rows(1)
    assert (row.id, row.path, row.key_id, row.outcome) == (end["requestId"], "/api/playground", None, "ok")
    assert (row.input_tokens, row.output_tokens) == (end["inputTokens"], end["outputTokens"])


async def test_thoughts_and_calls_are_told_apart_from_the_text(gateway: RunningGateway) -> None:
    text, thinking, _ = await answered(gateway, model="demo/think", text="Why?")
    assert text
    assert thinking
    _, _, end = await answered(gateway, model="demo/tools", text="Weather?", tools=TOOLS)
    assert [one["name"] for one in end["calls"]] == ["weather"]


async def test_a_failure_is_told_at_the_end(gateway: RunningGateway) -> None:
    text, _, end = await answered(gateway, model="demo/fail-400", text="Hello")
    assert (text, end["outcome"]) == ("", "failed")
    assert end["error"]
    _, _, nobody = await answered(gateway, model="no-such-model", text="Hello")
    assert (nobody["outcome"], nobody["status"]) == ("refused", 404)


async def test_who_stops_watching_ends_the_request(gateway: RunningGateway) -> None:
    run = (await ask(gateway, PREPARE, input={"model": "demo/slow", "text": "Hello"}))["preparePlayground"]
    async with connected(gateway) as client, following(client, ANSWER, id=run["id"]) as feed, asyncio.timeout(10):
        await anext(feed)
    (row,) = await gateway.rows(1)
    assert row.outcome == "client_closed"


async def test_a_question_is_sent_once_and_only_when_it_is_watched(gateway: RunningGateway) -> None:
    run = (await ask(gateway, PREPARE, input={"model": "demo/echo", "text": "Hello"}))["preparePlayground"]
    assert await gateway.rows(0) == []
    query = f'subscription {{ playground(id: "{run["id"]}") {{ text }} }}'
    async with streaming(gateway, query) as feed, asyncio.timeout(10):
        assert [one async for one in feed]
    async with streaming(gateway, query) as feed, asyncio.timeout(10):
        told = [one async for one in feed]
    assert "sent already" in told[0]["errors"][0]["message"]
    assert len(await gateway.rows(1)) == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": " "}, "text"),
        ({"model": ""}, "model"),
        ({"tools": "{"}, "tools"),
        ({"tools": '{"type": "function"}'}, "tools"),
        ({"image": "file:///etc/passwd"}, "image"),
        ({"temperature": 3.0}, "temperature"),
        ({"maxTokens": 0}, "maxTokens"),
    ],
)
async def test_a_bad_question_is_refused_at_its_field(
    gateway: RunningGateway, given: dict[str, Any], field: str
) -> None:
    result = (await ask(gateway, PREPARE, input={"model": "demo/echo", "text": "Hello", **given}))["preparePlayground"]
    assert (result["__typename"], result["fields"][0]["field"]) == ("InvalidInput", field)
