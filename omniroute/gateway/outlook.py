"""What the data plane knows of its targets, as operators see it: breakers, models that can answer, learned limits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from omniroute.gateway.cooling import Cooling
from omniroute.gateway.learned import Learned
from omniroute.gateway.resolve import Resolver
from omniroute.gateway.snapshot import Account, Snapshot, Target
from omniroute.gateway.traffic import Traffic
from omniroute.kit.clock import Clock
from omniroute.kit.errors import NotFound
from omniroute.routing.breaker import BreakerScope, Grip, Phase, Standing, Verdict, phase, scopes_of, verdict
from omniroute.services.availability import (
    Availability,
    AvailableModel,
    ModelCheck,
    TargetState,
    UnavailableModel,
)
from omniroute.services.breakers import BreakerState, ResetDraft
from omniroute.services.moments import moment, moment_or_none
from omniroute.services.rate_limits import AccountLimits, LearnedLimit, Lockout

_STATES = {Phase.CLOSED: "CLOSED", Phase.COOLING: "CLOSED", Phase.OPEN: "OPEN", Phase.HALF_OPEN: "HALF_OPEN"}
_WORDS = {Verdict.FREE: "ready", Verdict.PROBE: "probing", Verdict.LAST: "cooling", Verdict.REFUSED: "locked"}
_ORDER = tuple(Verdict)


class Outlook:
    """Reads the state of everything, and resets what is held against anybody."""

    def __init__(
        self,
        *,
        cooling: Cooling,
        traffic: Traffic,
        learned: Learned,
        resolver: Resolver,
        snapshot: Callable[[], Snapshot],
        clock: Clock,
    ) -> None:
        self._cooling = cooling
        self._traffic = traffic
        self._learned = learned
        self._resolver = resolver
        self._snapshot = snapshot
        self._clock = clock

    def _look(self) -> "_Look":
        return _Look(now=self._clock.monotonic(), wall_ms=self._clock.now_ms(), held=self._cooling.all())

    def _accounts(self) -> dict[str, Account]:
        groups = self._snapshot().accounts.values()
        return {account.connection_id: account for group in groups for account in group}

    # ── breakers ────────────────────────────────────────────────────────────────────────────────────────────────

    def breakers(self) -> list[BreakerState]:
        """Return everything that is held against anybody, the latest first."""
        look, accounts = self._look(), self._accounts()
        held = sorted(look.held.items(), key=lambda one: one[1].since, reverse=True)
        return [_breaker(scope, standing, accounts.get(scope.connection_id), look) for scope, standing in held]

    def reset(self, wanted: ResetDraft) -> int:
        """Forget what fits; return how much that was."""
        accounts, held = self._accounts(), list(self._cooling.all())
        provider, connection_id = wanted.provider, wanted.connection_id
        if provider is not None and provider not in self._snapshot().prefixes:
            raise NotFound(f"There is no provider {provider!r}.", param="provider")
        known = {scope.connection_id for scope in held} | accounts.keys()
        if connection_id is not None and connection_id not in known:
            raise NotFound(f"There is no active connection {connection_id!r}.", param="connectionId")
        return self._cooling.reset([scope for scope in held if _fits(scope, wanted, accounts)])

    # ── models ──────────────────────────────────────────────────────────────────────────────────────────────────

    def availability(self) -> Availability:
        """Return the state of every listed model, and of those beyond that are locked."""
        look = self._look()
        unavailable: list[UnavailableModel] = []
        available: list[AvailableModel] = []
        for (provider, model), spots in self._models(look).items():
            states = [spot.state(look) for spot in spots]
            free = sum(state.available for state in states)
            if free:
                resting = len(states) - free
                available.append(
                    AvailableModel(provider=provider, model=model, connections=len(states), resting=resting)
                )
            else:
                unavailable.append(_unavailable(spots, states, look))
        return Availability(unavailable_count=len(unavailable), models=tuple(unavailable), available=tuple(available))

    def _models(self, look: "_Look") -> "dict[tuple[str, str], list[_Spot]]":
        """Return where each model is, by provider and model."""
        accounts = self._accounts()
        places = {(account.connection_id, model): None for account in accounts.values() for model in account.models}
        places |= {(scope.connection_id, scope.model): None for scope in look.held if scope.model}
        found: dict[tuple[str, str], list[_Spot]] = {}
        for connection_id, model in places:
            account = accounts.get(connection_id)
            if account is not None:
                spot = _Spot(
                    provider=account.provider, connection_id=connection_id, connection=account.name, model=model
                )
                found.setdefault((account.provider, model), []).append(spot)
        return found

    def check(self, model: str) -> ModelCheck:
        """Return one name's state; raise NotFound or Invalid when it means nothing."""
        look = self._look()
        plan = self._resolver.plan(self._snapshot(), model)
        targets = {route.id: route.target for route in plan.routes}.values()
        states = tuple(_spot(target).state(look) for target in targets)
        available = any(state.available for state in states)
        return ModelCheck(
            model=model,
            available=available,
            resolved=plan.reason,
            remaining_ms=0 if available else min(state.remaining_ms for state in states),
            targets=states,
        )

    # ── limits ──────────────────────────────────────────────────────────────────────────────────────────────────

    def accounts(self) -> list[AccountLimits]:
        """Return the state of every account's limits."""
        look = self._look()
        return [self._account(account, look) for account in self._accounts().values()]

    def _account(self, account: Account, look: "_Look") -> AccountLimits:
        lesson = self._learned.of(account.connection_id)
        standing = look.held.get(BreakerScope(connection_id=account.connection_id))
        rests = standing is not None and standing.is_resting(look.now)
        allowances = () if lesson is None else lesson.allowances
        used_up = any(one.remaining == 0 and (one.reset_at or 0) > look.wall_ms for one in allowances)
        return AccountLimits(
            connection_id=account.connection_id,
            provider=account.provider,
            name=account.name,
            enabled=True,
            active=rests or used_up,
            queued=0,
            running=self._traffic.account(account.connection_id).in_flight,
            max_concurrent=account.max_concurrent,
            limits=tuple(
                LearnedLimit(
                    name=one.name,
                    limit=one.limit,
                    used=None if one.limit is None or one.remaining is None else max(one.limit - one.remaining, 0),
                    remaining=one.remaining,
                    reset_at=moment_or_none(one.reset_at),
                )
                for one in allowances
            ),
            learned_at=moment_or_none(None if lesson is None else lesson.at),
            retry_at=moment_or_none(None if lesson is None else lesson.retry_at),
            cooldown_until=moment(look.wall(standing.until)) if standing is not None and rests else None,
            reason=standing.reason if standing is not None and rests else None,
        )

    def lockouts(self) -> list[Lockout]:
        """Return the connections, and models on them, that are left alone for now."""
        look, accounts = self._look(), self._accounts()
        return [
            Lockout(
                provider=accounts[scope.connection_id].provider,
                connection_id=scope.connection_id,
                model=scope.model or None,
                reason=standing.reason,
                remaining_ms=int(standing.left(look.now) * 1000),
            )
            for scope, standing in look.held.items()
            if scope.connection_id in accounts and standing.is_resting(look.now)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One moment, on both clocks, and what is held against whom."""

    now: float
    wall_ms: int
    held: Mapping[BreakerScope, Standing]

    def wall(self, at: float) -> int:
        return self.wall_ms + int((at - self.now) * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """One model on one connection."""

    provider: str
    connection_id: str
    connection: str
    model: str

    def standings(self, look: _Look) -> list[Standing]:
        scopes = scopes_of(self.provider, self.connection_id, self.model)
        return [look.held[scope] for scope in scopes if scope in look.held]

    def state(self, look: _Look) -> TargetState:
        """Say whether it may be tried now; the last resort counts as available."""
        standings = self.standings(look)
        found = max((verdict(one, look.now) for one in standings), key=_ORDER.index, default=Verdict.FREE)
        holds = found in {Verdict.LAST, Verdict.REFUSED}
        worst = [one for one in standings if holds and verdict(one, look.now) is found]
        longest = max(worst, key=lambda one: one.left(look.now), default=None)
        return TargetState(
            provider=self.provider,
            connection_id=self.connection_id,
            connection=self.connection,
            model=self.model,
            available=found is not Verdict.REFUSED,
            state=_WORDS[found],
            reason=None if longest is None else longest.reason,
            message=None if longest is None else longest.message,
            remaining_ms=0 if longest is None else int(longest.left(look.now) * 1000),
        )


def _spot(target: Target) -> _Spot:
    return _Spot(
        provider=target.provider,
        connection_id=target.connection_id,
        connection=target.connection_name,
        model=target.model,
    )


def _unavailable(spots: Sequence[_Spot], states: Sequence[TargetState], look: _Look) -> UnavailableModel:
    first = min(states, key=lambda state: state.remaining_ms)
    since = min(standing.first_at for spot in spots for standing in spot.standings(look))
    return UnavailableModel(
        provider=first.provider,
        model=first.model,
        reason=first.reason or first.state,
        remaining_ms=first.remaining_ms,
        unavailable_since=moment(look.wall(since)),
    )


def name_of(scope: BreakerScope) -> str:
    """Name a scope as operators do: provider:openai, connection:conn_1, connection:conn_1/gpt-5."""
    if scope.provider:
        return f"provider:{scope.provider}"
    return f"connection:{scope.connection_id}" + (f"/{scope.model}" if scope.model else "")


def _breaker(scope: BreakerScope, standing: Standing, account: Account | None, look: _Look) -> BreakerState:
    rests = standing.is_resting(look.now) and standing.grip is not Grip.COUNTED
    return BreakerState(
        name=name_of(scope),
        state=_STATES[phase(standing, look.now)],
        failure_count=standing.failures,
        last_failure_time=moment(look.wall(standing.since)),
        provider=scope.provider or (None if account is None else account.provider),
        connection_id=scope.connection_id or None,
        connection=None if account is None else account.name,
        model=scope.model or None,
        cooling=rests,
        reason=standing.reason,
        message=standing.message,
        since=moment(look.wall(standing.first_at)),
        until=moment(look.wall(standing.until)) if rests else None,
        remaining_ms=int(standing.left(look.now) * 1000),
    )


def _fits(scope: BreakerScope, wanted: ResetDraft, accounts: dict[str, Account]) -> bool:
    account = accounts.get(scope.connection_id)
    provider = scope.provider or ("" if account is None else account.provider)
    return (
        (wanted.name is None or wanted.name == name_of(scope))
        and (wanted.provider is None or wanted.provider == provider)
        and (wanted.connection_id is None or wanted.connection_id == scope.connection_id)
        and (wanted.model is None or wanted.model == scope.model)
    )
