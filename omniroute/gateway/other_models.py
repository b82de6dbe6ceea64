"""Models that do not chat: which accounts have them, how they are listed, and the one that is built in."""

from collections.abc import Iterable, Mapping

from omniroute.formats.hub import Json
from omniroute.formats.kinds import Kind
from omniroute.gateway.snapshot import Account, ModelEntry
from omniroute.kit.errors import NotFound
from omniroute.routing.profiles import Category, Patience
from omniroute.upstream.catalogue import Model, ProviderRecord, find
from omniroute.upstream.local_embedding import is_installed

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
        others=others_of(record) if is_installed() else {},
        profile=patience.profiles[Category.LOCAL],
    )


def others_of(record: ProviderRecord) -> dict[Kind, tuple[str, ...]]:
    """Return a provider's models that do not chat, by kind."""
    found: dict[Kind, list[str]] = {}
    for model in record.models:
        if model.kind is not Kind.CHAT:
            found.setdefault(model.kind, []).append(model.id)
    return {kind: tuple(names) for kind, names in found.items()}


def with_others(account: Account, more: Mapping[Kind, Iterable[str]]) -> dict[Kind, tuple[str, ...]]:
    """Return an account's models that do not chat, and those that an operator added."""
    kinds = dict.fromkeys((*account.others, *more))
    return {kind: tuple(dict.fromkeys((*account.others.get(kind, ()), *more.get(kind, ())))) for kind in kinds}


def other_names(accounts: Iterable[Account]) -> dict[tuple[Kind, str], list[Account]]:
    """Return the accounts that list each plain name of each kind, best first."""
    named: dict[tuple[Kind, str], list[Account]] = {}
    for account in accounts:
        for kind, models in account.others.items():
            for model in models:
                named.setdefault((kind, model), []).append(account)
    return named


def listed_others(accounts: Iterable[Account]) -> list[ModelEntry]:
    """Return the list of models that do not chat: by kind, each once under its provider's prefix."""
    entries: dict[str, ModelEntry] = {}
    for account in accounts:
        for kind, models in account.others.items():
            for model in models:
                name = f"{account.provider}/{model}"
                entries.setdefault(
                    name, ModelEntry(id=name, owned_by=account.provider, kind=kind, about=_about(account, kind, model))
                )
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
