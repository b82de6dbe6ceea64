"""Log probabilities in Google's spelling and in OpenAI's, which is the hub's."""

from omniroute.formats.hub import Json


def read_logprobs(raw: object) -> list[Json] | None:
    """Read a logprobsResult object."""
    if not isinstance(raw, dict) or not raw.get("chosenCandidates"):
        return None
    tops = raw.get("topCandidates") or []
    return [
        {**_token(chosen), "top_logprobs": [_token(one) for one in _candidates(tops, step)]}
        for step, chosen in enumerate(raw["chosenCandidates"])
    ]


def write_logprobs(tokens: list[Json]) -> Json:
    """Write a candidate's logprobsResult and their average."""
    chosen = [_candidate(token) for token in tokens]
    result: Json = {"chosenCandidates": chosen}
    if any(token.get("top_logprobs") for token in tokens):
        result["topCandidates"] = [
            {"candidates": [_candidate(one) for one in token.get("top_logprobs") or ()]} for token in tokens
        ]
    average = sum(one["logProbability"] for one in chosen) / len(chosen)
    return {"logprobsResult": result, "avgLogprobs": average}


def _candidates(tops: list[Json], step: int) -> list[Json]:
    return (tops[step].get("candidates") or []) if step < len(tops) else []


def _token(candidate: Json) -> Json:
    token = candidate.get("token") or ""
    data = list(token.encode("utf-8", "replace"))
    return {"token": token, "logprob": candidate.get("logProbability") or 0.0, "bytes": data}


def _candidate(token: Json) -> Json:
    return {"token": token.get("token") or "", "logProbability": token.get("logprob") or 0.0}
