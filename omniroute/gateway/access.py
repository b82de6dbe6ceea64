"""Which models a key may use, and from where: what is not allowed is told as such, and is not in the model list."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from omniroute.gateway.snapshot import MAX_PLANS, Choice, ModelEntry, Option, Plan, Route, Snapshot
from omniroute.gateway.terms import CallerTerms
from omniroute.kit.addresses import is_within, parsed
from omniroute.kit.errors import Forbidden
from omniroute.routing.names import matches
from omniroute.storage.rows import KeyRow


def check_address(terms: CallerTerms | None, address: str | None) -> None:
    """Raise Forbidden when a key is used from where it may not be."""
    if terms is None or not terms.networks:
        return
    found = None if address is None else parsed(address)
    if found is None or not is_within(found, terms.networks):
        raise Forbidden(
            f"This key may not be used from the address {address or 'unknown'}; its allowedAddresses say from where.",
            code="address_not_allowed",
        )


def allowed(snapshot: Snapshot, key: KeyRow | None, plan: Plan) -> Plan:
    """Return the plan with the targets that the key may use; raise Forbidden when there is none.

    A key that may use the name that was asked for may use whatever it stands for.
    """
    terms = snapshot.terms.of(key)
    if key is None or terms is None or not terms.is_choosy:
        return plan
    if plan is not snapshot.plans.get(plan.requested):
        return _fitted(terms, plan)
    found = snapshot.allowed_plans.get((key.id, plan.requested))
    if found is None:
        if len(snapshot.allowed_plans) >= MAX_PLANS:
            snapshot.allowed_plans.clear()
        found = snapshot.allowed_plans[key.id, plan.requested] = _fitted(terms, plan)
    return found


def _fitted(terms: CallerTerms, plan: Plan) -> Plan:
    names_it = bool(terms.models) and any(matches(pattern, plan.requested) for pattern in terms.models)

    def takes(route: Route) -> bool:
        target = route.target
        if terms.providers and target.provider not in terms.providers:
            return False
        name = f"{target.provider}/{target.model}"
        return names_it or not terms.models or any(matches(pattern, name) for pattern in terms.models)

    routes = tuple(route for route in plan.routes if takes(route))
    if not routes:
        raise Forbidden(
            f"This key may not use the model {plan.requested!r}. GET /v1/models lists what it may use.",
            param="model",
            code="model_not_allowed",
        )
    if len(routes) == len(plan.routes):
        return plan
    kept = frozenset(map(id, routes))
    return replace(
        plan,
        choice=_pruned(plan.choice, kept),
        routes=routes,
        by_id={route.id: route for route in reversed(routes)},
        is_single=len(routes) == 1 and plan.combo is None,
    )


def _pruned(choice: Choice, kept: frozenset[int]) -> Choice:
    """Leave out what is not kept, and groups with nothing left in them."""
    options = [_option(option, kept) for option in choice.options]
    return replace(choice, options=tuple(option for option in options if option.routes))


def _option(option: Option, kept: frozenset[int]) -> Option:
    inner = None if option.inner is None else _pruned(option.inner, kept)
    routes = tuple(route for route in option.routes if id(route) in kept)
    return replace(option, inner=inner, routes=routes)


def visible(
    snapshot: Snapshot, key: KeyRow | None, entries: Sequence[ModelEntry] | None = None
) -> Sequence[ModelEntry]:
    """Return the part of a model list that a key may use: of the models that chat, where none is given."""
    terms = snapshot.terms.of(key)
    listed = snapshot.models if entries is None else entries
    if terms is None or not terms.is_choosy:
        return listed
    return [entry for entry in listed if _is_visible(entry, terms, snapshot)]


def _is_visible(entry: ModelEntry, terms: CallerTerms, snapshot: Snapshot) -> bool:
    """Whether a listed name is allowed as such, or leads to something that is."""
    names = [entry.id, *_meant(entry, snapshot)]
    if terms.providers and not any(name.partition("/")[0] in terms.providers for name in names):
        return False
    return not terms.models or any(matches(pattern, name) for name in names for pattern in terms.models)


def _meant(entry: ModelEntry, snapshot: Snapshot) -> Sequence[str]:
    """Return the models that a combo or an alias stands for, one step down and plain names with their providers."""
    combo = snapshot.combos.get(entry.id) if entry.owned_by == "combo" else None
    rule = snapshot.known.alias(entry.id) if entry.owned_by == "alias" else None
    names = [target.model for target in combo.targets] if combo is not None else [rule.target] if rule else []
    plain = (f"{account.provider}/{name}" for name in names for account in snapshot.names.get(name, ()))
    return list(chain(names, plain))
