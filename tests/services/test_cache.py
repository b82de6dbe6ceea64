"""The settings of the answer cache, on both kinds of database."""

from dataclasses import replace
from typing import Any

import pytest

from omniroute.kit.errors import Unprocessable
from omniroute.services.cache import CacheChange, CacheSettings, Part, Similarity
from tests.services.parts import Parts


async def test_what_is_not_set_is_secure_and_unsurprising(parts: Parts) -> None:
    found = await parts.cache.settings()
    assert found == CacheSettings()
    assert (found.enabled, found.only_deterministic, found.shared) == (True, True, False)
    assert (found.ttl_s, found.max_entries) == (1800, 500)
    assert (found.similarity.enabled, found.similarity.shadow) == (False, True)


async def test_a_change_is_kept_and_told(parts: Parts) -> None:
    similarity = Similarity(enabled=True, shadow=False, model="openai/e", threshold=0.9, thresholds={"m": 0.99})
    new = await parts.cache.update(CacheChange(ttl_s=60, shared=True, similarity=similarity))
    assert new == replace(CacheSettings(), ttl_s=60, shared=True, similarity=similarity)
    assert await parts.cache.settings() == new
    assert [(event.noun, event.id) for event in parts.changes] == [("settings", "cache")]
    assert (new.similarity.least("m"), new.similarity.least("n")) == (0.99, 0.9)
    assert (await parts.cache.update(CacheChange(enabled=False))).similarity == similarity


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ttl_s": 0}, "ttlS"),
        ({"max_entries": 0}, "maxEntries"),
        ({"max_entry_bytes": 10}, "maxEntryBytes"),
        ({"similarity": Similarity(threshold=0)}, "similarity.threshold"),
        ({"similarity": Similarity(threshold=float("nan"))}, "similarity.threshold"),
        ({"similarity": Similarity(model=" ")}, "similarity.model"),
        ({"similarity": Similarity(thresholds={"m": 2})}, "similarity.thresholds.m"),
    ],
)
async def test_a_bad_value_is_refused_by_field(parts: Parts, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        await parts.cache.update(CacheChange(**change))
    assert refused.value.param == field
    assert await parts.cache.settings() == CacheSettings()
    assert not parts.changes


async def test_an_empty_cache_says_so(parts: Parts) -> None:
    found = await parts.cache.figures()
    assert (found.semantic_cache.memory_size, found.semantic_cache.memory_max_size) == (0, 500)
    assert (found.semantic_cache.db_size, found.semantic_cache.hit_rate) == (0, 0.0)
    assert (found.idempotency.active_keys, found.idempotency.window_ms) == (0, 5000)
    assert [await parts.cache.clear(part) for part in Part] == [0, 0, 0, 0]
    report = await parts.cache.similarity()
    assert (report.enabled, report.indexed, report.samples) == (False, 0, ())
