"""From a model name to a plan: where it may go, and how that is chosen.

`prefix/model` (split at the first slash) names a provider, by its id, its alias or a custom node's prefix; any model
name is accepted behind it. Then come combos, aliases, and plain names, which go to every connection whose provider
lists them. A combo's targets are resolved in the same way, so that its plan is a tree of groups.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from omniroute.formats.hub import Format
from omniroute.gateway.choosing import flat_price
from omniroute.gateway.snapshot import (
    MAX_PLANS,
    Account,
    Choice,
    Option,
    Plan,
    Route,
    Snapshot,
    Target,
    is_hidden,
    parse_url,
)
from omniroute.gateway.traffic import Load, Scope, Traffic
from omniroute.kit.errors import Invalid, NotFound, OmniError
from omniroute.routing.conditions import Condition
from omniroute.routing.names import MAX_ALIASES, MAX_COMBOS
from omniroute.routing.profiles import RequestLimits
from omniroute.routing.strategies import Strategy
from omniroute.services.combos import Combo, ComboTarget, member_key
from omniroute.services.proxies import KnownProxies
from omniroute.upstream.catalogue import endpoint_url
from omniroute.upstream.client import Endpoint
from omniroute.upstream.endpoints import Purpose
from omniroute.upstream.offers import KINDS, Offer, offer_of
from omniroute.upstream.prices import PriceBook
from omniroute.upstream.rates import Rate

MAX_NAME = 256
# Combos in combos multiply; more ways than this would fill the memory, and nobody tries that many.
MAX_ROUTES = 4096

# Strategies that look at the request itself.
_CURIOUS = frozenset({Strategy.COST_OPTIMIZED, Strategy.CONTEXT_OPTIMIZED})


class Resolver:
    """Makes plans and remembers them on the snapshot they belong to."""

    def __init__(self, prices: PriceBook, traffic: Traffic) -> None:
        self._prices = prices
        self._traffic = traffic

    def plan(self, snapshot: Snapshot, model: str) -> Plan:
        """Return the plan for `model`; raise NotFound or Invalid, in words that help."""
        return snapshot.plans.get(model) or self._kept(snapshot, model, model, Purpose.CHAT)

    def plan_for(self, snapshot: Snapshot, model: str, purpose: Purpose) -> Plan:
        """Return the plan for something that is no chat."""
        key = (purpose, model)
        return snapshot.plans.get(key) or self._kept(snapshot, key, model, purpose)

    def _kept(self, snapshot: Snapshot, key: str | tuple[Purpose, str], model: str, purpose: Purpose) -> Plan:
        plan = self.plan_over(snapshot, model, None, purpose)
        if len(snapshot.plans) >= MAX_PLANS:
            snapshot.plans.clear()
        snapshot.plans[key] = plan
        return plan

    def plan_over(
        self, snapshot: Snapshot, model: str, connection_id: str | None, purpose: Purpose = Purpose.CHAT
    ) -> Plan:
        """Return a plan that uses one connection only, when one is named; it is not remembered."""
        if len(model) > MAX_NAME or not model.isprintable() or ".." in model.split("/"):
            raise Invalid("the model's name is not one: too long, or with control characters", param="model")
        growth = _Growth(snapshot, self._prices, self._traffic, purpose)
        choice = growth.grow(model, _Place(connection_id=connection_id))
        routes = choice.routes
        return Plan(
            requested=model,
            choice=choice,
            routes=routes,
            reason="; ".join(growth.reasons),
            by_id={route.id: route for route in reversed(routes)},
            combo=growth.combo,
            asks_facts=_asks_facts(choice),
            is_single=len(routes) == 1 and growth.combo is None,
            limits=_limits(snapshot.patience.requests, growth.combo),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where in the tree something grows: which names led here, through which groups, under which conditions."""

    way: tuple[str, ...] = ()
    aliases: int = 0
    combos: int = 0
    through: tuple[str, ...] = ()  # the ids of the combos passed, the outermost first
    steps: tuple[tuple[Scope, Load], ...] = ()
    conditions: tuple[Condition, ...] = ()
    connection_id: str | None = None


class _Growth:
    """Grows one plan's tree. `reasons` say how the name came to mean it; `combo` is the outermost one."""

    def __init__(self, snapshot: Snapshot, prices: PriceBook, traffic: Traffic, purpose: Purpose) -> None:
        self._snapshot = snapshot
        self._purpose = purpose
        self._prices = prices
        self._traffic = traffic
        self._routes = 0
        self.reasons: list[str] = []
        self.combo: Combo | None = None

    def grow(self, name: str, place: _Place) -> Choice:
        """Return what a name means."""
        names = self._snapshot.known
        is_circle = name in place.way
        place = replace(place, way=(*place.way, name))
        if is_circle:
            raise _tangled(place, "that is a circle")
        if names.has_prefix(name):
            return self._of_provider(name, place)
        combo = self._snapshot.combos.get(name)
        if combo is not None:
            return self._of_combo(combo, place)
        rule = names.alias(name)
        if rule is None:
            return self._of_plain(name, place)
        if place.aliases >= MAX_ALIASES:
            raise _tangled(place, f"an alias may lead over {MAX_ALIASES} aliases at most")
        self.reasons.append(f"the alias {rule.pattern!r} means {rule.target!r}")
        return self.grow(rule.target, replace(place, aliases=place.aliases + 1))

    def _of_provider(self, name: str, place: _Place) -> Choice:
        prefix, _, model = name.partition("/")
        accounts = self._snapshot.accounts.get(self._snapshot.prefixes[prefix], ())
        if not accounts and self._snapshot.prefixes[prefix] in self._snapshot.balance.blocked_providers:
            raise Invalid(
                f"the provider {prefix!r} is blocked: take it out of blockedProviders at /api/settings",
                param="model",
                code="provider_blocked",
            )
        if not accounts:
            raise Invalid(
                f"no active connection for provider {prefix!r}: add one, with its key, at /api/providers",
                param="model",
                code="provider_not_connected",
            )
        if len(place.way) == 1 and is_hidden(self._snapshot, f"{accounts[0].provider}/{model}"):
            raise NotFound(f"The model {name!r} does not exist.", param="model", code="model_not_found")
        self.reasons.append(f"{prefix!r} names the provider")
        return self._of_accounts(model, accounts, place)

    def _of_plain(self, name: str, place: _Place) -> Choice:
        accounts = listing(self._snapshot, name, self._purpose)
        if self._snapshot.hidden and len(place.way) == 1:
            accounts = [one for one in accounts if not is_hidden(self._snapshot, f"{one.provider}/{name}")]
        if not accounts:
            raise NotFound(_unknown(self._snapshot, name), param="model", code="model_not_found")
        self.reasons.append(f"{len(accounts)} connection(s) list {name!r}")
        return self._of_accounts(name, accounts, place)

    def _of_accounts(self, model: str, accounts: Sequence[Account], place: _Place) -> Choice:
        """Return the choice among accounts that have one model."""
        wanted = place.connection_id
        if wanted is not None:
            accounts = [account for account in accounts if account.connection_id == wanted]
        if not accounts:
            raise Invalid(
                f"the connection {wanted!r} is not active, or not one of {model!r}",
                param="model",
                code="connection_not_active",
            )
        balance = self._snapshot.balance
        scope = self._traffic.providers(tuple(sorted({account.provider_id for account in accounts})))
        return Choice(
            strategy=balance.fallback_strategy,
            sticky=balance.sticky_round_robin_limit,
            scope=scope,
            options=tuple(self._account(account, model, scope, place) for account in accounts),
        )

    def _account(self, account: Account, model: str, scope: Scope, place: _Place) -> Option:
        self._routes += 1
        if self._routes > MAX_ROUTES:
            raise _tangled(place, f"it leads to more than {MAX_ROUTES} targets: take some combos out of others")
        load = self._traffic.account(account.connection_id)
        route = Route(
            target=self._target(account, model, place),
            id=(account.connection_id, model),
            steps=(*place.steps, (scope, load)),
            conditions=place.conditions,
            bounds=self._snapshot.terms.on_route(
                account.connection_id, account.max_concurrent, f"{account.provider}/{model}"
            ),
        )
        rates = _rates((route,))
        return Option(
            load=load,
            routes=(route,),
            weight=account.weight,
            capacity=account.max_concurrent,
            window=self._prices.window(account.provider_id, model),
            rates=rates,
            flat=flat_price(rates),
        )

    def _of_combo(self, combo: Combo, place: _Place) -> Choice:
        """Return a combo's choice among its targets; those that lead nowhere now are left out."""
        if not combo.is_active:
            raise Invalid(
                f"the combo {combo.name!r} is switched off: switch it on at /api/combos/{combo.id}",
                param="model",
                code="combo_inactive",
            )
        if place.combos >= MAX_COMBOS:
            raise _tangled(place, f"combos may stand in one another {MAX_COMBOS} deep at most")
        self.combo = self.combo or combo
        self.reasons.append(f"the combo {combo.name!r} chooses by {combo.strategy.value}")
        scope = self._traffic.combo(combo.id)
        inner_place = replace(place, combos=place.combos + 1, through=(*place.through, combo.id))
        options: list[Option] = []
        faults: list[str] = []
        for target in sorted(combo.targets, key=lambda one: one.priority):
            try:
                options.append(self._member(target, scope, inner_place))
            except OmniError as error:
                faults.append(f"{target.model}: {error.message}")
        self.reasons += (f"left out {fault}" for fault in faults)
        if not options:
            raise Invalid(
                f"no target of the combo {combo.name!r} can be used: {'; '.join(faults)}",
                param="model",
                code="combo_without_targets",
            )
        return Choice(strategy=combo.strategy, sticky=combo.config.sticky_limit, scope=scope, options=tuple(options))

    def _member(self, target: ComboTarget, scope: Scope, place: _Place) -> Option:
        load = scope.load(member_key(target))
        own = () if target.condition is None else (target.condition,)
        inner = self.grow(
            target.model,
            replace(
                place,
                steps=(*place.steps, (scope, load)),
                conditions=(*place.conditions, *own),
                connection_id=place.connection_id or target.connection,
            ),
        )
        routes = inner.routes
        rates = _rates(routes)
        return Option(
            load=load,
            routes=routes,
            inner=None if _is_bare(inner) else inner,
            weight=target.weight,
            window=target.context_window or _window(inner),
            condition=target.condition,
            rates=rates,
            flat=flat_price(rates),
        )

    def _target(self, account: Account, model: str, place: _Place) -> Target:
        proxies, purpose = self._snapshot.proxies, self._purpose
        whole = endpoint_of(account, purpose, model, proxies, place.through)
        stream = whole
        if purpose is Purpose.CHAT:
            stream = endpoint_of(account, purpose, model, proxies, place.through, stream=True)
        return Target(
            provider=account.provider,
            connection_id=account.connection_id,
            connection_name=account.name,
            model=model,
            format=account.format,
            whole=whole,
            stream=stream,
            rate=self._prices.rate(account.provider, model),
            repairs=account.repairs,
            profile=account.profile,
            refresh=account.refresh,
            offer=offered(account, purpose),
        )


def offered(account: Account, purpose: Purpose) -> Offer | None:
    """Return how an account is asked for a purpose, None where it is not."""
    return offer_of(account.of if isinstance(account.of, Format) else account.of.id, purpose)


def listing(snapshot: Snapshot, name: str, purpose: Purpose) -> Sequence[Account]:
    """Return the accounts that list a plain name; for what is no chat, of those that chat under it who also offers it.

    Lists of custom endpoints do not say which of their models does what.
    """
    if purpose is Purpose.CHAT:
        return snapshot.names.get(name, ())
    found = snapshot.other_names.get((KINDS[purpose], name), ())
    return found or [one for one in snapshot.names.get(name, ()) if offered(one, purpose) is not None]


def _limits(common: RequestLimits, combo: Combo | None) -> RequestLimits:
    """Return a combo's limits, and the common ones where it has none."""
    if combo is None:
        return common
    config = combo.config
    own = {
        "max_attempts": config.max_attempts,
        "timeout_ms": config.timeout_ms,
        "first_byte_timeout_ms": config.first_byte_timeout_ms,
        "hedge_after_ms": config.hedge_after_ms,
        "max_retries": config.max_retries,
        "retry_delay_ms": config.retry_delay_ms,
    }
    return replace(common, **{name: value for name, value in own.items() if value is not None})


def endpoint_of(
    account: Account,
    purpose: Purpose,
    model: str,
    proxies: KnownProxies,
    combos: Sequence[str] = (),
    *,
    stream: bool = False,
) -> Endpoint:
    """Say where an account serves a model for a purpose, and over which proxy; raise NotFound where it does not."""
    url = endpoint_url(account.of, purpose, base_url=account.base_url, model=model, stream=stream)
    proxy = proxies.url(url, connection=account.connection_id, provider=account.provider_id, combos=combos)
    return Endpoint(
        url=parse_url(url),
        headers=account.headers,
        local=account.local,
        proxy=None if proxy is None else parse_url(proxy),
    )


def _rates(routes: Iterable[Route]) -> tuple[Rate, ...]:
    """Return the different known prices; many accounts of one provider have one."""
    found = {id(rate): rate for route in routes if (rate := route.target.rate) is not None}
    return tuple(found.values())


def _window(choice: Choice) -> int | None:
    """Return the largest context window below, None as long as one of them is not known."""
    windows = [option.window for option in choice.options]
    return None if None in windows else max(window for window in windows if window is not None)


def _is_bare(choice: Choice) -> bool:
    """Whether there is nothing to choose and nothing to ask: one account."""
    only = choice.options[0]
    return len(choice.options) == 1 and only.inner is None and only.condition is None


def _asks_facts(choice: Choice) -> bool:
    """Whether anything in a tree looks at the request."""
    return (len(choice.options) > 1 and choice.strategy in _CURIOUS) or any(
        option.condition is not None or (option.inner is not None and _asks_facts(option.inner))
        for option in choice.options
    )


def _tangled(place: _Place, reason: str) -> Invalid:
    return Invalid(
        f"the name leads nowhere: {' → '.join(place.way)}: {reason}. Mend it at /api/models/alias or /api/combos",
        param="model",
        code="tangled_names",
    )


def _unknown(snapshot: Snapshot, model: str) -> str:
    """Say that no provider has the model, and what to do."""
    ends = [entry.id for entry in (*snapshot.models, *snapshot.others) if entry.id.endswith(f"/{model}")][:3]
    hint = f" Did you mean {', '.join(ends)}?" if ends else " GET /v1/models lists what there is."
    return f"The model {model!r} does not exist, or no active connection has it.{hint}"
