"""The sections of a configuration's document: each lists what is there, and sets or removes one thing of its kind.

Everything goes through the nouns' own services, so that their rules hold here too.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

from omniroute.kit.secret import Secret
from omniroute.services.aliases import AliasDraft, Aliases
from omniroute.services.combos import ComboChange, ComboDraft, Combos
from omniroute.services.custom_models import CustomModelDraft, CustomModels
from omniroute.services.document import (
    AliasEntry,
    ComboEntry,
    ConnectionEntry,
    Document,
    Given,
    ModelEntry,
    NodeEntry,
    Reference,
)
from omniroute.services.labels import Labels, connection_labels, prefixes
from omniroute.services.nodes import ApiType, NodeChange, NodeDraft, Nodes
from omniroute.services.providers import ConnectionChange, ConnectionDraft, Providers
from omniroute.services.rules import fault
from omniroute.storage.connections import Connections as ConnectionRows
from omniroute.storage.nodes import Nodes as NodeRows

_SIGNED_IN = "oauth"


class Section(Protocol):
    """One section. `current` are its things by name, `wanted` those of a document, None when it has no such section."""

    @property
    def name(self) -> str:
        """The section's name in the document."""
        ...

    async def current(self) -> Mapping[str, Any]:
        """Return what is there, by name."""
        ...

    def wanted(self, document: Document) -> Mapping[str, Any] | None:
        """Return what a document has, by name."""
        ...

    def settled(self, wanted: Any, current: Any) -> Any:
        """Return a wanted thing with the secrets that are there in the place of references."""
        ...

    async def put(self, name: str, wanted: Any, current: Any, place: str) -> None:
        """Make a thing, or change it."""
        ...

    async def remove(self, name: str) -> None:
        """Remove a thing."""
        ...


def unique(section: str, entries: Sequence[Any] | None, name: Any) -> Mapping[str, Any] | None:
    """Return entries by name; raise Unprocessable when one is there twice."""
    if entries is None:
        return None
    found: dict[str, Any] = {}
    for number, one in enumerate(entries):
        if name(one) in found:
            raise fault(f"{section}.{number}", f"{section}.{number}: {name(one)!r} is there twice")
        found[name(one)] = one
    return found


def variable(*parts: str) -> Reference:
    """Return the reference that an export names for a secret."""
    return Reference(env=re.sub(r"[^A-Z0-9]+", "_", "_".join(("OMNIROUTE", *parts, "KEY")).upper()))


def revealed(given: Given, place: str) -> str | None:
    """Return a secret's text; raise Unprocessable where only a reference is there, and nothing to keep."""
    if isinstance(given, Reference):
        raise fault(place, f"{place}: the variable {given.env} has no value, and there is no secret yet to be kept")
    return given


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSection:
    """Nodes by prefix."""

    nodes: Nodes
    rows: NodeRows
    name: str = "nodes"

    async def current(self) -> Mapping[str, NodeEntry]:
        return {
            one.prefix: NodeEntry(
                prefix=one.prefix,
                name=one.name,
                base_url=one.base_url,
                api_type=one.api_type,
                headers={name: variable(one.prefix, name) for name in one.headers},
                local=one.local,
            )
            for one in await self.nodes.list()
        }

    def wanted(self, document: Document) -> Mapping[str, NodeEntry] | None:
        return unique(self.name, document.nodes, lambda one: one.prefix)

    def settled(self, wanted: NodeEntry, current: NodeEntry | None) -> NodeEntry:
        there = current.headers if current is not None else {}
        return replace(
            wanted,
            headers={
                name: there.get(name, value) if isinstance(value, Reference) else value
                for name, value in wanted.headers.items()
            },
        )

    async def put(self, name: str, wanted: NodeEntry, current: NodeEntry | None, place: str) -> None:
        rows = {row.prefix: row for row in await self.rows.list()}
        stored = rows[name].headers if name in rows else {}
        headers = {
            header: stored[header]
            if isinstance(value, Reference) and header in stored
            else Secret(revealed(value, f"{place}.headers.{header}") or "")
            for header, value in wanted.headers.items()
        }
        told: dict[str, Any] = {
            "name": wanted.name,
            "base_url": wanted.base_url,
            "api_type": ApiType(wanted.api_type),
            "local": wanted.local,
        }
        if current is None:
            await self.nodes.create(NodeDraft(prefix=wanted.prefix, headers=headers, **told))
        else:
            await self.nodes.update(rows[name].id, NodeChange(headers=headers, **told))

    async def remove(self, name: str) -> None:
        rows = {row.prefix: row.id for row in await self.rows.list()}
        await self.nodes.delete(rows[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSection:
    """Connections by `provider/name`; those of accounts that a person signed in to are no document's business."""

    providers: Providers
    rows: ConnectionRows
    nodes: NodeRows
    name: str = "connections"

    async def labels(self) -> Labels:
        """Return connections' labels."""
        return connection_labels(await self.rows.list(), prefixes(await self.nodes.list()))

    async def current(self) -> Mapping[str, ConnectionEntry]:
        nodes = prefixes(await self.nodes.list())
        found: dict[str, ConnectionEntry] = {}
        for row in await self.rows.list():
            if row.auth_type == _SIGNED_IN:
                continue
            provider = nodes.get(row.provider, row.provider)
            found[f"{provider}/{row.name}"] = ConnectionEntry(
                provider=provider,
                name=row.name,
                api_key=None if row.secret is None else variable(provider, row.name),
                base_url=row.base_url,
                local=row.is_local,
                priority=row.priority,
                weight=row.weight,
                max_concurrent=row.max_concurrent,
                default_model=row.default_model,
                is_active=row.is_active,
            )
        return found

    def wanted(self, document: Document) -> Mapping[str, ConnectionEntry] | None:
        return unique(self.name, document.connections, lambda one: f"{one.provider}/{one.name}")

    def settled(self, wanted: ConnectionEntry, current: ConnectionEntry | None) -> ConnectionEntry:
        keeps = isinstance(wanted.api_key, Reference) and current is not None and current.api_key is not None
        return replace(wanted, api_key=current.api_key) if keeps and current is not None else wanted

    async def put(self, name: str, wanted: ConnectionEntry, current: ConnectionEntry | None, place: str) -> None:
        told = {
            one.name: getattr(wanted, one.name)
            for one in fields(wanted)
            if one.name not in {"provider", "name", "api_key"}
        }
        keeps = isinstance(wanted.api_key, Reference) and current is not None and current.api_key is not None
        text = None if keeps else revealed(wanted.api_key, f"{place}.apiKey")
        key = None if text is None else Secret(text)
        if current is None:
            draft = ConnectionDraft(provider=wanted.provider, name=wanted.name, api_key=key, **told)
            await self.providers.create(draft)
            return
        change = ConnectionChange(**told) if keeps else ConnectionChange(api_key=key, **told)
        await self.providers.update((await self.labels()).id(name, place), change)

    async def remove(self, name: str) -> None:
        await self.providers.delete((await self.labels()).id(name, self.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSection:
    """Models of the operator's own, by `provider/id`."""

    models: CustomModels
    nodes: NodeRows
    name: str = "models"

    async def current(self) -> Mapping[str, ModelEntry]:
        nodes = prefixes(await self.nodes.list())
        found: dict[str, ModelEntry] = {}
        for one in await self.models.list():
            provider = nodes.get(one.provider, one.provider)
            found[f"{provider}/{one.id}"] = ModelEntry(
                provider=provider,
                id=one.id,
                name=None if one.name == one.id else one.name,
                type=one.type,
                context_window=one.context_window,
            )
        return found

    def wanted(self, document: Document) -> Mapping[str, ModelEntry] | None:
        return unique(self.name, document.models, lambda one: f"{one.provider}/{one.id}")

    def settled(self, wanted: ModelEntry, current: ModelEntry | None) -> ModelEntry:
        del current
        return wanted

    async def put(self, name: str, wanted: ModelEntry, current: ModelEntry | None, place: str) -> None:
        del name, current, place
        await self.models.set(
            CustomModelDraft(
                provider=wanted.provider,
                model_id=wanted.id,
                model_name=wanted.name,
                type=wanted.type,
                context_window=wanted.context_window,
            )
        )

    async def remove(self, name: str) -> None:
        provider, _, model = name.partition("/")
        await self.models.delete(provider, model)


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasSection:
    """Aliases."""

    aliases: Aliases
    name: str = "aliases"

    async def current(self) -> Mapping[str, AliasEntry]:
        return {
            one.alias: AliasEntry(alias=one.alias, model=one.model, position=one.position)
            for one in await self.aliases.list()
        }

    def wanted(self, document: Document) -> Mapping[str, AliasEntry] | None:
        return unique(self.name, document.aliases, lambda one: one.alias)

    def settled(self, wanted: AliasEntry, current: AliasEntry | None) -> AliasEntry:
        del current
        return wanted

    async def put(self, name: str, wanted: AliasEntry, current: AliasEntry | None, place: str) -> None:
        del name, current, place
        await self.aliases.set(AliasDraft(alias=wanted.alias, model=wanted.model, position=wanted.position))

    async def remove(self, name: str) -> None:
        await self.aliases.delete(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComboSection:
    """Combos by name."""

    combos: Combos
    connections: ConnectionSection
    name: str = "combos"

    async def current(self) -> Mapping[str, ComboEntry]:
        labels = await self.connections.labels()
        return {
            one.name: ComboEntry(
                name=one.name,
                strategy=one.strategy,
                config=one.config,
                is_active=one.is_active,
                targets=tuple(
                    replace(target, connection=target.connection and labels.label(target.connection))
                    for target in one.targets
                ),
            )
            for one in await self.combos.list()
        }

    def wanted(self, document: Document) -> Mapping[str, ComboEntry] | None:
        return unique(self.name, document.combos, lambda one: one.name)

    def settled(self, wanted: ComboEntry, current: ComboEntry | None) -> ComboEntry:
        del current
        return wanted

    async def put(self, name: str, wanted: ComboEntry, current: ComboEntry | None, place: str) -> None:
        labels = await self.connections.labels()
        targets = tuple(
            replace(
                one, connection=one.connection and labels.id(one.connection, f"{place}.targets.{number}.connection")
            )
            for number, one in enumerate(wanted.targets)
        )
        told: dict[str, Any] = {
            "strategy": wanted.strategy,
            "config": wanted.config,
            "is_active": wanted.is_active,
            "targets": targets,
        }
        if current is None:
            await self.combos.create(ComboDraft(name=wanted.name, **told))
        else:
            await self.combos.update(await self._id(name), ComboChange(**told))

    async def remove(self, name: str) -> None:
        await self.combos.delete(await self._id(name))

    async def _id(self, name: str) -> str:
        return next(one.id for one in await self.combos.list() if one.name == name)
