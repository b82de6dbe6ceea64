"""Google's own Python client over the bytes that the Gemini codec writes."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest
from google import genai
from google.genai import errors, types

from omniroute.formats.events import Event, Fault, Start
from omniroute.formats.fold import unfold
from omniroute.formats.gemini import CODEC
from omniroute.formats.hub import Choice, Request, Response, Seed, State, Stop, Text, Thinking, ToolCall, Usage
from omniroute.kit.json import dumps
from tests.formats.serving import serving

_ASKED = Request(model="house", origin="gemini")
_SEED = Seed(id="5eed", created=5, model="house")
_ANSWER = Response(
    id="r1",
    model="house",
    created=5,
    choices=(
        Choice(
            parts=(
                Thinking(text="hm", state=State(origin="anthropic", value="sig/+==")),
                Text(text="Grüezi 😀"),
                ToolCall(id="c1", name="look", arguments='{"at":"ü"}'),
            ),
            stop=Stop.TOOL_CALLS,
        ),
    ),
    usage=Usage(input=3, output=4, cache_read=1, reasoning=2),
)


@contextmanager
def _client(body: bytes, media_type: str = "application/json", status: int = 200) -> Iterator[genai.Client]:
    with serving(body, media_type, status) as url:
        options = types.HttpOptions(base_url=url, retry_options=types.HttpRetryOptions(attempts=1))
        with genai.Client(api_key="k", http_options=options) as client:
            yield client


def _bytes(events: Iterable[Event]) -> bytes:
    encoder = CODEC.encoder(_SEED, _ASKED)
    told = [CODEC.heartbeat]
    for event in events:
        told += [encoder.feed(event), CODEC.heartbeat]
    return b"".join(told) + encoder.end()


def test_a_whole_answer_is_what_the_client_expects() -> None:
    with _client(dumps(CODEC.encode_response(_ANSWER, _ASKED))) as client:
        response = client.models.generate_content(model="house", contents="x")
    candidates = response.candidates
    assert candidates is not None
    content = candidates[0].content
    assert content is not None
    assert [part.text for part in content.parts or []] == ["hm", "Grüezi 😀", None]
    assert [(call.id, call.name, call.args) for call in response.function_calls or []] == [("c1", "look", {"at": "ü"})]
    assert response.usage_metadata is not None
    assert response.usage_metadata.total_token_count == 7


def test_a_stream_with_signs_of_life_between_its_chunks_is_read() -> None:
    with _client(_bytes(unfold(_ANSWER)), CODEC.stream_media_type) as client:
        chunks = list(client.models.generate_content_stream(model="house", contents="x"))
    parts = [
        part
        for chunk in chunks
        for candidate in chunk.candidates or []
        if candidate.content
        for part in candidate.content.parts or []
    ]
    assert "".join(part.text or "" for part in parts if not part.thought) == "Grüezi 😀"
    assert [part.function_call.args for part in parts if part.function_call] == [{"at": "ü"}]
    assert chunks[-1].usage_metadata is not None
    assert chunks[-1].usage_metadata.thoughts_token_count == 2


def test_what_the_client_keeps_it_sends_back_whole() -> None:
    with _client(dumps(CODEC.encode_response(_ANSWER, _ASKED))) as client:
        response = client.models.generate_content(model="house", contents="x")
    assert response.candidates is not None
    content = response.candidates[0].content
    assert content is not None
    sent = content.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert CODEC.decode_request({"contents": [sent]}).messages[0].parts == _ANSWER.choices[0].parts


@pytest.mark.parametrize(
    ("kind", "status", "raised", "name"),
    [
        ("invalid_request", 400, errors.ClientError, "INVALID_ARGUMENT"),
        ("authentication", 401, errors.ClientError, "UNAUTHENTICATED"),
        ("rate_limit", 429, errors.ClientError, "RESOURCE_EXHAUSTED"),
        ("upstream", 502, errors.ServerError, "UNAVAILABLE"),
    ],
)
def test_failures_raise_what_the_client_has_for_them(
    kind: str, status: int, raised: type[errors.APIError], name: str
) -> None:
    fault = Fault(kind=kind, message="Nein. 💥", status=status, attempts=({"target": "a", "status": 500},))
    with _client(dumps(CODEC.encode_error(fault)), status=status) as client:
        with pytest.raises(raised) as caught:
            client.models.generate_content(model="house", contents="x")
        with pytest.raises(raised):
            list(client.models.generate_content_stream(model="house", contents="x"))
    assert (caught.value.code, caught.value.status, caught.value.message) == (status, name, "Nein. 💥")


@pytest.mark.parametrize(("status", "raised"), [(429, errors.ClientError), (502, errors.ServerError)])
def test_a_stream_that_breaks_raises_in_the_client(status: int, raised: type[errors.APIError]) -> None:
    fault = Fault(kind="truncated", message="It broke.", status=status)
    body = _bytes([Start(id="r", model="house", created=5), *list(unfold(_ANSWER))[1:3], fault])
    with _client(body, CODEC.stream_media_type) as client, pytest.raises(raised) as caught:
        list(client.models.generate_content_stream(model="house", contents="x"))
    assert caught.value.message == "It broke."
