"""Applies policies to a request that was read and not resolved yet: refuse it, send it elsewhere, cap its answer."""

import dataclasses
from collections.abc import Collection
from datetime import UTC, datetime

from omniroute.formats.edits.tokens import capped
from omniroute.gateway.attempt import hub_request
from omniroute.gateway.books import Spend
from omniroute.gateway.call import Call
from omniroute.gateway.facts import facts_for, facts_of
from omniroute.gateway.limiter import Limiter
from omniroute.gateway.resolve import Resolver
from omniroute.gateway.snapshot import Snapshot
from omniroute.kit.errors import Forbidden, OmniError
from omniroute.routing.policies import Decision, Period, Tokens, decide
from omniroute.services.policy_counts import PolicyCounts


class Policing:
    """Asks the rules of a snapshot."""

    def __init__(self, *, resolver: Resolver, spend: Spend, counts: PolicyCounts) -> None:
        self._resolver = resolver
        self._spend = spend
        self._counts = counts
        self._limiter = Limiter()

    def apply(self, call: Call, snapshot: Snapshot) -> None:
        """Do what the rules say; raise Forbidden when one denies, TooMany when one's limit is reached."""
        decision = self.steer(call, snapshot)
        if decision is None:
            return
        if decision.max_tokens is not None and call.operation is None:
            _cap(call, decision.max_tokens)
        self._limit(call, decision)

    def steer(self, call: Call, snapshot: Snapshot) -> Decision | None:
        """Do what the rules say of where a request may go, and nothing else; raise Forbidden when one denies.

        This is all that there is to do for a count of tokens: it is answered with nothing that could be capped, and
        takes no place under a limit. None where no rule matches.
        """
        facts = _CallFacts(call, snapshot, self._resolver, self._spend)
        decision = decide(snapshot.policies, facts, call.model)
        if not decision.matches:
            return None
        self._counts.take(decision.matches, call.started_ms)
        call.policies = tuple(match.rule.name for match in decision.matches if match.acted)
        if decision.refusal is not None:
            raise Forbidden(decision.refusal.message, code=decision.refusal.code)
        if decision.model != call.model:
            call.routed = decision.model
        return decision

    def _limit(self, call: Call, decision: Decision) -> None:
        for rule, limits in decision.limits:
            self._limiter.take(call, rule, limits)
            if limits.timeout_ms is not None:
                call.hurry(limits.timeout_ms, None)

    def release(self, call: Call) -> None:
        """Give back what the request held of a limit."""
        self._limiter.release(call)


def providers_of(resolver: Resolver, snapshot: Snapshot, model: str) -> frozenset[str]:
    """Return the providers that a name leads to; none when it leads nowhere."""
    try:
        plan = resolver.plan(snapshot, model)
    except OmniError:
        return frozenset()
    return frozenset(route.target.provider for route in plan.routes)


def _cap(call: Call, most: int) -> None:
    """Lower the limit in the client's own body, and in what was read of it already."""
    call.body = capped(call.codec.format, call.body, most, call.routed or call.model)
    if call.request is not None:
        sampling = call.request.sampling
        lowered = most if sampling.max_tokens is None else min(sampling.max_tokens, most)
        call.request = dataclasses.replace(
            call.request, sampling=dataclasses.replace(sampling, max_tokens=lowered), extras=_bounded(call)
        )


def _bounded(call: Call) -> dict[str, object]:
    """Ollama's negative num_predict, no limit at all, is kept as an extra: it must not stand beside the cap."""
    request = call.request
    extras = dict(request.extras) if request is not None else {}
    options = extras.get("options")
    if isinstance(options, dict) and "num_predict" in options:
        extras["options"] = {name: value for name, value in options.items() if name != "num_predict"}
    return extras


class _CallFacts:
    """What the rules may ask of a call."""

    __slots__ = ("_call", "_resolver", "_snapshot", "_spend")

    def __init__(self, call: Call, snapshot: Snapshot, resolver: Resolver, spend: Spend) -> None:
        self._call = call
        self._snapshot = snapshot
        self._resolver = resolver
        self._spend = spend

    @property
    def key_id(self) -> str | None:
        key = self._call.origin.key
        return None if key is None else key.id

    @property
    def format(self) -> str:
        return self._call.codec.format.value

    @property
    def address(self) -> str | None:
        return self._call.origin.address

    @property
    def tags(self) -> Collection[str]:
        return self._call.tags

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self._call.started_ms / 1000, UTC)

    def header(self, name: str) -> str | None:
        value = self._call.headers.get(name.encode("ascii"))
        return None if value is None else value.decode("latin-1")

    def tokens(self) -> Tokens:
        facts = facts_of(hub_request(self._call)) if self._call.operation is None else facts_for(self._call)
        return Tokens(input=facts.input_tokens, output=facts.output_tokens)

    def providers(self, model: str) -> frozenset[str]:
        return providers_of(self._resolver, self._snapshot, model)

    def spent_usd(self, period: Period) -> float:
        return self._spend.spent_usd(self.key_id, period)
