"""Moderation and rerank."""

from typing import Any

import pytest

from tests.v1.conftest import MediaBench

pytestmark = pytest.mark.asyncio(loop_scope="session")
DOCUMENTS = ["short", "the longest of them all", "of middle length"]
RERANK = "/v1/rerank"


async def test_texts_are_judged_one_by_one_for_nothing(bench: MediaBench) -> None:
    made = await bench.sdk.moderations.create(model="openai/omni-moderation-latest", input=["nice", "I kill you"])
    assert [one.flagged for one in made.results] == [False, True]
    row = await bench.row()
    assert (row.kind, row.outcome, row.cost_nano) == ("moderation", "ok", 0)


async def test_moderation_has_a_model_by_default(bench: MediaBench) -> None:
    made = await bench.sdk.moderations.create(input="hello")
    assert made.model == "openai/omni-moderation-latest"


@pytest.mark.parametrize(
    "given", [None, "", [], ["a", ""], [{"text": "x"}], ["a", {"type": "text", "text": "b"}], 7], ids=repr
)
async def test_what_cannot_be_judged_is_refused_by_name(bench: MediaBench, given: Any) -> None:
    answer = await bench.post("/v1/moderations", {"input": given})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "input")


@pytest.mark.parametrize(
    ("model", "cost"),
    [
        ("cohere/rerank-v3.5", 2_000_000),
        ("jina/jina-reranker-v2-base-multilingual", 15 * 20),
        ("voyage/rerank-2.5", 26 * 50),
        ("mine/any-ranker", None),
    ],
)
@pytest.mark.parametrize("top", ["top_n", "top_k"])
async def test_documents_are_ranked_in_the_clients_own_shape(
    bench: MediaBench, model: str, cost: int | None, top: str
) -> None:
    body = {"model": model, "query": "q", "documents": DOCUMENTS, top: 2, "return_documents": True}
    answer = await bench.post(RERANK, body)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    results = told["results" if top == "top_n" else "data"]
    assert [one["index"] for one in results] == [1, 2]
    shown = results[0]["document"]
    assert shown == ({"text": DOCUMENTS[1]} if top == "top_n" else DOCUMENTS[1])
    row = await bench.row()
    assert (row.kind, row.cost_nano) == ("rerank", cost)


async def test_documents_may_be_objects_with_a_text(bench: MediaBench) -> None:
    documents = [{"text": one} for one in DOCUMENTS]
    answer = await bench.post(RERANK, {"model": "cohere/rerank-v3.5", "query": "q", "documents": documents})
    assert [one["index"] for one in answer.json()["results"]] == [1, 2, 0]
    assert bench.fakes["cohere"].requests[-1].path == "/v2/rerank"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"query": ""}, "query"),
        ({"documents": []}, "documents"),
        ({"documents": "text"}, "documents"),
        ({"documents": ["a", ""]}, "documents[1]"),
        ({"documents": [{"title": "x"}]}, "documents[0]"),
        ({"top_n": 0}, "top_n"),
        ({"top_k": "many"}, "top_k"),
        ({"return_documents": "perhaps"}, "return_documents"),
    ],
)
async def test_a_wrong_field_is_named(bench: MediaBench, change: Any, param: str) -> None:
    body = {"model": "cohere/rerank-v3.5", "query": "q", "documents": DOCUMENTS, **change}
    answer = await bench.post(RERANK, body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize("fault", ["429", "500", "cut_mid_chunk", "malformed_chunk"])
async def test_whatever_breaks_the_next_target_ranks(bench: MediaBench, fault: Any) -> None:
    name = f"rank-{fault.replace('_', '-')}"
    targets = [{"model": "cohere/rerank-v3.5"}, {"model": "voyage/rerank-2.5"}]
    made = await bench.gateway.admin("POST", "/api/combos", {"name": name, "strategy": "priority", "models": targets})
    bench.fakes["cohere"].faults.push(fault, times=3)
    answer = await bench.post(RERANK, {"model": name, "query": "q", "documents": DOCUMENTS})
    assert answer.headers["x-omniroute-provider"] == "voyage", answer.text
    await bench.gateway.admin("DELETE", f"/api/combos/{made['id']}")
