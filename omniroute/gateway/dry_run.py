"""Where a request would go now, and why: the real chooser looks at the real state, and changes nothing.

No turn is taken, no conversation kept on, no try counted. Where chance decides, one draw is shown: the next request
may draw another.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from omniroute.formats.hub import Request, Usage
from omniroute.formats.table import CODECS
from omniroute.formats.translate import encode_request
from omniroute.gateway.choosing import Chooser
from omniroute.gateway.decision import SCORES, Ask, Look, headline, shown_score, why_not
from omniroute.gateway.facts import facts_of
from omniroute.gateway.resolve import Resolver
from omniroute.gateway.session import session_in
from omniroute.gateway.snapshot import Option, Plan, Route, Snapshot
from omniroute.services.explain import Candidate, DryRun, DryRunDraft
from omniroute.upstream.prices import cost_nano

MOST_SHOWN = 200
_Score = tuple[float | None, str | None]


class DryRuns:
    """Makes them."""

    def __init__(self, resolver: Resolver, chooser: Chooser, snapshot: Callable[[], Snapshot]) -> None:
        self._resolver = resolver
        self._chooser = chooser
        self._snapshot = snapshot

    def __call__(self, draft: DryRunDraft) -> DryRun:
        """Say where a request would go; raise what the gateway would answer when it would go nowhere."""
        plan = self._resolver.plan(self._snapshot(), draft.model)
        request = _request(draft)
        name = draft.session or (session_in(draft.format, draft.body) if draft.body else None)
        session = None if name is None else (draft.key, name, draft.model)
        ask = Ask(facts=facts_of(request), session=session, is_dry=True)
        routes = list(self._chooser.routes(plan, ask))
        shown = _Shown(plan, ask, request)
        candidates = [*shown.tried(routes), *shown.passed_over({route.id for route in routes})]
        first = routes[0].id if routes else None
        assert ask.facts is not None  # noqa: S101 - set above
        return DryRun(
            model=draft.model,
            combo=None if plan.combo is None else plan.combo.name,
            strategy=plan.choice.strategy,
            resolved=plan.reason,
            decision=headline(plan, ask, first, 1) if routes else "every target asked to be left alone for now",
            input_tokens=ask.facts.input_tokens,
            output_tokens=ask.facts.output_tokens,
            chosen=candidates[0] if routes else None,
            candidates=tuple(candidates[:MOST_SHOWN]),
            candidate_count=len(candidates),
        )


def _request(draft: DryRunDraft) -> Request:
    if draft.body is None:
        return Request(model=draft.model, stream=draft.stream)
    decoded = CODECS[draft.format].decode_request({"model": draft.model, **draft.body})
    return replace(decoded, model=draft.model, stream=draft.stream or decoded.stream)


class _Shown:
    """Spells the candidates of one dry run."""

    def __init__(self, plan: Plan, ask: Ask, request: Request) -> None:
        self._plan = plan
        self._ask = ask
        self._request = request
        self._scores: dict[tuple[str, str], _Score] = {}
        self._cooling: dict[tuple[str, str], str] = {}
        self._windows = {option.routes[0].id: option.window for option in _leaves(plan.choice.options)}
        self._losses: dict[str, tuple[str, ...]] = {}
        for look in ask.looks:
            self._note(look)

    def _note(self, look: Look) -> None:
        """Take over what a look at a group found; the outermost group's scores count."""
        unit = SCORES.get(look.choice.strategy)
        for place, option in enumerate(look.options):
            score = None if look.scores is None else shown_score(look, look.scores[place])
            for route in option.routes:
                self._scores.setdefault(route.id, (score, unit if score is not None else None))
        cooling = {id(option) for option in look.cooling}
        for option, why in why_not(look):
            if id(option) in cooling:
                self._cooling.update((route.id, why) for route in option.routes)

    def tried(self, routes: list[Route]) -> Iterator[Candidate]:
        """Give what would be tried, in order."""
        for position, route in enumerate(routes, 1):
            why = self._cooling.get(route.id)
            state = "chosen" if position == 1 else "next" if why is None else "cooling"
            yield self._candidate(route, position, state, why)

    def passed_over(self, tried: set[tuple[str, str]]) -> Iterator[Candidate]:
        """Give what would not be tried at all."""
        reasons = {
            route.id: why for look in self._ask.looks for option, why in why_not(look) for route in option.routes
        }
        for route in self._plan.by_id.values():
            if route.id not in tried:
                why = reasons.get(route.id, "it asked to be left alone for now")
                yield self._candidate(route, None, "skipped", why)

    def _candidate(self, route: Route, position: int | None, state: str, reason: str | None) -> Candidate:
        target, facts = route.target, self._ask.facts
        assert facts is not None  # noqa: S101 - a dry run has them
        score, unit = self._scores.get(route.id, (None, None))
        usage = Usage(input=facts.input_tokens, output=facts.output_tokens)
        return Candidate(
            position=position,
            state=state,
            reason=reason,
            provider=target.provider,
            connection_id=target.connection_id,
            connection=target.connection_name,
            model=target.model,
            format=target.format,
            score=score,
            score_unit=unit,
            estimated_cost_usd=None if target.rate is None else cost_nano(target.rate, usage) / 1e9,
            context_window=self._windows.get(route.id),
            losses=self._lost(route),
        )

    def _lost(self, route: Route) -> tuple[str, ...]:
        """Return what the request would lose in the target's format; nothing where it is passed through."""
        form = route.target.format
        if not self._request.messages or self._request.origin == form.value:
            return ()
        if form.value not in self._losses:
            losses = encode_request(self._request, CODECS[form]).losses
            self._losses[form.value] = tuple(f"{loss.path}: {loss.reason}" for loss in losses)
        return self._losses[form.value]


def _leaves(options: tuple[Option, ...]) -> Iterator[Option]:
    for option in options:
        if option.inner is None:
            yield option
        else:
            yield from _leaves(option.inner.options)
