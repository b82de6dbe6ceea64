"""The model list, in OpenAI's spelling."""

from typing import Any

from omniroute.gateway.snapshot import ModelEntry, Snapshot
from omniroute.kit.errors import NotFound


def listed(snapshot: Snapshot) -> dict[str, Any]:
    """Return every model of the active connections."""
    return {"object": "list", "data": [_spelled(entry) for entry in snapshot.models]}


def one(snapshot: Snapshot, model: str) -> dict[str, Any]:
    """Return one model; raise NotFound when it is not listed."""
    for entry in snapshot.models:
        if entry.id == model:
            return _spelled(entry)
    raise NotFound(f"The model {model!r} is not listed.", param="model", code="model_not_found")


def _spelled(entry: ModelEntry) -> dict[str, Any]:
    return {"id": entry.id, "object": "model", "created": 0, "owned_by": entry.owned_by}
