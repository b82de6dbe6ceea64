"""Models that an operator adds to a provider or node, besides those it is known for. They are listed and resolve."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from omniroute.kit.clock import Clock
from omniroute.kit.events import ConfigurationChanged
from omniroute.services.changes import Changed
from omniroute.services.moments import moment
from omniroute.services.names import LONGEST_MODEL
from omniroute.services.rules import fault, line, optional_line, within
from omniroute.services.upstreams import Upstreams
from omniroute.storage.custom_models import CustomModels as CustomModelRows
from omniroute.storage.rows import CustomModelRow

LONGEST_NAME = 200
MOST_TOKENS = 100_000_000
MOST_MODELS = 5_000


class ModelKind(StrEnum):
    """What a model is for."""

    CHAT = "chat"
    EMBEDDING = "embedding"
    IMAGE = "image"
    TRANSCRIPTION = "transcription"
    SPEECH = "speech"
    MODERATION = "moderation"
    RERANK = "rerank"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomModel:
    """A model as it is shown; `provider` is a provider's or node's id."""

    provider: str
    id: str
    name: str
    type: ModelKind
    context_window: int | None
    source: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomModelDraft:
    """A model to be added, or to be changed when it is there."""

    provider: str
    model_id: str
    model_name: str | None = None
    type: ModelKind = ModelKind.CHAT
    context_window: int | None = None
    source: str = "manual"


class CustomModels:
    """Lists, adds and removes them."""

    def __init__(self, *, rows: CustomModelRows, upstreams: Upstreams, clock: Clock, changed: Changed) -> None:
        self._rows = rows
        self._upstreams = upstreams
        self._clock = clock
        self._changed = changed
        self._changing = asyncio.Lock()

    async def list(self, provider: str | None = None) -> tuple[CustomModel, ...]:
        """Return all, or those of one provider; raise Unprocessable for a provider that is not there."""
        wanted = None if provider is None else (await self._upstreams.find(provider)).id
        return tuple(_shown(row) for row in await self._rows.list() if wanted in {None, row.provider})

    async def set(self, draft: CustomModelDraft) -> CustomModel:
        """Add a model, or change the one of this id."""
        upstream = await self._upstreams.find(draft.provider)
        model = line(draft.model_id, "modelId", most=LONGEST_MODEL)
        window = draft.context_window
        async with self._changing:
            rows = await self._rows.list()
            old = next((row for row in rows if (row.provider, row.model) == (upstream.id, model)), None)
            if old is None and len(rows) >= MOST_MODELS:
                raise fault("modelId", f"there are {MOST_MODELS} custom models, which is the limit")
            now = self._clock.now_ms()
            row = CustomModelRow(
                provider=upstream.id,
                model=model,
                name=optional_line(draft.model_name, "modelName", most=LONGEST_NAME),
                kind=draft.type.value,
                context_window=None if window is None else within(window, "contextWindow", least=1, most=MOST_TOKENS),
                source=line(draft.source, "source", most=16),
                created_at=now if old is None else old.created_at,
                updated_at=now,
            )
            await self._rows.put(row)
        await self._tell(model)
        return _shown(row)

    async def delete(self, provider: str, model: str) -> bool:
        """Remove a model; return whether it was there."""
        upstream = await self._upstreams.find(provider)
        removed = await self._rows.delete(upstream.id, model)
        await self._tell(model)
        return removed

    async def _tell(self, model: str) -> None:
        await self._changed(ConfigurationChanged(noun="models", id=model))


def _shown(row: CustomModelRow) -> CustomModel:
    return CustomModel(
        provider=row.provider,
        id=row.model,
        name=row.name or row.model,
        type=ModelKind(row.kind),
        context_window=row.context_window,
        source=row.source,
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )
