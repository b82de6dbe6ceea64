"""Live feeds of what an operator should look at: targets that are left alone, and budgets that run out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from omniroute.kit.events import BudgetWarning
from omniroute.routing.ledger import Unit
from omniroute.routing.periods import Period
from omniroute.services.breakers import BreakerState
from omniroute.services.live_picture import Picture, usd
from omniroute.services.live_values import BudgetAlert, BudgetNews, ConnectionState, HealthNews
from omniroute.services.moments import moment
from omniroute.state.ledger import Standing

ReadStates = Callable[[], Sequence[ConnectionState]]
ReadBreakers = Callable[[], Sequence[BreakerState]]
ReadBudgets = Callable[[], Sequence[Standing]]

# Ends of rests are reckoned anew at each look, from a clock that ticks finer.
_SAME = timedelta(milliseconds=50)
_States = Mapping[tuple[str, str | None], ConnectionState]
_Breakers = Mapping[str, BreakerState]


class HealthSource:
    """Connections that are left alone, or come back, and breakers that turn."""

    is_delta = True

    def __init__(self, picture: Picture, read: ReadStates, breakers: ReadBreakers) -> None:
        self._picture = picture
        self._read = read
        self._breakers = breakers
        self._last = self._now()

    def note(self, picture: Picture) -> None:
        """Nothing to collect: what differs is found by looking."""

    def snapshot(self) -> HealthNews:
        """Return all connections, and all breakers that something is held by."""
        states, breakers = self._now()
        return self._told(states.values(), breakers.values(), snapshot=True)

    def news(self) -> HealthNews | None:
        """Return those that changed."""
        (old_states, old_breakers), (states, breakers) = self._last, self._now()
        self._last = states, breakers
        changed = [one for key, one in states.items() if _has_changed(old_states.get(key), one)]
        turned = [one for name, one in breakers.items() if _has_turned(old_breakers.get(name), one)]
        gone = [one for key, one in old_states.items() if key not in states]
        forgotten = [name for name in old_breakers if name not in breakers]
        if not (changed or turned or gone or forgotten):
            return None
        return self._told(changed, turned, snapshot=False, gone=gone, forgotten=forgotten)

    def weight(self, value: HealthNews) -> int:
        """Count the connections and breakers."""
        return len(value.connections) + len(value.gone) + len(value.breakers) + len(value.forgotten)

    def _now(self) -> tuple[_States, _Breakers]:
        states = {(one.connection_id, one.model): one for one in self._read()}
        return states, {one.name: one for one in self._breakers()}

    def _told(
        self,
        states: Iterable[ConnectionState],
        breakers: Iterable[BreakerState],
        *,
        snapshot: bool,
        gone: Iterable[ConnectionState] = (),
        forgotten: Iterable[str] = (),
    ) -> HealthNews:
        return HealthNews(
            snapshot=snapshot,
            at=moment(self._picture.clock.now_ms()),
            in_flight=len(self._picture.open),
            connections=tuple(states),
            gone=tuple(gone),
            breakers=tuple(breakers),
            forgotten=tuple(forgotten),
        )


def _has_changed(old: ConnectionState | None, new: ConnectionState) -> bool:
    if old is None or old.until is None or new.until is None:
        return old != new
    same = (old.name, old.status, old.reason) == (new.name, new.status, new.reason)
    return not same or abs(new.until - old.until) > _SAME


def _has_turned(old: BreakerState | None, new: BreakerState) -> bool:
    """Whether a breaker stands otherwise than before; that its rest grows shorter is no news."""
    return old is None or _stance(old) != _stance(new) or abs(new.since - old.since) > _SAME


def _stance(one: BreakerState) -> tuple[object, ...]:
    return one.state, one.cooling, one.failure_count, one.reason, one.message, one.connection


class BudgetSource:
    """Budgets that reach a threshold."""

    is_delta = False

    def __init__(self, _picture: Picture, look: ReadBudgets) -> None:
        self._look = look
        self._waiting: list[BudgetAlert] = []

    def note(self, picture: Picture) -> None:
        """Collect what is new."""
        self._waiting += map(_warned, picture.new_warnings)

    def snapshot(self) -> BudgetNews:
        """Return the budgets that stand above a threshold now, each by the highest."""
        return BudgetNews(snapshot=True, alerts=tuple(alert for one in self._look() if (alert := _standing(one))))

    def news(self) -> BudgetNews | None:
        """Return what was collected."""
        if not self._waiting:
            return None
        told, self._waiting = tuple(self._waiting), []
        return BudgetNews(snapshot=False, alerts=told)

    def weight(self, value: BudgetNews) -> int:
        """Count the alerts."""
        return len(value.alerts)


def _warned(event: BudgetWarning) -> BudgetAlert:
    unit = Unit(event.unit)
    return BudgetAlert(
        key_id=event.key_id,
        period=Period(event.period),
        unit=unit,
        threshold=event.threshold,
        spent=_amount(event.spent, unit),
        limit=_amount(event.limit, unit),
        resets_at=moment(event.resets_at_ms),
    )


def _standing(standing: Standing) -> BudgetAlert | None:
    budget = standing.budget
    reached = [one for one in budget.thresholds if one * budget.limit <= standing.spent * 100]
    if not reached:
        return None
    return BudgetAlert(
        key_id=budget.key_id or None,
        period=budget.period,
        unit=budget.unit,
        threshold=max(reached),
        spent=_amount(standing.spent, budget.unit),
        limit=_amount(budget.limit, budget.unit),
        resets_at=moment(standing.resets_at),
    )


def _amount(value: int, unit: Unit) -> Decimal:
    return usd(value) if unit is Unit.USD else Decimal(value)
