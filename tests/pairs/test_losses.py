"""What is lost is said, of requests and of answers: in the header where there still is one, and always in the log."""

import json

import pytest

from omniroute.formats.framing import sse
from omniroute.formats.hub import Format
from omniroute.storage.rows import RequestRow
from tests.fakes.reply import Reply
from tests.pairs.bench import Bench, Pair
from tests.pairs.talk import Ask, Heard, Json, User

pytestmark = pytest.mark.asyncio(loop_scope="session")

TURNS = (User(text="Draw the sea"),)
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
HEAD: Json = {"id": "chatcmpl-1", "created": 1, "model": "fake-large"}
TO_ANTHROPIC = Pair("anthropic", Format.OPENAI_CHAT)
LOST = ["answer.choices[0].parts[1]", "answer.choices[1]"]


async def recorded(bench: Bench, heard: Heard) -> RequestRow:
    """Return the record of the request that was answered so."""
    found = [row for row in await bench.gateway.rows(1) if row.id == heard.headers["x-request-id"]]
    while not found:
        found = [row for row in await bench.gateway.rows(1) if row.id == heard.headers["x-request-id"]]
    return found[0]


def paths(row: RequestRow) -> list[str]:
    return [loss.partition(":")[0] for loss in row.losses]


async def test_what_a_whole_answer_loses_stands_in_its_head_and_in_the_log(bench: Bench) -> None:
    message = {"role": "assistant", "content": "Here it is", "images": [IMAGE]}
    choices = [
        {"index": 0, "message": message, "finish_reason": "stop"},
        {"index": 1, "message": {"role": "assistant", "content": "Or not"}, "finish_reason": "stop"},
    ]
    answer = {**HEAD, "object": "chat.completion", "choices": choices}
    bench.upstreams[Format.OPENAI_CHAT].canned = Reply(body=json.dumps(answer).encode())
    heard = await bench.ask(TO_ANTHROPIC, Ask(model=TO_ANTHROPIC.model, turns=TURNS))
    assert heard.text == "Here it is"
    assert heard.headers["x-omniroute-dropped"] == ", ".join(LOST)
    assert paths(await recorded(bench, heard)) == LOST
    same = Pair("openai-responses", Format.OPENAI_CHAT)
    kept = await bench.ask(same, Ask(model=same.model, turns=TURNS))
    assert kept.headers["x-omniroute-dropped"] == LOST[1]


async def test_what_a_stream_loses_stands_in_the_log(bench: Bench) -> None:
    chunk = {**HEAD, "object": "chat.completion.chunk"}
    deltas = [
        {"index": 0, "delta": {"role": "assistant", "content": "Here it is"}},
        {"index": 0, "delta": {"images": [IMAGE]}},
        {"index": 1, "delta": {"role": "assistant", "content": "Or not"}},
        {"index": 0, "delta": {}, "finish_reason": "stop"},
        {"index": 1, "delta": {}, "finish_reason": "stop"},
    ]
    frames = [sse(json.dumps({**chunk, "choices": [delta]}).encode()) for delta in deltas]
    bench.upstreams[Format.OPENAI_CHAT].canned = Reply(media_type="text/event-stream", frames=(*frames, sse(b"[DONE]")))
    heard = await bench.ask(TO_ANTHROPIC, Ask(model=TO_ANTHROPIC.model, turns=TURNS, stream=True))
    assert heard.text == "Here it is"
    assert "x-omniroute-dropped" not in heard.headers
    assert paths(await recorded(bench, heard)) == LOST


async def test_what_is_only_said_in_another_way_is_sent_though_strict_and_noted(bench: Bench) -> None:
    pair = Pair("openai-chat", Format.ANTHROPIC)
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    }
    strict = {"x-omniroute-strict": "true"}
    heard = await bench.ask(pair, Ask(model=pair.model, turns=TURNS, schema=schema, headers=strict))
    assert json.loads(heard.text)["city"]
    assert "x-omniroute-dropped" not in heard.headers
    assert paths(await recorded(bench, heard)) == ["output.name"]
