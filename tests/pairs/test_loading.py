"""Ollama's clients have a model loaded, or unloaded, by asking nothing: answered at once, and nobody else is asked."""

from collections.abc import AsyncIterator
from typing import Any

import ollama
import pytest
import pytest_asyncio

from omniroute.formats.hub import Format
from tests.pairs.bench import Bench, prefix

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEPT = [(None, "load"), ("5m", "load"), (-1, "load"), (0, "unload"), ("0s", "unload"), ("0", "unload")]


@pytest_asyncio.fixture(loop_scope="session")
async def client(bench: Bench) -> AsyncIterator[ollama.AsyncClient]:
    made = ollama.AsyncClient(host=bench.gateway.url, headers=bench.gateway.auth, trust_env=False)
    yield made
    await made._client.aclose()


async def lines(answer: Any, *, stream: bool) -> list[Any]:
    return [line async for line in answer] if stream else [answer]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("form", Format)
async def test_a_chat_without_messages_has_the_model_loaded(
    bench: Bench, client: ollama.AsyncClient, form: Format, stream: bool
) -> None:
    model = f"{prefix(form)}/fake-large"
    for keep_alive, reason in KEPT:
        answer = await client.chat(model, [], stream=stream, keep_alive=keep_alive)  # type: ignore[call-overload]
        (only,) = await lines(answer, stream=stream)
        assert (only.model, only.done, only.done_reason) == (model, True, reason)
        assert (only.message.role, only.message.content) == ("assistant", "")
    assert not bench.upstreams[form].generations


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("form", Format)
async def test_an_empty_prompt_has_the_model_loaded(
    bench: Bench, client: ollama.AsyncClient, form: Format, stream: bool
) -> None:
    model = f"{prefix(form)}/fake-large"
    for keep_alive, reason in KEPT:
        answer = await client.generate(model, stream=stream, keep_alive=keep_alive)  # type: ignore[call-overload]
        (only,) = await lines(answer, stream=stream)
        assert (only.model, only.done, only.done_reason, only.response) == (model, True, reason, "")
    assert not bench.upstreams[form].generations


async def test_a_model_that_is_not_there_is_not_loaded(client: ollama.AsyncClient) -> None:
    with pytest.raises(ollama.ResponseError) as raised:
        await client.generate("nowhere/fake-large")
    assert raised.value.status_code == 404


async def test_the_record_tells_of_a_load(bench: Bench, client: ollama.AsyncClient) -> None:
    model = f"{prefix(Format.GEMINI)}/fake-large"
    before = {row.id for row in await bench.gateway.rows(0)}
    await client.chat(model, [])
    (row,) = await bench.gateway.rows_beyond(before)
    assert (row.requested_model, row.outcome, row.status, row.provider) == (model, "ok", 200, None)
