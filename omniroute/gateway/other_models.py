"""Models that do not chat: which accounts have them, how they are listed, and the one that is built in."""

from collections.abc import Iterable
from dataclasses import replace

from omniroute.formats.hub import Json
from omniroute.formats.kinds import Kind
from omniroute.gateway.snapshot import Account, ModelEntry
from omniroute.kit.errors import NotFound
from omniroute.routing.profiles import Category, Patience
from omniroute.services.known_models import KnownModel
from omniroute.upstream.catalogue import Model, ProviderRecord, find
from omniroute.upstream.local_embedding import is_installed
from omniroute.upstream.model_facts import ModelFacts

LOCAL = "local"
_AUDIO = frozenset({Kind.TRANSCRIPTION, Kind.SPEECH})


def built_in(patience: Patience) -> Account:
    """Return the account of what this process does itself; no operator has to make it."""
    record = find(LOCAL)
    if record is None:
        raise NotFound(f"the catalogue has no {LOCAL!r}")
    return Account(
        connection_id=LOCAL,
        name="built in",
        provider_id=record.id,
        provider=record.id,
        format=record.format,
        of=record,
        base_url=None,
        headers={},
        local=True,
        known=_shipped(record) if is_installed() else {},
        profile=patience.profiles[Category.LOCAL],
    )


def _shipped(record: ProviderRecord) -> dict[str, KnownModel]:
    facts = {model.id: ModelFacts(kind=model.kind) for model in record.models}
    return {name: KnownModel(id=name, name=name, facts=one, source="table") for name, one in facts.items()}


def _others(account: Account) -> Iterable[tuple[Kind, KnownModel]]:
    """Give an account's models that do not chat."""
    kinds = ((Kind(one.kind), one) for one in account.known.values())
    return ((kind, one) for kind, one in kinds if kind is not Kind.CHAT)


def other_names(accounts: Iterable[Account]) -> dict[tuple[Kind, str], list[Account]]:
    """Return the accounts that list each plain name of each kind, best first."""
    named: dict[tuple[Kind, str], list[Account]] = {}
    for account in accounts:
        for kind, model in _others(account):
            named.setdefault((kind, model.id), []).append(account)
    return named


def listed_others(accounts: Iterable[Account]) -> list[ModelEntry]:
    """Return the list of models that do not chat: by kind, each once under its provider's prefix."""
    entries: dict[str, ModelEntry] = {}
    for account in accounts:
        for kind, model in _others(account):
            name, about = f"{account.provider}/{model.id}", _about(account, kind, model.id)
            facts = replace(model.facts, kind=kind)
            entry = ModelEntry(id=name, owned_by=account.provider, name=model.name, facts=facts, about=about)
            entries.setdefault(name, entry)
    order = list(Kind)
    return sorted(entries.values(), key=lambda entry: order.index(entry.kind))


def _about(account: Account, kind: Kind, name: str) -> Json:
    """Return what the list says of a model besides."""
    models: Iterable[Model] = account.of.models if isinstance(account.of, ProviderRecord) else ()
    model = next((one for one in models if one.id == name), None)
    if kind in _AUDIO:
        return {"type": "audio", "subtype": kind.value}
    about: Json = {"type": kind.value}
    if model is not None and model.dimensions is not None:
        about["dimensions"] = model.dimensions
    if kind is Kind.IMAGE:
        about["supported_sizes"] = [] if model is None else list(model.sizes)
    return about
