"""Thinking through every pair: asked for, told, signed, and a conversation that goes on at another vendor."""

import itertools

import pytest

from omniroute.formats.hub import Format
from tests.pairs.bench import PYTHON, Bench, Pair
from tests.pairs.table import said
from tests.pairs.talk import Ask, Result, Results
from tests.pairs.test_tools import QUESTION, SUN

pytestmark = pytest.mark.asyncio(loop_scope="session")


def thoughtful(pair: Pair, *, stream: bool = False) -> Ask:
    return Ask(model=pair.model, turns=(QUESTION,), effort="high", max_tokens=3000, stream=stream)


@said("effort")
async def test_how_much_to_think_reaches_the_upstream_in_its_own_words(bench: Bench, pair: Pair) -> None:
    await bench.ask(pair, thoughtful(pair))
    seen = bench.upstreams[pair.upstream].seen.thinking
    assert seen
    assert seen != {"thinking": None, "effort": None}


@pytest.mark.parametrize("stream", [False, True])
@said("thoughts")
async def test_the_thoughts_come_through_beside_the_text(bench: Bench, pair: Pair, stream: bool) -> None:
    heard = await bench.ask(pair, thoughtful(pair, stream=stream))
    assert heard.thinking
    assert heard.text
    assert heard.thinking not in heard.text
    assert heard.stop == "end"


@pytest.mark.parametrize("stream", [False, True])
@said("signatures")
async def test_a_tool_round_with_thinking_is_accepted_where_it_began(bench: Bench, pair: Pair, stream: bool) -> None:
    asked = Ask(model=pair.model, turns=(QUESTION,), tools=(SUN,), effort="high", max_tokens=3000, stream=stream)
    first = await bench.ask(pair, asked)
    (call,) = first.calls
    results = Results(results=(Result(call=call, text="nine hours"),))
    turns = (QUESTION, first, results)
    heard = await bench.ask(
        pair, Ask(model=pair.model, turns=turns, tools=(SUN,), effort="high", max_tokens=3000, stream=stream)
    )
    assert "nine hours" in heard.text


MOVES = [
    (Pair(client.format.value, before), Pair(client.format.value, after))
    for client in PYTHON
    for before, after in itertools.permutations(Format, 2)
]


@pytest.mark.parametrize(("before", "after"), MOVES, ids=str)
async def test_a_tool_round_with_thinking_goes_on_at_another_vendor(bench: Bench, before: Pair, after: Pair) -> None:
    first = await bench.ask(
        before, Ask(model=before.model, turns=(QUESTION,), tools=(SUN,), effort="high", max_tokens=3000)
    )
    (call,) = first.calls
    turns = (QUESTION, first, Results(results=(Result(call=call, text="nine hours"),)))
    heard = await bench.ask(after, Ask(model=after.model, turns=turns, tools=(SUN,), effort="high", max_tokens=3000))
    assert "nine hours" in heard.text
    # And home again: what the first vendor signed is taken back by it.
    home = await bench.ask(
        before,
        Ask(model=before.model, turns=(*turns, heard, QUESTION), tools=(SUN,), effort="high", max_tokens=3000),
    )
    assert home.text or home.calls
