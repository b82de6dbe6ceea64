"""More sections of a configuration's document: keys with their budgets, budgets of all calls, policies and prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from omniroute.kit.secret import Secret
from omniroute.routing.ledger import Unit
from omniroute.routing.periods import Period
from omniroute.services.budgets import BudgetDraft, Budgets
from omniroute.services.configuration_sections import unique
from omniroute.services.document import BudgetEntry, Document, KeyEntry, PolicyEntry, PriceEntry
from omniroute.services.keys import KeyChange, KeyDraft, Keys
from omniroute.services.labels import Labels
from omniroute.services.policies import Policies, PolicyChange, PolicyDraft
from omniroute.services.pricing import ModelPrice, Pricing
from omniroute.storage.budgets import Budgets as BudgetRows
from omniroute.storage.rows import BudgetRow

_NANO = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyText:
    """The text of a key that was made on the way: it is shown once."""

    name: str
    text: Secret


async def key_labels(keys: Keys) -> Labels:
    """Return keys' names and ids."""
    return Labels(kind="key", pairs=tuple((one.id, one.name) for one in await keys.list()))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySection:
    """Keys by name, with their budgets. `made` gathers the texts of new ones."""

    keys: Keys
    budgets: Budgets
    budget_rows: BudgetRows
    made: list[KeyText] = field(default_factory=list)
    name: str = "keys"

    async def current(self) -> Mapping[str, KeyEntry]:
        budgets = _entries(await self.budget_rows.list())
        own = {one.name for one in fields(KeyEntry)} - {"budgets"}
        return {
            key.name: KeyEntry(**{name: getattr(key, name) for name in own}, budgets=tuple(budgets.get(key.id, ())))
            for key in await self.keys.list()
        }

    def wanted(self, document: Document) -> Mapping[str, KeyEntry] | None:
        return unique(self.name, document.keys, lambda one: one.name)

    def settled(self, wanted: KeyEntry, current: KeyEntry | None) -> KeyEntry:
        del current
        return replace(wanted, scopes=tuple(sorted(wanted.scopes)), budgets=_ordered(wanted.budgets))

    async def put(self, name: str, wanted: KeyEntry, current: KeyEntry | None, place: str) -> None:
        told = {
            one.name: getattr(wanted, one.name) for one in fields(wanted) if one.name not in {"budgets", "is_active"}
        }
        told["scopes"] = frozenset(wanted.scopes)
        if current is None:
            new = await self.keys.create(KeyDraft(**told))
            self.made.append(KeyText(name=name, text=new.secret))
            key_id = new.record.id
            if not wanted.is_active:
                await self.keys.update(key_id, KeyChange(is_active=False))
        else:
            key_id = (await key_labels(self.keys)).id(name, place)
            if current.expires_at == wanted.expires_at:
                told.pop("expires_at")  # one that is over stays as it is
            await self.keys.update(key_id, KeyChange(is_active=wanted.is_active, **told))
        await put_budgets(self.budgets, key_id, wanted.budgets, current.budgets if current else ())

    async def remove(self, name: str) -> None:
        await self.keys.delete((await key_labels(self.keys)).id(name, self.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSection:
    """Budgets of all calls together, by period and unit."""

    budgets: Budgets
    rows: BudgetRows
    name: str = "budgets"

    async def current(self) -> Mapping[str, BudgetEntry]:
        return {_label(one): one for one in _entries(await self.rows.list()).get("", ())}

    def wanted(self, document: Document) -> Mapping[str, BudgetEntry] | None:
        return unique(self.name, document.budgets, _label)

    def settled(self, wanted: BudgetEntry, current: BudgetEntry | None) -> BudgetEntry:
        del current
        return _ordered([wanted])[0]

    async def put(self, name: str, wanted: BudgetEntry, current: BudgetEntry | None, place: str) -> None:
        del name, current, place
        await put_budgets(self.budgets, None, (wanted,), ())

    async def remove(self, name: str) -> None:
        one = (await self.current())[name]
        await self.budgets.delete(None, one.period, one.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySection:
    """Policies by name."""

    policies: Policies
    keys: Keys
    name: str = "policies"

    async def current(self) -> Mapping[str, PolicyEntry]:
        labels = await key_labels(self.keys)
        return {
            one.name: PolicyEntry(
                name=one.name,
                priority=one.priority,
                state=one.state,
                conditions=replace(one.conditions, keys=tuple(map(labels.label, one.conditions.keys))),
                effects=one.effects,
            )
            for one in await self.policies.list()
        }

    def wanted(self, document: Document) -> Mapping[str, PolicyEntry] | None:
        return unique(self.name, document.policies, lambda one: one.name)

    def settled(self, wanted: PolicyEntry, current: PolicyEntry | None) -> PolicyEntry:
        del current
        return wanted

    async def put(self, name: str, wanted: PolicyEntry, current: PolicyEntry | None, place: str) -> None:
        labels = await key_labels(self.keys)
        keys = tuple(labels.id(one, f"{place}.conditions.keys") for one in wanted.conditions.keys)
        told: dict[str, Any] = {
            "priority": wanted.priority,
            "state": wanted.state,
            "conditions": replace(wanted.conditions, keys=keys),
            "effects": wanted.effects,
        }
        if current is None:
            await self.policies.create(PolicyDraft(name=wanted.name, **told))
        else:
            await self.policies.update(await self._id(name), PolicyChange(**told))

    async def remove(self, name: str) -> None:
        await self.policies.delete(await self._id(name))

    async def _id(self, name: str) -> str:
        return next(one.id for one in await self.policies.list() if one.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSection:
    """Prices of the operator's own, by `provider/model`. `read` are the stored ones, as they will hold."""

    pricing: Pricing
    name: str = "prices"

    async def current(self) -> Mapping[str, PriceEntry]:
        return {
            f"{provider}/{model}": PriceEntry(provider=provider, model=model, price=_price(listed))
            for provider, models in (await self.pricing.overrides()).items()
            for model, listed in models.items()
        }

    def wanted(self, document: Document) -> Mapping[str, PriceEntry] | None:
        return unique(self.name, document.prices, lambda one: f"{one.provider}/{one.model}")

    def settled(self, wanted: PriceEntry, current: PriceEntry | None) -> PriceEntry:
        del current
        return wanted

    async def put(self, name: str, wanted: PriceEntry, current: PriceEntry | None, place: str) -> None:
        del name, current, place
        await self.pricing.set({wanted.provider: {wanted.model: wanted.price}})

    async def remove(self, name: str) -> None:
        one = (await self.current())[name]
        await self.pricing.delete(one.provider, one.model)


def _price(listed: ModelPrice) -> ModelPrice:
    return ModelPrice(**{one.name: getattr(listed, one.name) for one in fields(ModelPrice)})


async def put_budgets(
    budgets: Budgets, key_id: str | None, wanted: Sequence[BudgetEntry], current: Sequence[BudgetEntry]
) -> None:
    """Set a key's budgets, and remove those that are not wanted any more."""
    kept = {_label(one) for one in wanted}
    for one in current:
        if _label(one) not in kept:
            await budgets.delete(key_id, one.period, one.unit)
    drafts = [
        BudgetDraft(key_id=key_id, limit=one.limit, period=one.period, unit=one.unit, thresholds=one.thresholds)
        for one in wanted
    ]
    if drafts:
        await budgets.set(drafts)


def _entries(rows: Sequence[BudgetRow]) -> Mapping[str, tuple[BudgetEntry, ...]]:
    """Return budgets by key id."""
    found: dict[str, list[BudgetEntry]] = {}
    for row in rows:
        scale = _NANO if row.unit == "usd" else 1
        entry = BudgetEntry(
            limit=row.limit / scale, period=Period(row.period), unit=Unit(row.unit), thresholds=row.thresholds
        )
        found.setdefault(row.key_id, []).append(entry)
    return {key_id: _ordered(entries) for key_id, entries in found.items()}


def _ordered(entries: Sequence[BudgetEntry]) -> tuple[BudgetEntry, ...]:
    plain = [replace(one, thresholds=tuple(sorted(set(one.thresholds))), limit=float(one.limit)) for one in entries]
    return tuple(sorted(plain, key=_label))


def _label(one: BudgetEntry) -> str:
    return f"{one.period}/{one.unit}"
