"""Gemini answers, streams and errors: as Google gives them, and as ours are spelled."""

import base64
from typing import Any

import pytest
from google.genai import types

from omniroute.formats.events import ChoiceEnd, Delta, Event, Fault, Finish, PartEnd, PartStart, Start
from omniroute.formats.fold import StreamFault, fold, unfold
from omniroute.formats.framing import Frame
from omniroute.formats.gemini import CODEC
from omniroute.formats.gemini.signatures import STAND_IN
from omniroute.formats.gemini.stream import ArrayEncoder
from omniroute.formats.hub import (
    Choice,
    Citation,
    Json,
    Media,
    Opaque,
    Refusal,
    Response,
    Seed,
    State,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from omniroute.kit.json import dumps, loads
from tests.formats.oddities import oddities
from tests.formats.speaking import ASKED, SEED, answer, events_of, folded, stream, told

SIGNED = State(origin="gemini", value="c2ln")
FOREIGN = State(origin="anthropic", value="ErUB+/==")


def candidate(*parts: Json, finish: str | None = "STOP", **fields: Any) -> Json:
    ending = {"finishReason": finish} if finish else {}
    return {"content": {"parts": list(parts), "role": "model"}, **ending, "index": 0, **fields}


def chunk(*candidates: Json, **fields: Any) -> Json:
    return {"candidates": list(candidates), "modelVersion": "gemini-3-pro", "responseId": "r1", **fields}


def read(*candidates: Json, **fields: Any) -> Response:
    return CODEC.decode_response(chunk(*candidates, **fields), SEED)


# ── answers in ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_of_google_is_read() -> None:
    response = read(
        candidate(
            {"text": "Let me look.", "thought": True},
            {"text": "Looking."},
            {"functionCall": {"name": "get_weather", "args": {"city": "Zürich"}}, "thoughtSignature": "c2ln"},
            {"functionCall": {"id": "x7", "name": "get_time", "args": {}}},
            safetyRatings=[{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}],
        ),
        createTime="2025-11-18T10:00:00.123456Z",
        usageMetadata={
            "promptTokenCount": 20,
            "candidatesTokenCount": 30,
            "thoughtsTokenCount": 100,
            "totalTokenCount": 150,
        },
    )
    assert response == Response(
        id="r1",
        model="gemini-3-pro",
        created=1763460000,
        choices=(
            Choice(
                parts=(
                    Thinking(text="Let me look."),
                    Text(text="Looking."),
                    ToolCall(id="call_0123abcd_0", name="get_weather", arguments='{"city":"Zürich"}', state=SIGNED),
                    ToolCall(id="x7", name="get_time", arguments="{}"),
                ),
                stop=Stop.TOOL_CALLS,
            ),
        ),
        usage=Usage(input=20, output=130, reasoning=100),
    )


@pytest.mark.parametrize(
    ("metadata", "usage"),
    [
        (
            {"promptTokenCount": 50, "cachedContentTokenCount": 40, "totalTokenCount": 50},
            Usage(input=50, cache_read=40),
        ),
        ({"promptTokenCount": 5, "toolUsePromptTokenCount": 7, "candidatesTokenCount": 1}, Usage(input=12, output=1)),
        ({"promptTokenCount": 5, "thoughtsTokenCount": 9}, Usage(input=5, output=9, reasoning=9)),
        (
            {
                "promptTokenCount": 30,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 5}, {"modality": "AUDIO", "tokenCount": 25}],
                "candidatesTokenCount": 8,
                "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 8}],
            },
            Usage(input=30, output=8, audio_input=25, audio_output=8),
        ),
    ],
)
def test_usage_is_counted_inclusively(metadata: Json, usage: Usage) -> None:
    assert read(candidate({"text": "x"}), usageMetadata=metadata).usage == usage


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("STOP", Stop.END),
        ("MAX_TOKENS", Stop.LENGTH),
        ("SAFETY", Stop.CONTENT_FILTER),
        ("RECITATION", Stop.CONTENT_FILTER),
        ("PROHIBITED_CONTENT", Stop.CONTENT_FILTER),
        ("MALFORMED_FUNCTION_CALL", Stop.OTHER),
        ("SOMETHING_NEW", Stop.OTHER),
    ],
)
def test_every_finish_reason_is_understood(reason: str, stop: Stop) -> None:
    assert read(candidate({"text": "x"}, finish=reason)).choices[0].stop is stop


def test_every_finish_reason_of_googles_sdk_has_a_meaning() -> None:
    for reason in types.FinishReason:
        read(candidate({"text": "x"}, finish=reason.value))


def test_a_blocked_prompt_is_an_answer_that_was_filtered() -> None:
    body = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 4}}
    response = CODEC.decode_response(body, SEED)
    assert response.choices == (Choice(stop=Stop.CONTENT_FILTER),)
    assert response.usage == Usage(input=4)
    assert folded(CODEC, stream(body)) == response


def test_an_answer_without_parts_is_read() -> None:
    assert read({"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}).choices == (Choice(stop=Stop.LENGTH),)


def test_an_error_in_the_place_of_an_answer_is_a_fault() -> None:
    with pytest.raises(StreamFault) as caught:
        CODEC.decode_response({"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}, SEED)
    assert (caught.value.fault.kind, caught.value.fault.message) == ("overloaded", "busy")


def test_several_candidates_are_several_choices() -> None:
    response = read(candidate({"text": "a"}), candidate({"text": "b"}, finish="MAX_TOKENS", index=1))
    assert response.choices == (Choice(parts=(Text(text="a"),)), Choice(parts=(Text(text="b"),), stop=Stop.LENGTH))


def test_pictures_code_and_the_unknown_are_kept() -> None:
    code = {"executableCode": {"language": "PYTHON", "code": "1"}}
    response = read(
        candidate({"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}, code, {"nextYears": {}})
    )
    assert response.choices[0].parts == (
        Media(kind="image", media_type="image/png", data="iVBORw0KGgo="),
        Opaque(origin="gemini", kind="executableCode", raw=code),
        Opaque(origin="gemini", kind="nextYears", raw={"nextYears": {}}),
    )


GROUNDED = candidate(
    {"text": "Zürich is nice. It rains."},
    groundingMetadata={
        "webSearchQueries": ["zurich"],
        "groundingChunks": [
            {"web": {"uri": "https://a.example", "title": "A"}},
            {"web": {"uri": "https://b.example", "title": "B"}},
        ],
        "groundingSupports": [
            # Bytes, not characters: ü is two.
            {"segment": {"endIndex": 16, "text": "Zürich is nice."}, "groundingChunkIndices": [0]},
        ],
    },
    citationMetadata={"citationSources": [{"startIndex": 17, "endIndex": 26, "uri": "https://c.example"}]},
)


def test_sources_become_citations_counted_in_characters() -> None:
    text = read(GROUNDED).choices[0].parts[0]
    assert isinstance(text, Text)
    found = {(one.url, one.title, one.start, one.end) for one in text.citations}
    assert found == {
        ("https://a.example", "A", 0, 15),
        ("https://b.example", "B", None, None),
        ("https://c.example", None, 16, 25),
    }


def test_googles_own_sources_go_home_as_they_came() -> None:
    written = CODEC.encode_response(read(GROUNDED), ASKED)["candidates"][0]
    assert written["citationMetadata"] == GROUNDED["citationMetadata"]
    assert written["groundingMetadata"]["groundingSupports"] == GROUNDED["groundingMetadata"]["groundingSupports"]
    assert written["groundingMetadata"]["groundingChunks"] == GROUNDED["groundingMetadata"]["groundingChunks"]


def test_sources_that_come_at_the_end_of_a_stream_or_in_every_chunk_are_told_once() -> None:
    first = candidate({"text": "Zürich is nice."}, finish=None)
    late = {**GROUNDED, "content": {"parts": [{"text": " It rains."}]}}
    alone = {key: value for key, value in late.items() if key != "content"}
    assert folded(CODEC, stream(chunk(first), chunk(late))) == read(GROUNDED)
    again = {**late, "finishReason": None}
    assert folded(CODEC, stream(chunk(first), chunk(again), chunk(alone))) == read(GROUNDED)


def test_another_vendors_citation_becomes_grounding() -> None:
    cited = Citation(origin="openai-chat", raw={}, url="https://x.example", title="X", start=3, end=5)
    body = CODEC.encode_response(answer(Text(text="für dich", citations=(cited,))), ASKED)
    assert body["candidates"][0]["groundingMetadata"] == {
        "groundingChunks": [{"web": {"uri": "https://x.example", "title": "X"}}],
        "groundingSupports": [
            {"segment": {"partIndex": 0, "startIndex": 4, "endIndex": 6, "text": " d"}, "groundingChunkIndices": [0]}
        ],
    }


LOGPROBS: Json = {
    "chosenCandidates": [{"token": "ja", "tokenId": 5, "logProbability": -0.5}],
    "topCandidates": [
        {"candidates": [{"token": "ja", "logProbability": -0.5}, {"token": "né", "logProbability": -1.0}]}
    ],
}


def test_logprobs_are_spelled_as_openai_does_and_go_home() -> None:
    response = read(candidate({"text": "ja"}, logprobsResult=LOGPROBS, avgLogprobs=-0.5))
    assert response.choices[0].logprobs == [
        {
            "token": "ja",
            "logprob": -0.5,
            "bytes": [106, 97],
            "top_logprobs": [
                {"token": "ja", "logprob": -0.5, "bytes": [106, 97]},
                {"token": "né", "logprob": -1.0, "bytes": [110, 195, 169]},
            ],
        }
    ]
    written = CODEC.encode_response(response, ASKED)["candidates"][0]
    assert written["avgLogprobs"] == -0.5
    assert written["logprobsResult"]["topCandidates"] == LOGPROBS["topCandidates"]


# ── answers out ─────────────────────────────────────────────────────────────────────────────────────────────────

RICH = Response(
    id="r9",
    model="house-model",
    created=1_700_000_000,
    choices=(
        Choice(
            parts=(
                Thinking(text="hm", state=FOREIGN),
                Thinking(redacted=True, state=FOREIGN),
                Text(text="Grüezi 😀", state=SIGNED),
                Refusal(text="not that"),
                ToolCall(id="c1", name="f", arguments='{"a":[1,2]}', state=FOREIGN),
                ToolCall(id="c2", name="g", arguments=""),
            ),
            stop=Stop.TOOL_CALLS,
        ),
    ),
    usage=Usage(input=10, output=30, cache_read=4, reasoning=12, audio_input=3),
)


def test_googles_sdk_reads_our_answers() -> None:
    body = CODEC.encode_response(RICH, ASKED)
    read_by_sdk = types.GenerateContentResponse.model_validate(loads(dumps(body)))
    assert read_by_sdk.response_id == "r9"
    assert read_by_sdk.model_version == "house-model"
    assert read_by_sdk.create_time is not None
    assert int(read_by_sdk.create_time.timestamp()) == 1_700_000_000
    assert [call.args for call in read_by_sdk.function_calls or []] == [{"a": [1, 2]}, {}]
    usage = read_by_sdk.usage_metadata
    assert usage is not None
    assert (usage.prompt_token_count, usage.cached_content_token_count) == (10, 4)
    assert (usage.candidates_token_count, usage.thoughts_token_count, usage.total_token_count) == (18, 12, 40)
    candidates = read_by_sdk.candidates
    assert candidates is not None
    assert candidates[0].finish_reason is types.FinishReason.STOP


@pytest.mark.parametrize("stop", list(Stop))
def test_googles_sdk_knows_every_finish_reason_that_we_write(stop: Stop) -> None:
    body = CODEC.encode_response(Response(id="r", model="m", created=0, choices=(Choice(stop=stop),)), ASKED)
    reason = body["candidates"][0]["finishReason"]
    assert types.FinishReason(reason).value == reason
    assert types.FinishReason(reason).name in types.FinishReason.__members__


def test_another_vendors_signature_travels_as_base64_and_comes_back() -> None:
    body = CODEC.encode_response(RICH, ASKED)
    fields = [
        part["thoughtSignature"] for part in body["candidates"][0]["content"]["parts"] if "thoughtSignature" in part
    ]
    assert all(base64.b64decode(field, validate=True) for field in fields if field != STAND_IN)
    assert STAND_IN in fields, "a call that nobody signed gets Google's own stand-in"
    # Python's SDK decodes the field and sends it back in the URL-safe alphabet.
    sdk = types.Content.model_validate(body["candidates"][0]["content"]).model_dump(
        mode="json", by_alias=True, exclude_none=True
    )
    again = CODEC.decode_request({"contents": [sdk]}).messages[0].parts
    assert again[0] == Thinking(text="hm", state=FOREIGN)
    assert again[1] == Thinking(redacted=True, state=FOREIGN)
    assert isinstance(again[4], ToolCall)
    assert again[4].state == FOREIGN


# ── streams ─────────────────────────────────────────────────────────────────────────────────────────────────────

STREAM = (
    chunk(candidate({"text": "I think", "thought": True}, finish=None), usageMetadata={"promptTokenCount": 5}),
    chunk(candidate({"text": " so.", "thought": True}, finish=None)),
    chunk(candidate({"text": "Grü"}, finish=None)),
    chunk(candidate({"text": "ezi 😀"}, finish=None)),
    chunk(candidate({"text": "", "thoughtSignature": "c2ln"}, finish=None)),
    chunk(candidate({"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"}, finish=None)),
    chunk(
        candidate({"text": ""}),
        usageMetadata={"promptTokenCount": 5, "candidatesTokenCount": 9, "thoughtsTokenCount": 4},
    ),
)

MEDIA = chunk(
    candidate({"inlineData": {"mimeType": "a/b", "data": "aaaa"}}, {"fileData": {"fileUri": "x", "mimeType": "a/b"}}),
    createTime="2025-11-18T10:00:00Z",
    usageMetadata={"promptTokenCount": 1, "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 1}]},
    promptFeedback={"blockReason": "OTHER"},
)


def test_a_stream_of_google_is_read_whatever_the_cuts() -> None:
    expected = [
        Start(id="r1", model="gemini-3-pro", created=SEED.created),
        PartStart(index=0, part=Thinking()),
        Delta(index=0, text="I think"),
        Delta(index=0, text=" so."),
        PartEnd(index=0),
        PartStart(index=1, part=Text(text="")),
        Delta(index=1, text="Grü"),
        Delta(index=1, text="ezi 😀"),
        Delta(index=1, state=SIGNED),
        PartEnd(index=1),
        PartStart(index=2, part=ToolCall(id="call_0123abcd_0", name="f", state=SIGNED)),
        Delta(index=2, text='{"a":1}'),
        PartEnd(index=2),
        ChoiceEnd(stop=Stop.TOOL_CALLS),
        Finish(usage=Usage(input=5, output=13, reasoning=4)),
    ]
    assert events_of(CODEC, stream(*STREAM)) == expected


def test_a_signature_ends_its_part() -> None:
    signed = {"text": "a", "thoughtSignature": "c2ln"}
    response = read(candidate(signed, {"text": "b"}, {"text": "c", "thought": True}, {"text": "d", "thought": True}))
    assert response.choices[0].parts == (Text(text="a", state=SIGNED), Text(text="b"), Thinking(text="cd"))


def test_the_name_the_client_asked_for_is_shown() -> None:
    seed = Seed(id="1", created=0, model="mine")
    assert events_of(CODEC, stream(*STREAM), seed)[0] == Start(id="r1", model="mine", created=0)


def test_a_stream_says_what_the_whole_says() -> None:
    parts = [part for one in STREAM for part in one["candidates"][0]["content"]["parts"]]
    whole = CODEC.decode_response({**STREAM[-1], "candidates": [candidate(*parts)]}, SEED)
    assert folded(CODEC, stream(*STREAM)) == whole


@pytest.mark.parametrize("cut", range(len(STREAM)))
def test_a_stream_without_its_finish_is_truncated(cut: int) -> None:
    last = events_of(CODEC, stream(*STREAM[:cut]))[-1]
    assert isinstance(last, Fault)
    assert last.kind == "truncated"


def test_a_stream_in_which_one_candidate_never_ends_is_truncated() -> None:
    other = candidate({"text": "b"}, finish=None, index=1)
    last = events_of(CODEC, stream(chunk(candidate({"text": "a"}), other)))[-1]
    assert isinstance(last, Fault)


def test_usage_after_the_finish_is_heard() -> None:
    late = {"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1}}
    assert folded(CODEC, stream(chunk(candidate({"text": "a"})), late)).usage == Usage(input=3, output=1)


def test_an_error_in_a_stream_is_a_fault_and_the_last_word() -> None:
    error = {"error": {"code": 429, "message": "Quota exceeded. Please retry in 7.5s.", "status": "RESOURCE_EXHAUSTED"}}
    events = events_of(CODEC, stream(STREAM[0], error, *STREAM))
    fault = events[-1]
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.status, fault.retry_after_s) == ("rate_limit", 429, 7.5)
    assert len([event for event in events if isinstance(event, Fault)]) == 1


def test_no_odd_value_of_an_upstream_breaks_anything() -> None:
    samples = [*STREAM, chunk(GROUNDED), chunk(candidate({"text": "ja"}, logprobsResult=LOGPROBS)), MEDIA]
    for odd in (odd for sample in samples for odd in oddities(sample)):
        decoder, encoder = CODEC.decoder(SEED), CODEC.encoder(SEED, ASKED)
        for event in [*decoder.feed(Frame("", dumps(odd))), *decoder.end()]:
            encoder.feed(event)
        if isinstance(odd, dict) and "error" not in odd:
            CODEC.encode_response(CODEC.decode_response(odd, SEED), ASKED)


def test_our_chunks_tell_calls_whole_and_the_finish_last() -> None:
    chunks = told(CODEC, unfold(RICH))
    for one in chunks:
        types.GenerateContentResponse.model_validate(one)
    parts = [
        part for one in chunks for entry in one["candidates"] for part in entry.get("content", {}).get("parts", ())
    ]
    assert [part["functionCall"]["args"] for part in parts if "functionCall" in part] == [{"a": [1, 2]}, {}]
    assert ["finishReason" in entry for one in chunks for entry in one["candidates"]] == [False] * (len(chunks) - 1) + [
        True
    ]
    assert chunks[-1]["usageMetadata"]["totalTokenCount"] == 40
    assert fold(events_of(CODEC, stream(*chunks))) == CODEC.decode_response(CODEC.encode_response(RICH, ASKED), SEED)


def test_arguments_in_fragments_are_told_in_one_piece() -> None:
    call = ToolCall(id="c", name="f")
    pieces = [Delta(index=0, text=text) for text in ('{"a"', ":", "1}")]
    start = Start(id="r", model="m", created=0)
    events: list[Event] = [start, PartStart(index=0, part=call), *pieces, PartEnd(index=0)]
    chunks = told(CODEC, events)
    assert [one["candidates"][0]["content"]["parts"] for one in chunks] == [
        [{"functionCall": {"id": "c", "name": "f", "args": {"a": 1}}, "thoughtSignature": STAND_IN}]
    ]


def test_without_sse_the_same_chunks_are_one_array() -> None:
    encoder = ArrayEncoder(SEED, ASKED)
    data = b"".join([encoder.feed(event) for event in unfold(RICH)]) + encoder.end()
    assert loads(data) == told(CODEC, unfold(RICH))
    assert "Grüezi 😀".encode() in data


def test_an_array_that_breaks_off_is_still_json_with_the_error_last() -> None:
    encoder = ArrayEncoder(SEED, ASKED)
    events = [*list(unfold(RICH))[:4], Fault(kind="truncated", message="broke", status=502)]
    data = b"".join([encoder.feed(event) for event in events]) + encoder.end()
    assert loads(data)[-1]["error"]["status"] == "UNAVAILABLE"


def test_an_array_of_nothing_is_an_array() -> None:
    assert ArrayEncoder(SEED, ASKED).end() == b"[]"


# ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "status", "name"),
    [
        ("invalid_request", 400, "INVALID_ARGUMENT"),
        ("authentication", 401, "UNAUTHENTICATED"),
        ("permission", 403, "PERMISSION_DENIED"),
        ("not_found", 404, "NOT_FOUND"),
        ("rate_limit", 429, "RESOURCE_EXHAUSTED"),
        ("internal", 500, "INTERNAL"),
        ("overloaded", 503, "UNAVAILABLE"),
        ("timeout", 504, "DEADLINE_EXCEEDED"),
    ],
)
def test_failures_have_googles_names(kind: str, status: int, name: str) -> None:
    error = CODEC.encode_error(Fault(kind=kind, message="No.", status=status))
    assert error == {"error": {"code": status, "message": "No.", "status": name}}


def test_details_tell_the_field_the_wait_and_the_attempts() -> None:
    fault = Fault(
        kind="rate_limit", message="No.", status=429, param="contents", retry_after_s=30, attempts=({"target": "a"},)
    )
    error = CODEC.encode_error(fault)["error"]
    assert error["attempts"] == [{"target": "a"}]
    assert {detail["@type"].rpartition(".")[2]: detail for detail in error["details"]} == {
        "BadRequest": {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": "contents", "description": "No."}],
        },
        "RetryInfo": {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "30s"},
    }
    assert CODEC.decode_error(429, dumps({"error": error})).retry_after_s == 30


def test_a_wrong_key_is_told_from_a_wrong_request() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    error = {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT", "details": details}
    for body in ({"error": error}, [{"error": error}]):
        assert CODEC.decode_error(400, dumps(body)).kind == "authentication"
    assert CODEC.decode_error(400, dumps({"error": {**error, "details": []}})).kind == "invalid_request"
