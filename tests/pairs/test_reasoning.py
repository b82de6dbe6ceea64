"""Reasoning through every pair: how much to think, the thoughts, and their signatures from turn to turn."""

from typing import Any

import pytest

from omniroute.formats.hub import Format
from omniroute.upstream.demo.answers import THOUGHT
from tests.fakes.sealing import opened
from tests.pairs.bench import PAIRS, Bench, Pair, prefix
from tests.pairs.table import lost, said
from tests.pairs.talk import Ask, Result, Results, Tool, User
from tests.pairs.upstreams import walk

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOOL = Tool(
    name="sun",
    description="Hours of sunshine",
    schema={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
QUESTION = User(text="What is the weather in Kiel?")


def effort_in(upstream: Format, thinking: Any) -> Any:
    """Find the level in an upstream's own words."""
    if upstream is Format.ANTHROPIC:
        assert thinking["thinking"]["type"] == "adaptive"
        return thinking["effort"]
    return thinking["thinkingLevel"].lower() if upstream is Format.GEMINI else thinking


@pytest.mark.parametrize("stream", [False, True])
@said("effort")
async def test_a_level_of_thinking_and_the_thoughts_come_through(bench: Bench, pair: Pair, stream: bool) -> None:
    upstream = bench.upstreams[pair.upstream]
    heard = await bench.ask(pair, Ask(model=pair.model, turns=(User(text="Think"),), effort="low", stream=stream))
    assert effort_in(pair.upstream, upstream.seen.thinking) == "low"
    assert heard.text == "Think"
    assert heard.thinking == ("" if lost("thoughts", pair) else THOUGHT)
    counted = upstream.counted
    assert heard.usage
    assert (heard.usage.input, heard.usage.output) == (counted.input, counted.output)
    if not lost("reasoning tokens", pair):
        assert heard.usage.reasoning == counted.reasoning
        assert counted.reasoning or lost("thoughts", pair)


@said("budget")
async def test_a_budget_of_thinking_comes_through(bench: Bench, pair: Pair) -> None:
    upstream = bench.upstreams[pair.upstream]
    asked = Ask(model=pair.model, turns=(User(text="Think"),), budget=2000, max_tokens=4000)
    heard = await bench.ask(pair, asked)
    thinking = upstream.seen.thinking
    if pair.upstream is Format.ANTHROPIC:
        assert thinking["thinking"]["budget_tokens"] == 2000
    elif pair.upstream is Format.GEMINI:
        assert thinking["thinkingBudget"] == 2000
    else:
        row = lost("budget", pair)
        assert row
        assert thinking in ("low", "medium", True)
    assert heard.thinking == THOUGHT


@said("cached")
async def test_tokens_read_from_the_cache_are_told(bench: Bench, pair: Pair) -> None:
    upstream = bench.upstreams[pair.upstream]
    asked = Ask(model=pair.model, turns=(User(text=f"Again and again, {pair}"),))
    await bench.ask(pair, asked)
    for stream in (False, True):
        heard = await bench.ask(pair, Ask(model=asked.model, turns=asked.turns, stream=stream))
        assert heard.usage
        assert (heard.usage.cached or 0) == (upstream.counted.cached or 0)
        assert upstream.counted.cached or lost("cached", pair)


async def called(bench: Bench, pair: Pair, model: str, *, stream: bool, budget: int | None = None) -> tuple[Any, ...]:
    """Ask with thinking, and hear a call; return the turns so far, results included."""
    effort = None if budget else "low"
    asked = Ask(model=model, turns=(QUESTION,), tools=(TOOL,), effort=effort, budget=budget, stream=stream)
    first = await bench.ask(pair, asked)
    assert [call.name for call in first.calls] == ["sun"]
    results = Results(results=tuple(Result(call=call, text="nine hours") for call in first.calls))
    return QUESTION, first, results


@pytest.mark.parametrize("stream", [False, True])
@said("signatures")
async def test_signatures_go_home_in_a_tool_round(bench: Bench, pair: Pair, stream: bool) -> None:
    upstream = bench.upstreams[pair.upstream]
    model = f"{prefix(pair.upstream)}/gemini-3-fake" if pair.upstream is Format.GEMINI else pair.model
    turns = await called(bench, pair, model, stream=stream)
    heard = await bench.ask(pair, Ask(model=model, turns=turns, tools=(TOOL,), effort="low", stream=stream))
    assert "nine hours" in heard.text
    sealed = [value for value in strings(upstream.body) if opened(pair.upstream.value, value) is not None]
    assert bool(sealed) == (lost("signatures", pair) is None)
    answered = Results(results=tuple(Result(call=call, text="nine hours") for call in turns[1].calls))
    later = (QUESTION, turns[1], answered, heard, User(text="And then?"))
    assert (await bench.ask(pair, Ask(model=model, turns=later, effort="low", stream=stream))).text == "And then?"


@said("budget")
async def test_a_tool_round_within_a_budget_goes_on(bench: Bench, pair: Pair) -> None:
    turns = await called(bench, pair, pair.model, stream=True, budget=2000)
    heard = await bench.ask(pair, Ask(model=pair.model, turns=turns, tools=(TOOL,), budget=2000, max_tokens=4000))
    assert "nine hours" in heard.text


@pytest.mark.parametrize("pair", PAIRS, ids=str)
async def test_a_tool_round_goes_on_at_any_other_vendor_and_comes_back(bench: Bench, pair: Pair) -> None:
    here = f"{prefix(pair.upstream)}/gemini-3-fake"
    turns = await called(bench, pair, here, stream=True)
    for other in Format:
        away = f"{prefix(other)}/gemini-3-fake"
        heard = await bench.ask(pair, Ask(model=away, turns=turns, tools=(TOOL,), effort="low", stream=True))
        assert "nine hours" in heard.text
        if other is not pair.upstream:
            foreign = [v for v in strings(bench.upstreams[other].body) if opened(pair.upstream.value, v) is not None]
            assert not foreign, "another vendor's signature is nobody else's business"
        back = (*turns, heard, User(text="And then?"))
        again = await bench.ask(pair, Ask(model=here, turns=back, effort="low"))
        assert again.text == "And then?"


def strings(value: Any) -> list[str]:
    """Every text in a JSON value."""
    return [text for inner in walk(value) for text in inner.values() if isinstance(text, str)]
