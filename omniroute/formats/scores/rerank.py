"""Reranking: the shapes of Cohere, Jina and Voyage, which differ in names only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from omniroute.formats.exchange import Spot, Talk, json_ask, nonsense, numbered, told_object
from omniroute.formats.fields import flag, text, whole, wrong
from omniroute.formats.hub import Json, Usage

MOST = 10_000
_READ = frozenset({"model", "query", "documents", "top_n", "top_k", "return_documents"})
_SEARCH = 100  # Cohere's unit: a query with up to so many documents
_BYTES_A_TOKEN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankRequest:
    """A query and what may answer it, as the client has it. `voyage`: the client speaks Voyage's words."""

    query: str
    documents: tuple[str | Json, ...]
    top: int | None = None
    returns: bool = False
    voyage: bool = False
    extras: Json = field(default_factory=dict)

    @property
    def texts(self) -> list[str]:
        """The documents as plain texts."""
        return [one if isinstance(one, str) else str(one["text"]) for one in self.documents]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Which documents answer best: their places in the request and their scores, the best first."""

    id: str | None
    scores: tuple[tuple[int, float], ...]
    usage: Usage | None


def read_request(body: Mapping[str, Any]) -> RerankRequest:
    """Read a request's body; raise Invalid, which names the field."""
    documents = body.get("documents")
    if not isinstance(documents, list) or not 0 < len(documents) <= MOST:
        raise wrong("documents", f"give a list of 1 to {MOST} texts")
    for number, one in enumerate(documents):
        found = one.get("text") if isinstance(one, dict) else one
        if not isinstance(found, str) or not found:
            raise wrong(f"documents[{number}]", "give a text that is not empty, or an object with one as `text`")
    by_n = whole(body, "top_n", least=1, most=MOST)
    by_k = whole(body, "top_k", least=1, most=MOST)
    return RerankRequest(
        query=text(body, "query"),
        documents=tuple(documents),
        top=by_k if by_n is None else by_n,
        returns=flag(body, "return_documents"),
        voyage=by_n is None and by_k is not None,
        extras={name: value for name, value in body.items() if name not in _READ},
    )


def speaking(top: str, results: str) -> Callable[[RerankRequest, Spot], Talk[Ranking]]:
    """Return a dialect: by which field it is told how many are wanted, and in which its answer lists them."""

    def dialect(request: RerankRequest, spot: Spot) -> Talk[Ranking]:
        body: Json = {**request.extras, "model": spot.model, "query": request.query, "documents": request.texts}
        if request.top is not None:
            body[top] = request.top
        (told,) = yield (json_ask(body),)
        value = told_object(told)
        found = value.get(results, value.get("results"))
        if not isinstance(found, list):
            raise nonsense("has no results in it")
        scores = [_score(one, len(request.documents)) for one in found]
        ranked = sorted(scores, key=lambda one: -one[1])
        name = value.get("id")
        return Ranking(id=name if isinstance(name, str) else None, scores=tuple(ranked), usage=_usage(value))

    return dialect


def _score(one: Any, count: int) -> tuple[int, float]:
    told = one if isinstance(one, dict) else {}
    index, score = numbered(told.get("index")), told.get("relevance_score", told.get("score"))
    if index is None or index >= count or not isinstance(score, int | float):
        raise nonsense("has a result in it that is none")
    return index, float(score)


def _usage(value: Json) -> Usage | None:
    usage, meta = value.get("usage"), value.get("meta")
    units = meta.get("billed_units") if isinstance(meta, dict) else None
    searches = numbered(units.get("search_units")) if isinstance(units, dict) else None
    tokens = numbered(usage.get("total_tokens")) if isinstance(usage, dict) else None
    return None if searches is None and tokens is None else Usage(searches=searches, input=tokens)


def most_of(request: RerankRequest) -> Usage:
    """Return the most that a request may use: some vendors read the query anew with each document."""
    query = len(request.query.encode("utf-8", "replace"))
    letters = sum(query + len(one.encode("utf-8", "replace")) for one in request.texts)
    return Usage(searches=-(-len(request.documents) // _SEARCH), input=-(-letters // _BYTES_A_TOKEN))


def likely_of(request: RerankRequest) -> Usage:
    """Return about what a request uses."""
    letters = sum(len(request.query) + len(one) for one in request.texts)
    return Usage(searches=-(-len(request.documents) // _SEARCH), input=-(-letters // 4))


def written(request: RerankRequest, result: Ranking, model: str, usage: Usage) -> Json:
    """Spell the answer: Cohere's and Jina's fields, and Voyage's for a client that speaks so."""
    results = [_result(request, index, score) for index, score in result.scores[: request.top]]
    made: Json = {"id": result.id or "rerank", "model": model, "usage": {"total_tokens": usage.input or 0}}
    if request.voyage:
        return {"object": "list", "data": results, **made}
    return {**made, "results": results, "meta": {"billed_units": {"search_units": usage.searches or 0}}}


def _result(request: RerankRequest, index: int, score: float) -> Json:
    made: Json = {"index": index, "relevance_score": score}
    if request.returns:
        text_of = request.texts[index]
        made["document"] = text_of if request.voyage else {"text": text_of}
    return made
