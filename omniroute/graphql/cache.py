"""The answer cache: how it does, what it may keep, and what similarity does or would do."""

from decimal import Decimal
from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.outcome import Done, Failed, mutation
from omniroute.graphql.scalars import Long, money
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.services.cache import (
    CacheChange,
    CacheFigures,
    CacheSettings,
    Idempotency,
    Part,
    SemanticCache,
    Similarity,
    SimilarityReport,
    WouldBe,
)

_ENABLED = "Whether answers are kept and given again."
_ONLY = "Keep only answers to requests with temperature 0 or a seed."
_TTL = "How long an answer is kept, in seconds."
_ENTRIES = "How many answers memory holds."
_BYTES = "The largest answer that is kept, in bytes."
_SHARED = "Whether a key may get answers that other keys' requests made."
_SIMILARITY = "Whether nearly the same question may get the same answer."
_SHADOW = "Only note what would have been answered."
_MODEL = "What makes the embeddings: `local`, or the name of an embedding model."
_LEAST = "The least likeness, from 0 to 1."
_LEASTS = "The least likeness for single chat models."


@strawberry.type(description="How many questions were held back for one reason.")
class HeldBack:
    """One reason."""

    reason: str = strawberry.field(description="In what way the two texts differ, such as `negation` or `numbers`.")
    count: Long = strawberry.field(description="How many.")


@strawberry.type(description="The least likeness for one chat model.")
class ModelThreshold:
    """One model."""

    model: str = strawberry.field(description="The model's name as clients write it.")
    threshold: float = strawberry.field(description=_LEAST)


@strawberry.input(description="The least likeness for one chat model.")
class ModelThresholdInput:
    """One model, as it comes in."""

    model: str = strawberry.field(description="The model's name as clients write it.")
    threshold: float = strawberry.field(description=_LEAST)


class SimilarityInput(Similarity):
    """Similarity as it comes in: a class is a type or an input, never both."""


def _thresholds(given: list[ModelThresholdInput]) -> dict[str, float]:
    return {one.model: one.threshold for one in given}


enumerate_(
    Part,
    "CachePart",
    "What of the cache to empty.",
    ALL="All of it.",
    ANSWERS="The answer cache, with what similarity knows of it.",
    IDEMPOTENCY="The keys of repeated requests.",
    SIMILARITY="The questions that similarity knows.",
)
expose(
    SemanticCache,
    "AnswerCacheFigures",
    "How the answer cache does: sizes are of now, the rest since the gateway began.",
    memory_size=Shown(words="Answers in memory.", kind=Long),
    memory_max_size=Shown(words="How many memory may hold.", kind=Long),
    db_size=Shown(words="Answers in the database.", kind=Long),
    hit_rate="The share of hits among requests that could have been one, from 0 to 1.",
    hits=Shown(words="Requests that got a kept answer.", kind=Long),
    misses=Shown(words="Requests that could have been a hit and went to a provider.", kind=Long),
    similar_hits=Shown(words="Hits that were similar questions.", kind=Long),
    shared_flights=Shown(words="Hits that waited for an answer that was on its way.", kind=Long),
    tokens_saved=Shown(words="Tokens of the answers that were given again.", kind=Long),
    saved_usd=Shown(words="What these answers had cost, in US dollars.", kind=Decimal, read=money),
    memory_bytes=Shown(words="What the answers in memory weigh, in bytes.", kind=Long),
    memory_max_bytes=Shown(words="What they may weigh, in bytes.", kind=Long),
    ttl_s=Shown(words=_TTL, kind=Long),
)
expose(
    Idempotency,
    "IdempotencyFigures",
    "How repeated requests fare.",
    active_keys=Shown(words="Keys that are known now.", kind=Long),
    window_ms="How long an answer is given again under its key, in milliseconds.",
    replays=Shown(words="Answers that were given again.", kind=Long),
    waited=Shown(words="Requests that waited for the first of their key.", kind=Long),
    conflicts=Shown(words="Requests that were refused, as their key came with another body.", kind=Long),
)
expose(
    CacheFigures,
    "CacheFigures",
    "How kept answers fare.",
    semantic_cache="The answer cache.",
    idempotency="Repeated requests.",
)
expose(
    Similarity,
    "SimilaritySettings",
    _SIMILARITY,
    enabled="Whether similarity is on.",
    shadow=_SHADOW,
    model=_MODEL,
    threshold=_LEAST,
    thresholds=Shown(
        words=_LEASTS,
        kind=list[ModelThreshold],
        read=lambda found: [ModelThreshold(model=name, threshold=least) for name, least in found.items()],
    ),
)
expose(
    CacheSettings,
    "CacheSettings",
    "What may be kept, and for how long.",
    enabled=_ENABLED,
    only_deterministic=_ONLY,
    ttl_s=_TTL,
    max_entries=_ENTRIES,
    max_entry_bytes=_BYTES,
    shared=_SHARED,
    similarity=_SIMILARITY,
)
expose(
    WouldBe,
    "SimilaritySample",
    "A question that was like an earlier one.",
    at="When it was asked.",
    model="The model's name as the client wrote it.",
    likeness="How alike the two are, from 0 to 1.",
    held_back="What kept it from getting that answer; null for nothing.",
    asked="The question.",
    like="The earlier one.",
    saved_usd=Shown(words="What the earlier answer had cost, in US dollars.", kind=Decimal | None, read=money),
    saved_tokens=Shown(words="The earlier answer's tokens.", kind=Long),
)
expose(
    SimilarityReport,
    "SimilarityReport",
    "What similarity did or, in shadow, would have done, since the gateway began.",
    enabled="Whether similarity is on.",
    shadow=_SHADOW,
    model=_MODEL,
    threshold=_LEAST,
    indexed=Shown(words="Questions that are known.", kind=Long),
    looked_up=Shown(words="Questions that were compared with those.", kind=Long),
    matches=Shown(words="Those that were like enough and held back by nothing.", kind=Long),
    served=Shown(words="Those that got the earlier answer.", kind=Long),
    held_back=Shown(
        words="Those that were like enough and held back, by reason.",
        kind=list[HeldBack],
        read=lambda found: [HeldBack(reason=name, count=Long(count)) for name, count in found.items()],
    ),
    failures=Shown(words="Embeddings that could not be made.", kind=Long),
    last_failure="Why the last of those could not.",
    would_have_saved_usd=Shown(words="What the matches' answers had cost, in US dollars.", kind=Decimal, read=money),
    would_have_saved_tokens=Shown(words="The matches' answers' tokens.", kind=Long),
    samples="The newest matches, and those held back.",
)
accept(
    SimilarityInput,
    "SimilaritySettingsInput",
    "Similarity as it shall be; what is left out is as at first.",
    enabled="Whether similarity is on.",
    shadow=_SHADOW,
    model=_MODEL,
    threshold=_LEAST,
    thresholds=Taken(words=_LEASTS, kind=list[ModelThresholdInput] | None, read=_thresholds),
)
accept(
    CacheChange,
    "CacheSettingsChange",
    "What to change; what is left out stays.",
    enabled=_ENABLED,
    only_deterministic=_ONLY,
    ttl_s=_TTL,
    max_entries=_ENTRIES,
    max_entry_bytes=_BYTES,
    shared=_SHARED,
    similarity=Taken(words="Similarity, as a whole.", kind=SimilarityInput | None),
)

UpdateResult = Annotated[CacheSettings | Failed, strawberry.union("UpdateCacheSettingsResult")]
ClearResult = Annotated[Done | Failed, strawberry.union("ClearCacheResult")]


@strawberry.type
class Query:
    """The cache."""

    @asked("How kept answers fare.")
    async def cache(self, info: Asked) -> CacheFigures:
        return await services_of(info).cache.figures()

    @asked("What may be kept, and for how long.")
    async def cache_settings(self, info: Asked) -> CacheSettings:
        return await services_of(info).cache.settings()

    @asked("What similarity did or, in shadow, would have done.")
    async def cache_similarity(self, info: Asked) -> SimilarityReport:
        return await services_of(info).cache.similarity()


@strawberry.type
class Mutation:
    """What to keep."""

    @mutation("Change what may be kept.")
    async def update_cache_settings(self, info: Asked, input: CacheChange) -> UpdateResult:
        return await services_of(info).cache.update(input)

    @mutation("Empty the cache, or one part of it.")
    async def clear_cache(self, info: Asked, part: Part = Part.ALL) -> ClearResult:
        removed = await services_of(info).cache.clear(part)
        return Done(message=f"{removed} removed")
