"""Whole answers, both ways."""

from collections.abc import Mapping
from datetime import UTC, datetime

from omniroute.formats.failures import failure_of
from omniroute.formats.fold import StreamFault, fold
from omniroute.formats.gemini.citations import write_citations
from omniroute.formats.gemini.logprobs import write_logprobs
from omniroute.formats.gemini.parts import write_part
from omniroute.formats.gemini.reader import AnswerReader
from omniroute.formats.gemini.usage import write_usage
from omniroute.formats.gemini.words import finish_reason
from omniroute.formats.hub import Choice, Json, Request, Response, Seed, Text


def decode_response(body: Json, seed: Seed) -> Response:
    """Read a whole answer; an error in the place of one is a StreamFault."""
    if body.get("error"):
        raise StreamFault(failure_of(body))
    reader = AnswerReader(seed)
    return fold([*reader.chunk(body), *reader.rest(), reader.finish()])


def encode_response(response: Response, _request: Request) -> Json:
    """Write a whole answer."""
    candidates = [_candidate(number, choice) for number, choice in enumerate(response.choices)]
    body: Json = {"candidates": candidates}
    if response.usage is not None:
        body["usageMetadata"] = write_usage(response.usage)
    return {**body, **head(response.id, response.model), "createTime": rfc3339(response.created)}


def head(answer_id: str, model: str) -> Mapping[str, str]:
    """What every chunk of an answer repeats."""
    return {"modelVersion": model, "responseId": answer_id}


def rfc3339(seconds: int) -> str:
    """A time as Google spells it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _candidate(number: int, choice: Choice) -> Json:
    written = [(part, raw) for part in choice.parts if (raw := write_part(part)) is not None]
    cited = [
        (index, part.text, part.citations)
        for index, (part, _) in enumerate(written)
        if isinstance(part, Text) and part.citations
    ]
    candidate: Json = {
        "content": {"parts": [raw for _, raw in written], "role": "model"},
        "finishReason": finish_reason(choice.stop),
        "index": number,
        **write_citations(cited),
    }
    return {**candidate, **(write_logprobs(choice.logprobs) if choice.logprobs else {})}
