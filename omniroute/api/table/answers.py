"""The operations on the answer cache. Rows of the operation table."""

from omniroute.api import cache
from omniroute.api.operation import Operation
from omniroute.edge.admission import Policy

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="getCache",
        method="GET",
        path="/api/cache",
        tag="cache",
        summary="How the answer cache and repeated requests fare",
        policy=Policy.ADMIN,
        handler=cache.show,
        answer=cache.ShownCache,
    ),
    Operation(
        id="clearCache",
        method="DELETE",
        path="/api/cache",
        tag="cache",
        summary="Empty the answer cache, or one part of it",
        policy=Policy.ADMIN,
        handler=cache.clear,
        query=cache.CacheQuery,
        answer=cache.Emptied,
    ),
    Operation(
        id="getCacheSimilarity",
        method="GET",
        path="/api/cache/similarity",
        tag="cache",
        summary="What similarity did or, in shadow, would have done",
        policy=Policy.ADMIN,
        handler=cache.similarity,
        answer=cache.ShownSimilarity,
    ),
    Operation(
        id="getCacheSettings",
        method="GET",
        path="/api/settings/cache",
        tag="cache",
        summary="What may be kept, and for how long",
        policy=Policy.ADMIN,
        handler=cache.settings,
        answer=cache.ShownCacheSettings,
    ),
    Operation(
        id="updateCacheSettings",
        method="PUT",
        also=("PATCH",),
        path="/api/settings/cache",
        tag="cache",
        summary="Change what may be kept; what is left out stays",
        policy=Policy.ADMIN,
        handler=cache.update,
        body=cache.CacheUpdate,
        answer=cache.ShownCacheSettings,
        example={"ttlS": 3600, "similarity": {"enabled": True, "model": "openai/text-embedding-3-small"}},
    ),
)
