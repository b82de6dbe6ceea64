"""From a model name to a plan: the targets that can serve it, in order, and the reason.

`prefix/model` (split at the first slash) names a provider, by its id, its alias or a custom node's prefix; any model
name is accepted behind it. A plain name goes to every connection whose provider lists it.
"""

from collections.abc import Sequence

from omniroute.gateway.snapshot import MAX_PLANS, Account, Plan, Snapshot, Target, parse_url
from omniroute.kit.errors import Invalid, NotFound
from omniroute.upstream.catalogue import endpoint_url
from omniroute.upstream.client import Endpoint
from omniroute.upstream.endpoints import Purpose
from omniroute.upstream.prices import PriceBook

MAX_NAME = 256


class Resolver:
    """Makes plans and remembers them on the snapshot they belong to."""

    def __init__(self, prices: PriceBook) -> None:
        self._prices = prices

    def plan(self, snapshot: Snapshot, model: str) -> Plan:
        """Return the plan for `model`; raise NotFound or Invalid, in words that help."""
        plan = snapshot.plans.get(model)
        if plan is None:
            plan = self._make(snapshot, model)
            if len(snapshot.plans) >= MAX_PLANS:
                snapshot.plans.clear()
            snapshot.plans[model] = plan
        return plan

    def _make(self, snapshot: Snapshot, model: str) -> Plan:
        if len(model) > MAX_NAME or not model.isprintable() or ".." in model.split("/"):
            raise Invalid("the model's name is not one: too long, or with control characters", param="model")
        prefix, slash, rest = model.partition("/")
        provider_id = snapshot.prefixes.get(prefix) if slash and rest else None
        if provider_id is not None:
            accounts = snapshot.accounts.get(provider_id, ())
            if not accounts:
                raise Invalid(
                    f"no active connection for provider {prefix!r}: add one, with its key, at /api/providers",
                    param="model",
                    code="provider_not_connected",
                )
            return self._planned(model, rest, accounts, f"{prefix!r} names the provider")
        accounts = snapshot.names.get(model, ())
        if not accounts:
            raise NotFound(_unknown(snapshot, model), param="model", code="model_not_found")
        return self._planned(model, model, accounts, f"{len(accounts)} connection(s) list it")

    def _planned(self, requested: str, model: str, accounts: Sequence[Account], reason: str) -> Plan:
        targets = tuple(self._target(account, model) for account in accounts)
        return Plan(requested=requested, targets=targets, reason=reason)

    def _target(self, account: Account, model: str) -> Target:
        return Target(
            provider=account.provider,
            connection_id=account.connection_id,
            connection_name=account.name,
            model=model,
            format=account.format,
            whole=endpoint_of(account, Purpose.CHAT, model),
            stream=endpoint_of(account, Purpose.CHAT, model, stream=True),
            rate=self._prices.rate(account.provider_id, model),
            repairs=account.repairs,
        )


def endpoint_of(account: Account, purpose: Purpose, model: str, *, stream: bool = False) -> Endpoint:
    """Say where an account serves a model for a purpose; raise NotFound where it has no such endpoint."""
    url = endpoint_url(account.of, purpose, base_url=account.base_url, model=model, stream=stream)
    return Endpoint(url=parse_url(url), headers=account.headers, local=account.local)


def _unknown(snapshot: Snapshot, model: str) -> str:
    """Say that no provider has the model, and what to do."""
    ends = [entry.id for entry in snapshot.models if entry.id.endswith(f"/{model}")][:3]
    hint = f" Did you mean {', '.join(ends)}?" if ends else " GET /v1/models lists what there is."
    return f"The model {model!r} does not exist, or no active connection has it.{hint}"
