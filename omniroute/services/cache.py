"""The answer cache as operators see it: what may be kept and for how long, how it does, and how to empty it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from pydantic_core import MISSING

from omniroute.kit.events import ConfigurationChanged
from omniroute.services.changes import Changed, kept
from omniroute.services.rules import fault, line, within
from omniroute.storage.settings import SettingGroups

MOST_TTL_S = 30 * 86_400
MOST_ENTRIES = 100_000
LEAST_ENTRY_BYTES = 1024
MOST_ENTRY_BYTES = 64 * 1024 * 1024
LONGEST_MODEL = 256
MOST_THRESHOLDS = 200
LOCAL_MODEL = "local"
# Scores mean something else with each embedding model: these are strict ones for any, stricter where texts that have
# nothing in common score high already (E5 models: 0.7 and more).
THRESHOLD = 0.95
_GROUP = "cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class Similarity:
    """Whether nearly the same question may get the same answer.

    `shadow`: only note what would have been answered. `model` makes the embeddings: `local`, or a model's name.
    `threshold` is the least likeness, from 0 to 1; `thresholds` overrides it for chat models by the name asked for.
    """

    enabled: bool = False
    shadow: bool = True
    model: str = LOCAL_MODEL
    threshold: float = THRESHOLD
    thresholds: Mapping[str, float] = field(default_factory=dict)

    def least(self, model: str) -> float:
        """Return the least likeness for a chat model."""
        return self.thresholds.get(model, self.threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSettings:
    """What may be kept. `shared`: a key may get answers that other keys' requests made."""

    enabled: bool = True
    only_deterministic: bool = True
    ttl_s: int = 1800
    max_entries: int = 500
    max_entry_bytes: int = 256 * 1024
    shared: bool = False
    similarity: Similarity = field(default_factory=Similarity)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheChange:
    """What to change; similarity is replaced as a whole."""

    enabled: bool | MISSING = MISSING
    only_deterministic: bool | MISSING = MISSING
    ttl_s: int | MISSING = MISSING
    max_entries: int | MISSING = MISSING
    max_entry_bytes: int | MISSING = MISSING
    shared: bool | MISSING = MISSING
    similarity: Similarity | MISSING = MISSING


class Part(StrEnum):
    """What of it to empty."""

    ALL = "all"
    ANSWERS = "answers"
    IDEMPOTENCY = "idempotency"
    SIMILARITY = "similarity"


@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticCache:
    """How the answer cache does: entries now, the rest since the start. `hit_rate` is from 0 to 1."""

    memory_size: int
    memory_max_size: int
    db_size: int
    hit_rate: float
    hits: int
    misses: int
    similar_hits: int
    shared_flights: int
    tokens_saved: int
    saved_usd: float
    memory_bytes: int
    memory_max_bytes: int
    ttl_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """How repeated requests fare: keys known now, the rest since the start."""

    active_keys: int
    window_ms: int
    replays: int
    waited: int
    conflicts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFigures:
    """Both together."""

    semantic_cache: SemanticCache
    idempotency: Idempotency


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldBe:
    """A question that was like an earlier one. `held_back`: what kept it from getting that answer."""

    at: datetime
    model: str
    likeness: float
    held_back: str | None
    asked: str | None
    like: str | None
    saved_usd: float | None
    saved_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarityReport:
    """What similarity did or, in shadow, would have done, since the start.

    `matches` were like enough and held back by nothing; `held_back` counts those like enough that differ in a way
    that changes the answer, by that way. The samples are the newest of both.
    """

    enabled: bool
    shadow: bool
    model: str
    threshold: float
    indexed: int
    looked_up: int
    matches: int
    served: int
    held_back: Mapping[str, int]
    failures: int
    last_failure: str | None
    would_have_saved_usd: float
    would_have_saved_tokens: int
    samples: tuple[WouldBe, ...]


class Answers(Protocol):
    """The cache itself, as the data plane keeps it."""

    async def figures(self, settings: CacheSettings) -> CacheFigures:
        """Return how it does."""
        ...

    async def clear(self, part: Part) -> int:
        """Empty it; return how many things went."""
        ...

    def report(self, settings: Similarity) -> SimilarityReport:
        """Return what similarity does."""
        ...


class Cache:
    """Shows, sets and empties the cache. `check_local` raises what is wrong when local embeddings can't be made."""

    def __init__(
        self, *, groups: SettingGroups, changed: Changed, answers: Answers, check_local: Callable[[], None]
    ) -> None:
        self._groups = groups
        self._changed = changed
        self._answers = answers
        self._check_local = check_local

    async def settings(self) -> CacheSettings:
        """Return what holds now."""
        stored = await self._groups.get(_GROUP)
        return CacheSettings() if stored is None else _read(stored)

    async def update(self, change: CacheChange) -> CacheSettings:
        """Change it; raise Unprocessable on a bad value."""
        old = await self.settings()
        new = CacheSettings(
            enabled=kept(change.enabled, old.enabled),
            only_deterministic=kept(change.only_deterministic, old.only_deterministic),
            ttl_s=within(kept(change.ttl_s, old.ttl_s), "ttlS", least=1, most=MOST_TTL_S),
            max_entries=within(kept(change.max_entries, old.max_entries), "maxEntries", least=1, most=MOST_ENTRIES),
            max_entry_bytes=within(
                kept(change.max_entry_bytes, old.max_entry_bytes),
                "maxEntryBytes",
                least=LEAST_ENTRY_BYTES,
                most=MOST_ENTRY_BYTES,
            ),
            shared=kept(change.shared, old.shared),
            similarity=_checked(kept(change.similarity, old.similarity)),
        )
        if new.similarity.enabled and new.similarity.model == LOCAL_MODEL:
            self._check_local()
        await self._groups.put(_GROUP, _stored(new))
        await self._changed(ConfigurationChanged(noun="settings", id=_GROUP))
        return new

    async def figures(self) -> CacheFigures:
        """Return how the cache does."""
        return await self._answers.figures(await self.settings())

    async def clear(self, part: Part = Part.ALL) -> int:
        """Empty the cache, or one part of it; return how many things went."""
        return await self._answers.clear(part)

    async def similarity(self) -> SimilarityReport:
        """Return what similarity does or would do."""
        return self._answers.report((await self.settings()).similarity)


def _checked(value: Similarity) -> Similarity:
    if len(value.thresholds) > MOST_THRESHOLDS:
        raise fault("similarity.thresholds", f"similarity.thresholds must name at most {MOST_THRESHOLDS} models")
    return Similarity(
        enabled=value.enabled,
        shadow=value.shadow,
        model=line(value.model, "similarity.model", most=LONGEST_MODEL),
        threshold=_likeness(value.threshold, "similarity.threshold"),
        thresholds={
            line(name, "similarity.thresholds", most=LONGEST_MODEL): _likeness(one, f"similarity.thresholds.{name}")
            for name, one in value.thresholds.items()
        },
    )


def _likeness(value: float, name: str) -> float:
    if not 0 < value <= 1:
        raise fault(name, f"{name} must be over 0 and at most 1")
    return float(value)


def _stored(value: CacheSettings) -> dict[str, Any]:
    similarity = value.similarity
    return {
        "enabled": value.enabled,
        "onlyDeterministic": value.only_deterministic,
        "ttlS": value.ttl_s,
        "maxEntries": value.max_entries,
        "maxEntryBytes": value.max_entry_bytes,
        "shared": value.shared,
        "similarity": {
            "enabled": similarity.enabled,
            "shadow": similarity.shadow,
            "model": similarity.model,
            "threshold": similarity.threshold,
            "thresholds": dict(similarity.thresholds),
        },
    }


def _read(stored: Mapping[str, Any]) -> CacheSettings:
    return CacheSettings(
        enabled=stored["enabled"],
        only_deterministic=stored["onlyDeterministic"],
        ttl_s=stored["ttlS"],
        max_entries=stored["maxEntries"],
        max_entry_bytes=stored["maxEntryBytes"],
        shared=stored["shared"],
        similarity=Similarity(**stored["similarity"]),
    )
