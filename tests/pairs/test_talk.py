"""What is said through every pair: text, system instructions, several turns, pictures."""

import hashlib

import pytest

from tests.fakes.material import PNG
from tests.pairs.bench import PAIRS, Bench, Pair
from tests.pairs.table import dropped_as, lost, said
from tests.pairs.talk import Ask, Instruction, Picture, User

pytestmark = pytest.mark.asyncio(loop_scope="session")

HELLO = "Hello there, how are you? Grüße, 你好 🌊"
ADDRESS = "https://pictures.example/cat.png"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("pair", PAIRS, ids=str)
async def test_text_and_its_usage_come_through(bench: Bench, pair: Pair, stream: bool) -> None:
    upstream = bench.upstreams[pair.upstream]
    heard = await bench.ask(pair, Ask(model=pair.model, turns=(User(text=HELLO),), stream=stream))
    assert heard.text == HELLO
    assert heard.stop == "end"
    assert not heard.calls
    assert upstream.seen.texts == (HELLO,)
    assert upstream.body.get("model") in (None, "fake-large")
    assert "x-omniroute-dropped" not in heard.headers
    counted = upstream.counted
    assert heard.usage
    assert (heard.usage.input, heard.usage.output) == (counted.input, counted.output)


@said("system")
async def test_system_instructions_come_through(bench: Bench, pair: Pair) -> None:
    upstream = bench.upstreams[pair.upstream]
    heard = await bench.ask(pair, Ask(model=pair.model, turns=(User(text=HELLO),), system="Be brief."))
    assert heard.text == HELLO
    assert upstream.seen.system == "Be brief."
    assert upstream.seen.texts == (HELLO,)


@said("system later")
async def test_a_system_message_in_the_middle_comes_through(bench: Bench, pair: Pair) -> None:
    upstream = bench.upstreams[pair.upstream]
    first = await bench.ask(pair, Ask(model=pair.model, turns=(User(text="One"),)))
    turns = (User(text="One"), first, User(text="Two"), Instruction(text="From now on, rhyme."))
    heard = await bench.ask(pair, Ask(model=pair.model, turns=turns, system="Be brief."))
    assert heard.text
    seen = upstream.seen
    assert "x-omniroute-dropped" not in heard.headers
    if lost("system later", pair):
        assert "From now on, rhyme." in "\n".join(seen.texts)
        assert seen.system == "Be brief."
    else:
        assert seen.system == "Be brief.\nFrom now on, rhyme."
        assert seen.texts == ("One", "Two")


@said("turns")
async def test_several_turns_come_through_in_order(bench: Bench, pair: Pair) -> None:
    upstream = bench.upstreams[pair.upstream]
    first = await bench.ask(pair, Ask(model=pair.model, turns=(User(text="One"),)))
    second = await bench.ask(
        pair, Ask(model=pair.model, turns=(User(text="One"), first, User(text="Two")), stream=True)
    )
    turns = (User(text="One"), first, User(text="Two"), second, User(text="Three"))
    heard = await bench.ask(pair, Ask(model=pair.model, turns=turns))
    assert (first.text, second.text, heard.text) == ("One", "Two", "Three")
    assert upstream.seen.texts == ("One", "Two", "Three")
    body = str(upstream.body)
    assert body.count("'One'") == 2, "the model's own words come back to it"


@said("picture")
async def test_a_picture_arrives_byte_for_byte(bench: Bench, pair: Pair) -> None:
    upstream = bench.upstreams[pair.upstream]
    turn = User(text="What is this?", pictures=(Picture(data=PNG), Picture(data=PNG[:20])))
    heard = await bench.ask(pair, Ask(model=pair.model, turns=(turn,)))
    assert upstream.seen.images == (PNG, PNG[:20])
    assert hashlib.sha256(PNG).hexdigest() in heard.text


@said("picture address")
async def test_a_pictures_address_arrives(bench: Bench, pair: Pair) -> None:
    upstream = bench.upstreams[pair.upstream]
    turn = User(text="What is this?", pictures=(Picture(url=ADDRESS),))
    heard = await bench.ask(pair, Ask(model=pair.model, turns=(turn,)))
    row = lost("picture address", pair)
    assert upstream.seen.images == (() if row else (ADDRESS,))
    assert dropped_as(row, heard)
