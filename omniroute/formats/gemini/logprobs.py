"""Log probabilities in Google's spelling and in OpenAI's, which is the hub's."""

from typing import Any

from omniroute.formats.hub import Json
from omniroute.formats.loose import list_in, number_in, objects_in, text_in


def read_logprobs(raw: object) -> list[Json] | None:
    """Read a logprobsResult object."""
    tops = list_in(raw, "topCandidates")
    found = [
        {**_token(chosen), "top_logprobs": [_token(one) for one in _candidates(tops, step)]}
        for step, chosen in enumerate(objects_in(raw, "chosenCandidates"))
    ]
    return found or None


def write_logprobs(tokens: list[Json]) -> Json:
    """Write a candidate's logprobsResult and their average."""
    chosen = [_candidate(token) for token in tokens]
    result: Json = {"chosenCandidates": chosen}
    if any(token.get("top_logprobs") for token in tokens):
        result["topCandidates"] = [
            {"candidates": [_candidate(one) for one in objects_in(token, "top_logprobs")]} for token in tokens
        ]
    average = sum(one["logProbability"] for one in chosen) / len(chosen)
    return {"logprobsResult": result, "avgLogprobs": average}


def _candidates(tops: list[Any], step: int) -> list[Json]:
    return objects_in(tops[step], "candidates") if step < len(tops) else []


def _token(candidate: Json) -> Json:
    token = text_in(candidate, "token") or ""
    data = list(token.encode("utf-8", "replace"))
    return {"token": token, "logprob": number_in(candidate, "logProbability") or 0.0, "bytes": data}


def _candidate(token: Json) -> Json:
    return {"token": text_in(token, "token") or "", "logProbability": number_in(token, "logprob") or 0.0}
