"""The figures of combos as operators see them, made of what is counted while requests go by."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime

from omniroute.gateway.snapshot import Snapshot
from omniroute.gateway.traffic import Load, Scope, Traffic
from omniroute.kit.clock import Clock
from omniroute.services.combo_metrics import ComboMetrics, TargetMetrics
from omniroute.services.combos import Combo, member_key
from omniroute.services.moments import moment


class Measures:
    """Reads and resets the figures of all combos."""

    def __init__(self, traffic: Traffic, snapshot: Callable[[], Snapshot], clock: Clock) -> None:
        self._traffic = traffic
        self._snapshot = snapshot
        self._clock = clock

    def read(self) -> Mapping[str, ComboMetrics]:
        """Return every combo's figures, by name."""
        return {name: self._of_combo(combo) for name, combo in self._snapshot().combos.items()}

    def forget(self, name: str | None) -> None:
        """Begin to count anew, for one combo or for all."""
        for combo in self._snapshot().combos.values():
            if name in {None, combo.name}:
                self._traffic.combo(combo.id).reset()

    def _of_combo(self, combo: Combo) -> ComboMetrics:
        scope: Scope = self._traffic.combo(combo.id)
        return ComboMetrics(
            strategy=combo.strategy,
            total_requests=scope.requests,
            total_successes=scope.successes,
            total_failures=scope.requests - scope.successes,
            total_fallbacks=scope.fallbacks,
            total_latency_ms=_ms(scope.total_s),
            avg_latency_ms=_ms(scope.total_s / max(scope.requests, 1)),
            success_rate=_percent(scope.successes, scope.requests),
            fallback_rate=_percent(scope.fallbacks, scope.requests),
            last_used_at=self._moment(scope.used_at),
            by_model={key: self._of_target(scope.load(key)) for key in map(member_key, combo.targets)},
        )

    def _of_target(self, load: Load) -> TargetMetrics:
        ended = load.successes + load.failures
        return TargetMetrics(
            requests=load.requests,
            successes=load.successes,
            failures=load.failures,
            in_flight=load.in_flight,
            total_latency_ms=_ms(load.latency_sum_s),
            avg_latency_ms=_ms(load.latency_sum_s / max(ended, 1)),
            success_rate=_percent(load.successes, ended),
            last_status=load.last_status,
            last_used_at=self._moment(load.used_at),
        )

    def _moment(self, at: float | None) -> datetime | None:
        """Turn a time of the running process into one of the calendar."""
        if at is None:
            return None
        return moment(self._clock.now_ms() - int((time.perf_counter() - at) * 1000))


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0
