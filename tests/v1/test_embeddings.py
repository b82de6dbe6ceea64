"""Embeddings, asked for by OpenAI's own client."""

import asyncio
import base64
import struct
from typing import Any

import openai
import pytest

from tests.fakes.media import vector
from tests.v1.conftest import MediaBench

pytestmark = pytest.mark.asyncio(loop_scope="session")
MODEL = "openai/text-embedding-3-small"


def floats(text: str) -> list[float]:
    data = base64.b64decode(text)
    return list(struct.unpack(f"<{len(data) // 4}f", data))


async def test_a_text_becomes_a_vector_and_is_paid_by_the_token(bench: MediaBench) -> None:
    raw = await bench.sdk.embeddings.with_raw_response.create(model=MODEL, input="a text", encoding_format="float")
    made = raw.parse()
    assert made.data[0].embedding == vector("a text")
    assert made.model == MODEL
    assert (made.usage.prompt_tokens, made.usage.total_tokens) == (5, 5)
    assert raw.headers["x-omniroute-provider"] == "openai"
    assert raw.headers["x-omniroute-cost"] == "0.000000100"
    row = await bench.row()
    assert (row.kind, row.outcome, row.input_tokens, row.cost_nano) == ("embedding", "ok", 5, 100)
    assert (row.usage_source, row.price_version is not None) == ("final", True)
    assert bench.fakes["openai"].requests[0].body == {"model": "text-embedding-3-small", "input": "a text"}


@pytest.mark.parametrize(
    "given", ["one", ["one", "two", "three"], [1, 2, 3], [[1, 2], [3]]], ids=["text", "texts", "tokens", "token lists"]
)
@pytest.mark.parametrize("model", [MODEL, "mine/any-model", "text-embedding-3-small"])
async def test_every_kind_of_input_goes_through_in_order(bench: MediaBench, given: Any, model: str) -> None:
    made = await bench.sdk.embeddings.create(model=model, input=given)
    items = given if isinstance(given, list) and not isinstance(given[0], int) else [given]
    assert [one.embedding for one in made.data] == [vector(item) for item in items]
    assert [one.index for one in made.data] == list(range(len(items)))


@pytest.mark.parametrize("model", [MODEL, "mine/any", "gemini/gemini-embedding-001"])
async def test_base64_is_made_here_where_the_provider_cannot(bench: MediaBench, model: str) -> None:
    body = {"model": model, "input": ["x", "y"], "encoding_format": "base64", "dimensions": 4}
    answer = await bench.post("/v1/embeddings", body)
    assert answer.status_code == 200, answer.text
    assert [floats(one["embedding"]) for one in answer.json()["data"]] == [vector("x", 4), vector("y", 4)]


async def test_more_than_a_provider_takes_is_sent_in_pieces_and_joined_in_order(bench: MediaBench) -> None:
    texts = [f"text {number}" for number in range(250)]
    made = await bench.sdk.embeddings.create(model="gemini/gemini-embedding-001", input=texts)
    assert [one.embedding for one in made.data] == [vector(text) for text in texts]
    assert len(bench.fakes["gemini"].requests) == 3
    row = await bench.row()
    assert row.usage_source == "estimated"
    assert row.cost_nano == (row.input_tokens or 0) * 150


async def test_one_piece_that_fails_fails_the_try(bench: MediaBench) -> None:
    bench.fakes["gemini"].faults.push("400")
    answer = await bench.post("/v1/embeddings", {"model": "gemini/g", "input": ["a"] * 250})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": "x"}, "model"),
        ({"model": MODEL}, "input"),
        ({"model": MODEL, "input": ""}, "input"),
        ({"model": MODEL, "input": []}, "input"),
        ({"model": MODEL, "input": ["a", ""]}, "input[1]"),
        ({"model": MODEL, "input": ["a", 1]}, "input[1]"),
        ({"model": MODEL, "input": [[1], []]}, "input[1]"),
        ({"model": MODEL, "input": {"a": 1}}, "input"),
        ({"model": MODEL, "input": "x", "dimensions": 0}, "dimensions"),
        ({"model": MODEL, "input": "x", "dimensions": True}, "dimensions"),
        ({"model": MODEL, "input": "x", "encoding_format": "hex"}, "encoding_format"),
        ({"model": "nobody/x", "input": "x"}, "model"),
        ({"model": "cohere/command-a-03-2025", "input": "x"}, "model"),
    ],
)
async def test_a_wrong_field_is_named(bench: MediaBench, body: Any, param: str) -> None:
    answer = await bench.post("/v1/embeddings", body)
    assert answer.status_code in {400, 404}, answer.text
    error = answer.json()["error"]
    assert (error["type"], error["param"] or param) == ("invalid_request_error", param)
    assert all(not fake.requests for fake in bench.fakes.values())


async def test_tokens_for_a_provider_that_takes_texts_are_refused_by_name(bench: MediaBench) -> None:
    answer = await bench.post("/v1/embeddings", {"model": "gemini/g", "input": [1, 2]})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "input")


@pytest.mark.parametrize("fault", ["429", "500", "cut_mid_chunk", "malformed_chunk", "error_in_200", "html_error"])
async def test_whatever_breaks_the_next_target_answers(bench: MediaBench, fault: Any) -> None:
    targets = [{"model": "groq/any"}, {"model": MODEL}, {"model": "gemini/gemini-embedding-001"}]
    name = f"fallback-{fault.replace('_', '-')}"
    made = await bench.gateway.admin("POST", "/api/combos", {"name": name, "strategy": "priority", "models": targets})
    try:
        bench.fakes["openai"].faults.push(fault, times=3)
        answer = await bench.post("/v1/embeddings", {"model": name, "input": "hello"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"][0]["embedding"] == vector("hello")
        assert answer.headers["x-omniroute-provider"] in {"gemini", "openai"}
        assert answer.headers["x-omniroute-combo"] == name
        row = await bench.row()
        assert any(attempt.failure for attempt in row.attempts)
    finally:
        await bench.gateway.admin("DELETE", f"/api/combos/{made['id']}")


async def test_a_providers_refusal_reaches_the_client_in_openais_form(bench: MediaBench) -> None:
    with pytest.raises(openai.NotFoundError) as refusal:
        await bench.sdk.embeddings.create(model="openai/missing", input="x")
    assert refusal.value.code == "model_not_found"
    row = await bench.row()
    assert (row.kind, row.outcome, row.cost_nano) == ("embedding", "failed", None)


async def test_a_pinned_path_adds_the_prefix_and_refuses_another_provider(bench: MediaBench) -> None:
    good = await bench.post("/v1/providers/openai/embeddings", {"model": "text-embedding-3-small", "input": "x"})
    assert good.json()["model"] == MODEL
    own = await bench.post("/v1/providers/mine/embeddings", {"model": "any", "input": "x"})
    assert own.json()["model"] == "mine/any"
    bad = await bench.post("/v1/providers/gemini/embeddings", {"model": MODEL, "input": "x"})
    assert (bad.status_code, bad.json()["error"]["code"]) == (400, "wrong_provider")


async def test_the_lists_say_what_there_is(bench: MediaBench) -> None:
    http, url = bench.gateway.http, bench.gateway.url
    listed = (await http.get(f"{url}/v1/embeddings", headers=bench.gateway.auth)).json()["data"]
    by_id = {one["id"]: one for one in listed}
    assert by_id[MODEL]["type"] == "embedding"
    assert by_id[MODEL]["dimensions"] == 1536
    pinned = (await http.get(f"{url}/v1/providers/gemini/embeddings", headers=bench.gateway.auth)).json()["data"]
    assert [one["id"] for one in pinned] == ["gemini/gemini-embedding-001"]
    models = (await http.get(f"{url}/v1/models", headers=bench.gateway.auth)).json()["data"]
    kinds = {one["id"]: (one["type"], one.get("subtype")) for one in models}
    assert kinds[MODEL] == ("embedding", None)
    assert kinds["deepgram/nova-3"] == ("audio", "transcription")
    assert kinds["openai/tts-1"] == ("audio", "speech")
    one = await http.get(f"{url}/v1/models/{MODEL}", headers=bench.gateway.auth)
    assert one.json()["dimensions"] == 1536


async def test_an_equal_request_is_answered_from_the_cache(bench: MediaBench) -> None:
    body = {"model": MODEL, "input": "cached", "dimensions": 6}
    first, second = [await bench.post("/v1/embeddings", body) for _ in range(2)]
    assert first.content == second.content
    assert (first.headers["x-omniroute-cache"], second.headers["x-omniroute-cache"]) == ("MISS", "HIT")
    other = await bench.post("/v1/embeddings", {**body, "encoding_format": "base64"})
    assert other.headers["x-omniroute-cache"] == "MISS"
    assert len(bench.fakes["openai"].requests) == 2


async def test_a_budget_holds_under_many_calls_at_once(bench: MediaBench) -> None:
    key = await bench.gateway.admin("POST", "/api/keys", {"name": "poor"})
    limit_usd = 0.000_05
    budget = {"keyId": key["id"], "limit": limit_usd, "period": "daily"}
    await bench.gateway.admin("POST", "/api/usage/budget", budget)
    headers = {"authorization": f"Bearer {key['key']}"}
    bodies = [{"model": MODEL, "input": f"{number} " + "word " * 500} for number in range(12)]
    answers = await asyncio.gather(*(bench.post("/v1/embeddings", body, headers=headers) for body in bodies))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 200
    assert statuses[-1] == 429
    spent = sum(float(answer.headers.get("x-omniroute-cost", 0)) for answer in answers)
    assert spent <= limit_usd
