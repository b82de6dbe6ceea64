"""Settings through every pair: structured output, stop sequences, limits."""

import json

import pytest

from tests.pairs.bench import Bench, Pair
from tests.pairs.table import lost, said
from tests.pairs.talk import Ask, User

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
LONG = " ".join(f"word{number}" for number in range(60))


@pytest.mark.parametrize("stream", [False, True])
@said("schema")
async def test_a_schema_shapes_the_answer(bench: Bench, pair: Pair, stream: bool) -> None:
    upstream = bench.upstreams[pair.upstream]
    heard = await bench.ask(pair, Ask(model=pair.model, turns=(User(text="Weather?"),), schema=SCHEMA, stream=stream))
    assert json.loads(heard.text) == {"city": "demo", "days": 1}
    seen = upstream.seen.schema
    assert list(seen["properties"]) == ["city", "days"]
    assert seen["required"] == ["city", "days"]
    assert (seen == SCHEMA) == (lost("schema", pair) is None)


@said("stop")
async def test_a_stop_sequence_comes_through(bench: Bench, pair: Pair) -> None:
    upstream = bench.upstreams[pair.upstream]
    asked = Ask(model=pair.model, turns=(User(text="one two three four"),), stop=("three", "never"))
    heard = await bench.ask(pair, asked)
    row = lost("stop", pair)
    if row:
        assert row.header in heard.headers["x-omniroute-dropped"]
        assert heard.text == "one two three four"
    else:
        assert upstream.seen.stop == ("three", "never")
        assert heard.text.rstrip() == "one two"
        assert heard.stop in ("end", "stop")


@pytest.mark.parametrize("stream", [False, True])
@said("limit")
async def test_a_limit_ends_the_answer_and_is_told(bench: Bench, pair: Pair, stream: bool) -> None:
    upstream = bench.upstreams[pair.upstream]
    heard = await bench.ask(pair, Ask(model=pair.model, turns=(User(text=LONG),), max_tokens=20, stream=stream))
    assert upstream.seen.max_tokens == 20
    assert heard.stop == "length"
    assert 0 < len(heard.text) < len(LONG)
    assert LONG.startswith(heard.text)
