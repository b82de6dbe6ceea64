"""OpenAI's own Python client over the bytes that the Responses encoder writes."""

from collections.abc import Iterable, Iterator

import httpx2
import pytest
from openai import APIError, OpenAI, RateLimitError
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseReasoningItem
from pydantic import BaseModel

from omniroute.formats.events import Event, Fault
from omniroute.formats.fold import unfold
from omniroute.formats.hub import (
    Choice,
    CustomTool,
    FunctionTool,
    Refusal,
    Request,
    Response,
    Seed,
    State,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from omniroute.formats.openai_responses import CODEC
from omniroute.kit.json import dumps

_ANSWER = Response(
    id="resp_1",
    model="gpt-5",
    created=5,
    choices=(
        Choice(
            parts=(
                Thinking(text="hm", state=State(origin="anthropic", value="sig")),
                Text(text='{"city":"Zürich"}'),
                Refusal(text="No."),
                ToolCall(id="c1", name="fs__read", arguments='{"path":"a"}', state=State(origin="gemini", value="s")),
                ToolCall(id="c2", name="fs__read", arguments='{"path":"b"}'),
            ),
            stop=Stop.TOOL_CALLS,
        ),
    ),
    usage=Usage(input=3, output=4, cache_read=1, reasoning=2),
)
_REQUEST = Request(
    model="gpt-5",
    origin="openai-responses",
    tools=(FunctionTool(name="read", namespace="fs"), CustomTool(name="patch", namespace="fs")),
)


class _City(BaseModel):
    city: str


def _stream(events: Iterable[Event]) -> Iterator[bytes]:
    encoder = CODEC.encoder(Seed(id="5eed", created=5, model="gpt-5"), _REQUEST)
    yield CODEC.heartbeat
    for event in events:
        yield encoder.feed(event)
        yield CODEC.heartbeat
    yield encoder.end()


def _client(response: httpx2.Response) -> OpenAI:
    transport = httpx2.MockTransport(lambda _request: response)
    return OpenAI(
        api_key="k", base_url="http://gateway.test/v1", http_client=httpx2.Client(transport=transport), max_retries=0
    )


def _streaming(events: Iterable[Event]) -> OpenAI:
    headers = {"content-type": CODEC.stream_media_type}
    return _client(httpx2.Response(200, headers=headers, content=b"".join(_stream(events))))


def test_a_whole_answer_is_what_the_client_expects() -> None:
    client = _client(httpx2.Response(200, json=CODEC.encode_response(_ANSWER, _REQUEST)))
    response = client.responses.create(model="gpt-5", input="x")
    assert response.output_text == '{"city":"Zürich"}'
    assert response.usage is not None
    assert (response.usage.total_tokens, response.usage.input_tokens_details.cached_tokens) == (7, 1)
    calls = [item for item in response.output if isinstance(item, ResponseFunctionToolCall)]
    assert [(call.namespace, call.name, call.arguments) for call in calls] == [
        ("fs", "read", '{"path":"a"}'),
        ("fs", "read", '{"path":"b"}'),
    ]


def test_the_stream_helper_gathers_the_answer() -> None:
    with _streaming(unfold(_ANSWER)).responses.stream(model="gpt-5", input="x", text_format=_City) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_response()
    assert {"response.created", "response.output_text.delta", "response.completed"} <= kinds
    assert final.output_parsed == _City(city="Zürich")
    reasoning = [item for item in final.output if isinstance(item, ResponseReasoningItem)]
    assert reasoning[0].encrypted_content == "omniroute.anthropic.sig"
    (message,) = [item for item in final.output if isinstance(item, ResponseOutputMessage)]
    assert [content.type for content in message.content] == ["output_text", "refusal"]


def test_a_plain_stream_gives_every_event() -> None:
    stream = _streaming(unfold(_ANSWER)).responses.create(model="gpt-5", input="x", stream=True)
    numbers = [event.sequence_number for event in stream]
    assert numbers == list(range(len(numbers)))


@pytest.mark.parametrize("before", [0, 1, 4])
def test_a_fault_in_a_stream_makes_the_client_raise(before: int) -> None:
    events = [*list(unfold(_ANSWER))[:before], Fault(kind="overloaded", message="Too busy.", status=503)]
    with pytest.raises(APIError, match=r"Too busy\.") as raised:
        list(_streaming(events).responses.create(model="gpt-5", input="x", stream=True))
    assert raised.value.code == "server_is_overloaded"
    if before:
        with (
            pytest.raises(APIError, match=r"Too busy\."),
            _streaming(events).responses.stream(model="gpt-5", input="x") as stream,
        ):
            stream.get_final_response()


def test_an_error_body_is_understood() -> None:
    fault = Fault(kind="rate_limit", message="Slow down.", status=429, code="rate_limit_exceeded")
    client = _client(httpx2.Response(429, content=dumps(CODEC.encode_error(fault))))
    with pytest.raises(RateLimitError, match=r"Slow down\.") as raised:
        client.responses.create(model="gpt-5", input="x")
    assert (raised.value.code, raised.value.type) == ("rate_limit_exceeded", "rate_limit_error")
