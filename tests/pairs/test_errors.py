"""Failures through every pair: each SDK raises the exception that its users catch, whole or in a stream."""

import pytest

from tests.pairs.bench import PAIRS, Bench, Pair
from tests.pairs.expected import CLASSES, HEARD_FOR, STREAM_CLASSES
from tests.pairs.table import lost
from tests.pairs.talk import Ask, Refused, User

pytestmark = pytest.mark.asyncio(loop_scope="session")

TURNS = (User(text="Tell me about the sea and the sky"),)
BREAKS = ("error_mid_stream", "cut_mid_chunk", "cut_at_boundary", "end_early", "malformed_chunk")


def keyed(key: str) -> dict[str, str]:
    """The headers in which the SDKs send their key."""
    return {"authorization": f"Bearer {key}", "x-api-key": key, "x-goog-api-key": key}


async def refused(bench: Bench, pair: Pair, ask: Ask) -> Refused:
    told = await bench.try_to(pair, ask)
    assert isinstance(told, Refused), told
    return told


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("pair", PAIRS, ids=str)
async def test_an_upstreams_status_becomes_the_sdks_own_exception(bench: Bench, pair: Pair, stream: bool) -> None:
    upstream = bench.upstreams[pair.upstream]
    heard = {}
    for status in HEARD_FOR:
        bench.forget()
        upstream.faults.push(status, retry_after="7" if status == "429" else None)  # type: ignore[arg-type]
        told = await refused(bench, pair, Ask(model=pair.model, turns=TURNS, stream=stream))
        heard[status] = (told.kind, told.status)
        assert told.message
        if status == "429":
            assert told.headers["retry-after"] == "7"
    assert heard == {status: (CLASSES[pair.client][code], code) for status, code in HEARD_FOR.items()}


@pytest.mark.parametrize("pair", PAIRS, ids=str)
async def test_what_is_not_there_and_who_may_not(bench: Bench, pair: Pair) -> None:
    classes = CLASSES[pair.client]
    ask = Ask(model=pair.model.replace("fake", "missing"), turns=TURNS)
    missing = await refused(bench, pair, ask)
    assert (missing.kind, missing.status) == (classes[404], 404)
    assert "missing-large" in missing.message
    stranger = await refused(bench, pair, Ask(model=pair.model, turns=TURNS, headers=keyed("wrong")))
    assert (stranger.kind, stranger.status) == (classes[401], 401)
    assert "wrong" not in stranger.message
    admin = keyed(bench.gateway.admin_key)
    operator = await refused(bench, pair, Ask(model=pair.model, turns=TURNS, headers=admin))
    assert (operator.kind, operator.status) == (classes[403], 403)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("pair", PAIRS, ids=str)
async def test_when_all_targets_fail_the_error_says_so(bench: Bench, pair: Pair, stream: bool) -> None:
    bench.upstreams[pair.upstream].faults.always("500")
    model = pair.model.replace("up-", "two-")
    told = await refused(bench, pair, Ask(model=model, turns=TURNS, stream=stream))
    assert (told.kind, told.status) == (CLASSES[pair.client][502], 502)
    assert "all 2 targets" in told.message
    assert len(bench.upstreams[pair.upstream].generations) == 2


@pytest.mark.parametrize("pair", PAIRS, ids=str)
async def test_a_stream_that_breaks_raises_in_every_sdk(bench: Bench, pair: Pair) -> None:
    upstream = bench.upstreams[pair.upstream]
    for fault in BREAKS:
        bench.forget()
        upstream.say("story")
        upstream.faults.push(fault)  # type: ignore[arg-type]
        told = await refused(bench, pair, Ask(model=pair.model, turns=TURNS, stream=True))
        assert told.kind == STREAM_CLASSES[pair.client], (fault, told)
        assert told.message


@pytest.mark.parametrize("pair", PAIRS, ids=str)
async def test_strict_requests_are_refused_rather_than_cut(bench: Bench, pair: Pair) -> None:
    strict = {"x-omniroute-strict": "true"}
    upstream = bench.upstreams[pair.upstream]
    heard = await bench.ask(pair, Ask(model=pair.model, turns=TURNS, headers=strict))
    assert heard.text == "Tell me about the sea and the sky"
    row = lost("stop", pair)
    if row is None:
        await bench.ask(pair, Ask(model=pair.model, turns=TURNS, stop=("x",), headers=strict))
    elif row.kind == "dropped":
        told = await refused(bench, pair, Ask(model=pair.model, turns=TURNS, stop=("x",), headers=strict))
        assert (told.kind, told.status) == (CLASSES[pair.client][400], 400)
        assert row.header in told.message
        assert len(upstream.generations) == 1, "what would lose something is not sent"
