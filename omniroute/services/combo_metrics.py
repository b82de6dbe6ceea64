"""How combos and their targets fared since the process began: figures as operators see them, not kept anywhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from omniroute.kit.errors import NotFound
from omniroute.routing.strategies import Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetMetrics:
    """What became of the tries at one target; `last_status` is ok or a failure's kind, rates are whole percents."""

    requests: int
    successes: int
    failures: int
    in_flight: int
    total_latency_ms: float
    avg_latency_ms: float
    success_rate: int
    last_status: str | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComboMetrics:
    """What became of the requests for a combo; a fallback is an answer after a failed try. By target in `by_model`."""

    strategy: Strategy
    total_requests: int
    total_successes: int
    total_failures: int
    total_fallbacks: int
    total_latency_ms: float
    avg_latency_ms: float
    success_rate: int
    fallback_rate: int
    last_used_at: datetime | None
    by_model: Mapping[str, TargetMetrics]


class ComboMeasures:
    """Tells and forgets the figures; where they are counted is handed in."""

    def __init__(self, *, read: Callable[[], Mapping[str, ComboMetrics]], forget: Callable[[str | None], None]) -> None:
        """`forget` takes a combo's name, or None for all."""
        self._read = read
        self._forget = forget

    def all(self) -> Mapping[str, ComboMetrics]:
        """Return the figures of every combo, by name."""
        return self._read()

    def one(self, name: str) -> ComboMetrics:
        """Return one combo's figures; raise NotFound."""
        found = self._read().get(name)
        if found is None:
            raise NotFound(f"There is no combo {name!r}.")
        return found

    def reset(self, name: str | None = None) -> None:
        """Begin to count anew, for one combo or for all; raise NotFound."""
        if name is not None:
            self.one(name)
        self._forget(name)
