"""Nearly the same question: noted in the shadow, answered when switched on, held back by the words that matter."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from omniroute.formats.hub import Format
from omniroute.services.keys import KeyDraft, Scope
from tests.fakes.upstream import FakeUpstream
from tests.gateway.asking import Ask, is_hit, said, send
from tests.gateway.embedding_server import EmbeddingServer, embedding_server
from tests.gateways import RunningGateway

ASK = Ask(format=Format.OPENAI_CHAT, text="How do I reset my password?")
LIKE = replace(ASK, text="How can I reset the password, please?")
NEGATED = replace(ASK, text="How do I not reset my password?")
EVERY = pytest.mark.parametrize("spoken", list(Format), ids=str)


@pytest.fixture
async def embeddings() -> AsyncIterator[EmbeddingServer]:
    async with embedding_server() as server:
        yield server


@pytest.fixture
async def fake(gateway: RunningGateway, fake_openai: FakeUpstream, embeddings: EmbeddingServer) -> FakeUpstream:
    await gateway.connect(fake_openai, "mine")
    node = {"name": "e", "prefix": "e", "apiType": "chat", "baseUrl": embeddings.url, "local": True}
    made = await gateway.admin("POST", "/api/provider-nodes", node)
    await gateway.admin("POST", "/api/providers", {"provider": made["node"]["id"], "name": "e", "apiKey": "k"})
    return fake_openai


async def switch(gateway: RunningGateway, *, shadow: bool, **more: Any) -> None:
    similarity = {"enabled": True, "shadow": shadow, "model": "e/words", "threshold": 0.95, **more}
    await gateway.admin("PUT", "/api/settings/cache", {"similarity": similarity})


async def report(gateway: RunningGateway) -> dict[str, Any]:
    told: dict[str, Any] = await gateway.admin("GET", "/api/cache/similarity")
    return told


async def indexed(gateway: RunningGateway, count: int) -> dict[str, Any]:
    """Wait until so many questions are remembered, which is done beside the requests; return the report."""
    async with asyncio.timeout(5):
        while (told := await report(gateway))["indexed"] < count:
            await asyncio.sleep(0.01)
    return told


@EVERY
async def test_a_similar_question_gets_the_answer_whole_or_streamed(
    gateway: RunningGateway, fake: FakeUpstream, spoken: Format
) -> None:
    await switch(gateway, shadow=False)
    first = await send(gateway, replace(ASK, format=spoken))
    await indexed(gateway, 1)
    for stream in (False, True):
        like = replace(LIKE, format=spoken, stream=stream)
        answer = await send(gateway, like)
        assert is_hit(answer)
        assert float(answer.headers["x-omniroute-cache-similarity"]) == pytest.approx(1)
        assert said(like, answer).texts == said(replace(ASK, format=spoken), first).texts
    assert len(fake.generations) == 1
    assert [row.cache for row in await gateway.rows(3)] == ["similar", "similar", "miss"]
    told = await report(gateway)
    assert (told["matches"], told["served"], told["heldBack"]) == (2, 2, {})


async def test_words_that_turn_the_meaning_hold_it_back(gateway: RunningGateway, fake: FakeUpstream) -> None:
    await switch(gateway, shadow=False)
    await send(gateway, ASK)
    await indexed(gateway, 1)
    assert not is_hit(await send(gateway, NEGATED))
    assert len(fake.generations) == 2
    told = await report(gateway)
    assert told["heldBack"] == {"negation": 1}
    assert told["samples"][0]["asked"] == NEGATED.text
    assert (told["samples"][0]["heldBack"], told["samples"][0]["like"]) == ("negation", ASK.text)


async def test_in_the_shadow_nothing_is_answered_and_all_is_noted(gateway: RunningGateway, fake: FakeUpstream) -> None:
    await switch(gateway, shadow=True)
    for number, ask in enumerate((ASK, LIKE, NEGATED, replace(ASK, text="Where is the moon?")), 1):
        assert not is_hit(await send(gateway, ask))
        await indexed(gateway, number)
    assert len(fake.generations) == 4
    told = await report(gateway)
    assert (told["enabled"], told["shadow"], told["lookedUp"], told["matches"], told["served"]) == (True, True, 4, 1, 0)
    assert told["heldBack"] == {"negation": 1}
    assert told["wouldHaveSavedTokens"] > 0
    match = told["samples"][1]
    assert (match["asked"], match["like"], match["heldBack"]) == (LIKE.text, ASK.text, None)
    assert (await gateway.admin("GET", "/api/cache"))["semanticCache"]["similarHits"] == 0


@pytest.mark.parametrize(
    "other",
    [
        {"temperature": 0, "seed": 1},
        {"max_tokens": 9},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": LIKE.text}]},
        {
            "messages": [
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Hi"},
                {"role": "user", "content": LIKE.text},
            ]
        },
        {"model": "mine/fake-small"},
        {"temperature": 1},
    ],
    ids=str,
)
async def test_what_surrounds_the_question_must_be_the_same(
    gateway: RunningGateway, fake: FakeUpstream, other: dict[str, Any]
) -> None:
    await switch(gateway, shadow=False)
    await send(gateway, ASK)
    await indexed(gateway, 1)
    assert not is_hit(await send(gateway, replace(LIKE, more=tuple(other.items()))))
    assert len(fake.generations) == 2


async def test_another_key_and_another_threshold_find_nothing(gateway: RunningGateway, fake: FakeUpstream) -> None:
    await switch(gateway, shadow=False, thresholds={"mine/fake-large": 1.0})
    await send(gateway, replace(ASK, text="alpha beta gamma delta"))
    await indexed(gateway, 1)
    near = replace(ASK, text="alpha beta gamma delta epsilon")
    assert not is_hit(await send(gateway, near))
    await switch(gateway, shadow=False, threshold=0.8)
    await gateway.admin("DELETE", "/api/cache")
    await send(gateway, replace(ASK, text="alpha beta gamma delta"))
    await indexed(gateway, 1)
    draft = KeyDraft(name="other", scopes=frozenset({Scope.INFERENCE}))
    key = (await gateway.gateway.services.keys.create(draft)).secret.reveal()
    other = await send(gateway, near, key=key)
    assert (other.status_code, is_hit(other)) == (200, False)
    assert is_hit(await send(gateway, near))
    assert len(fake.generations) == 4


async def test_without_embeddings_every_question_goes_upstream(
    gateway: RunningGateway, fake: FakeUpstream, embeddings: EmbeddingServer
) -> None:
    embeddings.status = 500
    await switch(gateway, shadow=False)
    for ask in (ASK, LIKE):
        assert (await send(gateway, ask)).status_code == 200
    assert len(fake.generations) == 2
    async with asyncio.timeout(5):
        while (told := await report(gateway))["failures"] < 2:
            await asyncio.sleep(0.01)
    assert "status 500" in told["lastFailure"]


async def test_an_emptied_cache_has_nothing_similar(gateway: RunningGateway, fake: FakeUpstream) -> None:
    await switch(gateway, shadow=False)
    await send(gateway, ASK)
    await indexed(gateway, 1)
    assert (await gateway.admin("DELETE", "/api/cache?scope=similarity"))["removed"] == 1
    assert not is_hit(await send(gateway, LIKE))
    assert is_hit(await send(gateway, ASK))
    assert len(fake.generations) == 2
