"""What translating costs, without a server: CPU in this process for a chunk of a stream, and for a large request.

Every pair of formats is measured, and the dearest one is the figure. A stream is written by the upstream format's own
encoder, so all pairs translate the same 64 pieces of text.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations
from typing import Any

from omniroute.commands.server import spare_the_collector
from omniroute.formats.events import ChoiceEnd, Delta, Event, Finish, PartEnd, PartStart, Start
from omniroute.formats.hub import Format, Request, Seed, Text, Usage
from omniroute.formats.table import CODECS
from omniroute.formats.translate import encode_request
from omniroute.gateway.relay import Translation
from omniroute.kit import json

CHUNKS = 64
_REPEATS, _REPEATS_QUICK = 30, 8
_LARGE_BYTES = 107_000
_SEED = Seed(id="0" * 27, created=1_700_000_000, model="bench")
_ASKED = Request(model="bench", stream=True)


def figures(*, quick: bool) -> dict[str, float]:
    """Return the dearest pair's CPU: `chunk_us` a chunk, `request_ms` for a request of 107 KB, JSON included."""
    repeats = _REPEATS_QUICK if quick else _REPEATS
    spare_the_collector()  # as the gateway does
    pairs = list(permutations(Format, 2))
    chunks = [_least(partial(_stream, *pair), repeats) for pair in pairs]
    requests = [_least(partial(_request, *pair), repeats) for pair in pairs]
    return {"chunk_us": max(chunks) / CHUNKS * 1e6, "request_ms": max(requests) * 1e3}


def _least(work: Callable[[], None], repeats: int) -> float:
    """Return the least CPU seconds of several runs: what else the machine does only adds."""
    return min(_timed(work) for _ in range(repeats))


def _timed(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _stream(upstream: Format, client: Format) -> None:
    relay = Translation(CODECS[upstream], CODECS[client], _SEED, _ASKED)
    for piece in _streams(upstream):
        relay.feed(piece)
    relay.end()
    if not relay.finished:
        raise AssertionError(f"{upstream} to {client}: the stream was not whole")


def _request(client: Format, upstream: Format) -> None:
    body: dict[str, Any] = json.loads(_requests(client))
    encoded = encode_request(CODECS[client].decode_request(body), CODECS[upstream])
    json.dumps(encoded.body)


def _events() -> Iterator[Event]:
    yield Start(id="bench", model="bench", created=1_700_000_000)
    yield PartStart(index=0, part=Text(text=""))
    for number in range(CHUNKS):
        yield Delta(index=0, text=f"word {number} ")
    yield PartEnd(index=0)
    yield ChoiceEnd()
    yield Finish(usage=Usage(input=10, output=CHUNKS))


_MADE_STREAMS: dict[Format, list[bytes]] = {}
_MADE_REQUESTS: dict[Format, bytes] = {}


def _streams(form: Format) -> list[bytes]:
    """Return a stream in a format, a chunk an item."""
    if form not in _MADE_STREAMS:
        encoder = CODECS[form].encoder(_SEED, _ASKED)
        _MADE_STREAMS[form] = [data for event in _events() if (data := encoder.feed(event))] + [encoder.end()]
    return _MADE_STREAMS[form]


def _requests(form: Format) -> bytes:
    """Return a coding agent's request in a format: tools, a long talk with tool calls and results."""
    if form not in _MADE_REQUESTS:
        chat = CODECS[Format.OPENAI_CHAT].decode_request(_agent())
        _MADE_REQUESTS[form] = json.dumps({"model": "bench", **CODECS[form].encode_request(chat).body})
    return _MADE_REQUESTS[form]


def _agent() -> dict[str, Any]:
    words = "The gateway read the request, chose an account and sent it on. "
    properties = {f"field_{n}": {"type": "string", "description": words} for n in range(8)}
    schema = {"type": "object", "properties": properties, "required": ["field_1"]}
    tools = [
        {"type": "function", "function": {"name": f"tool_{n}", "description": words * 6, "parameters": schema}}
        for n in range(24)
    ]
    messages: list[dict[str, Any]] = [{"role": "system", "content": words * 60}]
    while sum(len(json.dumps(message)) for message in messages) + len(json.dumps(tools)) < _LARGE_BYTES:
        function = {"name": "tool_1", "arguments": '{"field_1": "value"}'}
        call: dict[str, Any] = {"id": f"call_{len(messages)}", "type": "function", "function": function}
        messages += [
            {"role": "user", "content": words * 24},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call["id"], "content": words * 24},
        ]
    return {"model": "bench", "messages": messages, "tools": tools, "stream": True}
