"""Tools through every pair: calls, parallel and in pieces, results with pictures and failures, tool_choice."""

import pytest

from tests.fakes.material import PNG
from tests.pairs.bench import Bench, Pair
from tests.pairs.choices import CHOSEN
from tests.pairs.table import dropped_as, lost, said
from tests.pairs.talk import Ask, Heard, Picture, Result, Results, Tool, User
from tests.pairs.upstreams import walk

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
}
SUN = Tool(name="sun", description="Hours of sunshine", schema=SCHEMA)
RAIN = Tool(name="rain_in_mm", description="Rain", schema=SCHEMA)
ARGUMENTS = {"city": "demo", "days": 1}
QUESTION = User(text="What is the weather in Kiel?")


def asking(pair: Pair, *tools: Tool, stream: bool = False, choice: str | None = None) -> Ask:
    return Ask(model=pair.model, turns=(QUESTION,), tools=tools, stream=stream, choice=choice)


@pytest.mark.parametrize("stream", [False, True])
@said("call")
async def test_a_tool_is_called(bench: Bench, pair: Pair, stream: bool) -> None:
    heard = await bench.ask(pair, asking(pair, SUN, stream=stream))
    assert [(call.name, call.arguments) for call in heard.calls] == [("sun", ARGUMENTS)]
    assert heard.stop == "tools"
    assert bench.upstreams[pair.upstream].seen.tools == ("sun",)
    counted = bench.upstreams[pair.upstream].counted
    assert heard.usage
    assert (heard.usage.input, heard.usage.output) == (counted.input, counted.output)


@pytest.mark.parametrize("stream", [False, True])
@said("parallel calls")
async def test_several_tools_are_called_at_once(bench: Bench, pair: Pair, stream: bool) -> None:
    heard = await bench.ask(pair, asking(pair, SUN, RAIN, stream=stream))
    assert [call.name for call in heard.calls] == ["sun", "rain_in_mm"]
    assert all(call.arguments == ARGUMENTS for call in heard.calls)
    ids = {call.id for call in heard.calls}
    assert len(ids) == 2 or ids == {""}
    assert heard.stop == "tools"


async def round_trip(bench: Bench, pair: Pair, *, stream: bool = False, **result: object) -> Heard:
    """Call two tools, hand back what they said (`result` is said of the second), and hear the answer."""
    first = await bench.ask(pair, asking(pair, SUN, RAIN, stream=stream))
    sun, rain = first.calls
    answered = Results(
        results=(
            Result(call=sun, text="nine hours"),
            Result(call=rain, text="two litres", **result),  # type: ignore[arg-type]
        )
    )
    return await bench.ask(
        pair, Ask(model=pair.model, turns=(QUESTION, first, answered), tools=(SUN, RAIN), stream=stream)
    )


@pytest.mark.parametrize("stream", [False, True])
@said("tool result")
async def test_the_results_of_tools_go_back(bench: Bench, pair: Pair, stream: bool) -> None:
    heard = await round_trip(bench, pair, stream=stream)
    assert heard.text.index("nine hours") < heard.text.index("two litres"), heard.text
    assert heard.stop == "end"
    assert "x-omniroute-dropped" not in heard.headers


@said("failed result")
async def test_a_result_tells_that_the_tool_failed(bench: Bench, pair: Pair) -> None:
    upstream = bench.upstreams[pair.upstream]
    heard = await round_trip(bench, pair, failed=True)
    assert "two litres" in heard.text
    row = lost("failed result", pair)
    marks = [v for v in walk(upstream.body) if v.get("is_error") is True or "error" in (v.get("response") or {})]
    assert bool(marks) == (row is None)
    assert dropped_as(row, heard)


@said("picture result")
async def test_a_result_holds_a_picture(bench: Bench, pair: Pair) -> None:
    upstream = bench.upstreams[pair.upstream]
    heard = await round_trip(bench, pair, picture=Picture(data=PNG))
    assert "two litres" in heard.text or lost("picture result", pair)
    assert upstream.seen.images == (PNG,)


@pytest.mark.parametrize("choice", ["auto", "none", "required", "rain_in_mm"])
@said("choice")
async def test_the_choice_of_tools_comes_through(bench: Bench, pair: Pair, choice: str) -> None:
    upstream = bench.upstreams[pair.upstream]
    heard = await bench.ask(pair, asking(pair, SUN, RAIN, choice=choice))
    row = lost("choice", pair)
    if row is None or choice == "auto":
        assert dropped_as(None, heard)
    else:
        assert dropped_as(row, heard) or choice == "none"
        assert upstream.seen.tools == {"none": (), "rain_in_mm": ("rain_in_mm",)}.get(choice, ("sun", "rain_in_mm"))
    if row is None:
        assert upstream.seen.choice in CHOSEN[pair.upstream][choice]
        called = {"none": [], "rain_in_mm": ["rain_in_mm"]}.get(choice, ["sun", "rain_in_mm"])
        assert [call.name for call in heard.calls] == called
