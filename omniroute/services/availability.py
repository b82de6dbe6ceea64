"""Which models can answer now, over which connections, and why not; nothing is sent anywhere to find out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from omniroute.services.breakers import ResetDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetState:
    """One connection that a model could be asked over. `state` is ready, probing, cooling or locked."""

    provider: str
    connection_id: str
    connection: str
    model: str
    available: bool
    state: str
    reason: str | None = None
    message: str | None = None
    remaining_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnavailableModel:
    """A model that nobody can be asked for now; `remaining_ms` is the time until the first connection is free."""

    provider: str
    model: str
    reason: str
    remaining_ms: int
    unavailable_since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailableModel:
    """A model that can be asked for, over how many of its connections."""

    provider: str
    model: str
    connections: int
    resting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Every model that is listed, and what is locked beyond those."""

    unavailable_count: int
    models: tuple[UnavailableModel, ...]
    available: tuple[AvailableModel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCheck:
    """Whether one name (a model, an alias or a combo) can be answered now; `remaining_ms` if not, the wait at least."""

    model: str
    available: bool
    resolved: str
    remaining_ms: int
    targets: tuple[TargetState, ...]


class Availabilities:
    """Tells and clears it; where it is kept is handed in."""

    def __init__(
        self,
        *,
        read: Callable[[], Availability],
        check: Callable[[str], ModelCheck],
        reset: Callable[[ResetDraft], int],
    ) -> None:
        self._read = read
        self._check = check
        self._reset = reset

    def all(self) -> Availability:
        """Return every model's state."""
        return self._read()

    def check(self, model: str) -> ModelCheck:
        """Return one name's state; raise NotFound or Invalid when it means nothing."""
        return self._check(model)

    def clear(self, model: str, provider: str | None) -> int:
        """Let a model be tried again at once, at one provider or wherever it is; return how much was held against it.

        What is held against a whole connection of it goes too.
        """
        targets: Sequence[TargetState] = self._check(model if provider is None else f"{provider}/{model}").targets
        drafts = [ResetDraft(connection_id=one.connection_id, model=one.model) for one in targets]
        drafts += [ResetDraft(name=f"connection:{one}") for one in {one.connection_id for one in targets}]
        return sum(self._reset(draft) for draft in drafts)
