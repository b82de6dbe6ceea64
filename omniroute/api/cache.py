"""The answer cache: how it does, what it may keep, and how to empty it."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import MISSING, Field

from omniroute.api.operation import Call
from omniroute.api.shapes import WHOLE, adopt, shape
from omniroute.services.cache import (
    LEAST_ENTRY_BYTES,
    LONGEST_MODEL,
    MOST_ENTRIES,
    MOST_ENTRY_BYTES,
    MOST_TTL_S,
    CacheChange,
    CacheFigures,
    CacheSettings,
    Part,
    Similarity,
    SimilarityReport,
)
from omniroute.services.collection import Services

_Likeness = Annotated[float, Field(gt=0, le=1)]


@shape
class ShownCache(CacheFigures):
    """How the answer cache and repeated requests fare."""


@shape
class ShownCacheSettings(CacheSettings):
    """What may be kept, and for how long."""


@shape
class ShownSimilarity(SimilarityReport):
    """What similarity did or, in shadow, would have done."""


@shape
class NewSimilarity(Similarity):
    """Whether nearly the same question may get the same answer."""

    model: Annotated[str, Field(min_length=1, max_length=LONGEST_MODEL)] = "local"
    threshold: _Likeness = 0.95
    thresholds: Mapping[str, _Likeness] = Field(default_factory=dict)


@shape
class CacheUpdate(CacheChange):
    """What to change; what is left out stays. Similarity is replaced as a whole."""

    ttl_s: Annotated[int, Field(ge=1, le=MOST_TTL_S), WHOLE] | MISSING = MISSING
    max_entries: Annotated[int, Field(ge=1, le=MOST_ENTRIES), WHOLE] | MISSING = MISSING
    max_entry_bytes: Annotated[int, Field(ge=LEAST_ENTRY_BYTES, le=MOST_ENTRY_BYTES), WHOLE] | MISSING = MISSING
    similarity: NewSimilarity | MISSING = MISSING


@shape
class CacheQuery:
    """Which part to empty; all without it."""

    scope: Literal["all", "answers", "idempotency", "similarity"] = "all"


@shape
class Emptied:
    """How much went."""

    ok: bool = True
    success: bool = True
    removed: int


async def show(services: Services, _call: Call[None, None]) -> ShownCache:
    """Show how the cache does."""
    return adopt(ShownCache, await services.cache.figures())


async def clear(services: Services, call: Call[None, CacheQuery]) -> Emptied:
    """Empty the cache."""
    return Emptied(removed=await services.cache.clear(Part(call.query.scope)))


async def similarity(services: Services, _call: Call[None, None]) -> ShownSimilarity:
    """Show what similarity does."""
    return adopt(ShownSimilarity, await services.cache.similarity())


async def settings(services: Services, _call: Call[None, None]) -> ShownCacheSettings:
    """Show what may be kept."""
    return adopt(ShownCacheSettings, await services.cache.settings())


async def update(services: Services, call: Call[CacheUpdate, None]) -> ShownCacheSettings:
    """Change what may be kept."""
    return adopt(ShownCacheSettings, await services.cache.update(call.body))
