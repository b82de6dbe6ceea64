"""The sections of a configuration's document that are groups of settings, and the proxies."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from omniroute.kit.secret import Secret
from omniroute.routing.profiles import DEFAULT_PROFILES, Patience
from omniroute.services.balancing import BalanceChange, Balancing
from omniroute.services.cache import Cache, CacheChange
from omniroute.services.combos import Combos
from omniroute.services.configuration_sections import ConnectionSection, revealed, unique, variable
from omniroute.services.document import Document, IpFilterEntry, ProxyEntry, Reference
from omniroute.services.ip_filter import IpChange, IpFilter
from omniroute.services.labels import Labels, prefixes
from omniroute.services.limits import LimitsChange, LimitSettings
from omniroute.services.proxies import Proxies, ProxyChange, ProxyConfig, ProxyDraft
from omniroute.services.resilience import ProfileChange, RequestChange, Resilience, ResilienceChange
from omniroute.services.rules import fault
from omniroute.services.system_prompt import SystemPromptChange, SystemPrompts
from omniroute.services.thinking import Thinking, ThinkingChange
from omniroute.storage.nodes import Nodes as NodeRows

EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsSection:
    """Groups of settings by name."""

    balancing: Balancing
    limits: LimitSettings
    resilience: Resilience
    cache: Cache
    system_prompt: SystemPrompts
    thinking: Thinking
    ip_filter: IpFilter
    proxies: Proxies
    connections: ConnectionSection
    nodes: NodeRows
    author: str
    name: str = "settings"

    async def current(self) -> Mapping[str, Any]:
        labels, nodes = await self.connections.labels(), prefixes(await self.nodes.list())
        balance, limits, rules = await self.balancing.get(), await self.limits.get(), await self.ip_filter.get()
        own = {one.name: getattr(rules, one.name) for one in fields(IpFilterEntry)}
        return {
            "routing": replace(
                balance, blocked_providers=tuple(nodes.get(one, one) for one in balance.blocked_providers)
            ),
            "limits": replace(limits, connections={labels.label(one): of for one, of in limits.connections.items()}),
            "resilience": await self.resilience.get(),
            "cache": await self.cache.settings(),
            "systemPrompt": await self.system_prompt.get(),
            "thinkingBudget": await self.thinking.get(),
            "ipFilter": IpFilterEntry(**own),
            "noProxy": (await self.proxies.get()).no_proxy,
        }

    def wanted(self, document: Document) -> Mapping[str, Any] | None:
        if document.settings is None:
            return None
        given = document.settings
        found = {
            "routing": given.routing,
            "limits": given.limits,
            "resilience": given.resilience,
            "cache": given.cache,
            "systemPrompt": given.system_prompt,
            "thinkingBudget": given.thinking_budget,
            "ipFilter": given.ip_filter,
            "noProxy": given.no_proxy,
        }
        return {name: one for name, one in found.items() if one is not None}

    def settled(self, wanted: Any, current: Any) -> Any:
        del current
        if isinstance(wanted, Patience):
            return replace(wanted, profiles={**DEFAULT_PROFILES, **wanted.profiles})
        return wanted

    async def put(self, name: str, wanted: Any, current: Any, place: str) -> None:
        del current
        match name:
            case "routing":
                await self.balancing.update(BalanceChange(**_told(wanted)))
            case "limits":
                labels = await self.connections.labels()
                told = _told(wanted)
                told["connections"] = {
                    labels.id(one, f"{place}.connections"): of for one, of in wanted.connections.items()
                }
                await self.limits.update(LimitsChange(**told))
            case "resilience":
                profiles = {one: ProfileChange(**_told(profile)) for one, profile in wanted.profiles.items()}
                requests = RequestChange(**_told(wanted.requests))
                await self.resilience.update(ResilienceChange(profiles=profiles, requests=requests))
            case "cache":
                await self.cache.update(CacheChange(**_told(wanted)))
            case "systemPrompt":
                await self.system_prompt.update(SystemPromptChange(**_told(wanted)))
            case "thinkingBudget":
                await self.thinking.update(ThinkingChange(**_told(wanted)))
            case "ipFilter":
                await self.ip_filter.update(IpChange(**_told(wanted)), self.author)
            case _:
                await self.proxies.update(ProxyChange(no_proxy=wanted))

    async def remove(self, name: str) -> None:
        raise fault(self.name, f"a group of settings cannot be removed: {name}")


def _told(value: Any) -> dict[str, Any]:
    return {one.name: getattr(value, one.name) for one in fields(value)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySection:
    """Proxies by whose they are."""

    proxies: Proxies
    connections: ConnectionSection
    combos: Combos
    nodes: NodeRows
    name: str = "proxies"

    async def current(self) -> Mapping[str, ProxyEntry]:
        labels = await self._labels()
        config = await self.proxies.get()
        found = {} if config.everywhere is None else {EVERYWHERE: config.everywhere}
        for level, known in labels.items():
            found |= {f"{level}:{known.label(one)}": proxy for one, proxy in _of(config, level).items()}
        return {
            owner: ProxyEntry(
                owner=owner,
                type=proxy.type,
                host=proxy.host,
                port=proxy.port,
                username=proxy.username,
                password=variable("proxy", owner) if proxy.password_set else None,
            )
            for owner, proxy in found.items()
        }

    def wanted(self, document: Document) -> Mapping[str, ProxyEntry] | None:
        return unique(self.name, document.proxies, lambda one: one.owner)

    def settled(self, wanted: ProxyEntry, current: ProxyEntry | None) -> ProxyEntry:
        keeps = isinstance(wanted.password, Reference) and current is not None and _is_same(wanted, current)
        return replace(wanted, password=current.password) if keeps and current is not None else wanted

    async def put(self, name: str, wanted: ProxyEntry, current: ProxyEntry | None, place: str) -> None:
        keeps = isinstance(wanted.password, Reference) and current is not None and _is_same(wanted, current)
        text = None if keeps else revealed(wanted.password, f"{place}.password")
        draft = ProxyDraft(
            host=wanted.host,
            port=wanted.port,
            type=wanted.type,
            username=wanted.username,
            password=None if text is None else Secret(text),
        )
        await self.proxies.update(await self._change(name, draft, place))

    async def remove(self, name: str) -> None:
        await self.proxies.update(await self._change(name, None, self.name))

    async def _change(self, owner: str, draft: ProxyDraft | None, place: str) -> ProxyChange:
        if owner == EVERYWHERE:
            return ProxyChange(everywhere=draft)
        level, _, label = owner.partition(":")
        labels = (await self._labels()).get(level)
        if labels is None:
            raise fault(f"{place}.owner", f"{place}.owner is {EVERYWHERE}, provider:…, combo:… or connection:…")
        known = labels.pairs if level != "provider" else [one for one in labels.pairs if one[1] == label]
        thing = label if level == "provider" and not known else labels.id(label, f"{place}.owner")
        group = {f"{level}s": {thing: draft}}
        return ProxyChange(
            providers=group.get("providers", {}),
            combos=group.get("combos", {}),
            connections=group.get("connections", {}),
        )

    async def _labels(self) -> Mapping[str, Labels]:
        nodes = prefixes(await self.nodes.list())
        combos = [(one.id, one.name) for one in await self.combos.list()]
        return {
            "provider": Labels(kind="provider", pairs=tuple(nodes.items())),
            "combo": Labels(kind="combo", pairs=tuple(combos)),
            "connection": await self.connections.labels(),
        }


def _of(config: ProxyConfig, level: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = getattr(config, f"{level}s")
    return found


def _is_same(wanted: ProxyEntry, current: ProxyEntry) -> bool:
    return (wanted.host, wanted.port, wanted.username) == (current.host, current.port, current.username)
