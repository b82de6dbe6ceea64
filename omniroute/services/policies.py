"""Policies: an operator's rules for AI requests, made, changed, listed and removed."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from pydantic_core import MISSING

from omniroute.kit.clock import Clock
from omniroute.kit.events import ConfigurationChanged
from omniroute.kit.ids import new_id
from omniroute.routing.policies import Effects, Rule, State
from omniroute.routing.reroutes import circle_of
from omniroute.services.changes import Changed, kept
from omniroute.services.moments import moment, moment_or_none
from omniroute.services.names import NameBook, prefixes_of
from omniroute.services.policy_counts import PolicyCounts
from omniroute.services.policy_terms import Known, PolicyConditions, checked_conditions, checked_effects, rule_of
from omniroute.services.rules import fault, line, within
from omniroute.storage.keys import Keys
from omniroute.storage.nodes import Nodes
from omniroute.storage.policies import Policies as PolicyRows
from omniroute.storage.rows import NodeRow, PolicyRow

LONGEST_NAME = 100
MOST_POLICIES = 500
MOST_PRIORITY = 1_000_000
_PRIORITY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy as it is shown. Lower `priority` is looked at first; counts are of this process, since it began."""

    id: str
    name: str
    priority: int
    state: State
    conditions: PolicyConditions
    effects: Effects
    matched: int
    acted: int
    last_matched_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDraft:
    """What to make a policy of."""

    name: str
    priority: int = _PRIORITY
    state: State = State.ACTIVE
    conditions: PolicyConditions = field(default_factory=PolicyConditions)
    effects: Effects


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """What to change of a policy; conditions and effects are replaced as a whole."""

    name: str | MISSING = MISSING
    priority: int | MISSING = MISSING
    state: State | MISSING = MISSING
    conditions: PolicyConditions | MISSING = MISSING
    effects: Effects | MISSING = MISSING


class Policies:
    """The rules, as operators see and change them."""

    def __init__(
        self,
        *,
        rows: PolicyRows,
        keys: Keys,
        nodes: Nodes,
        names: NameBook,
        counts: PolicyCounts,
        clock: Clock,
        changed: Changed,
    ) -> None:
        self._rows = rows
        self._keys = keys
        self._nodes = nodes
        self._names = names
        self._counts = counts
        self._clock = clock
        self._changed = changed
        self._changing = asyncio.Lock()

    async def list(self) -> tuple[Policy, ...]:
        """Return all in the order in which they are looked at."""
        return tuple(self._shown(row) for row in await self._rows.list())

    async def get(self, policy_id: str) -> Policy:
        """Return one; raise NotFound."""
        return self._shown(await self._rows.get(policy_id))

    async def create(self, draft: PolicyDraft) -> Policy:
        """Make a policy; raise Unprocessable when it says what cannot be, and Conflict when its name is taken."""
        now = self._clock.now_ms()
        async with self._changing:
            rows = await self._rows.list()
            if len(rows) >= MOST_POLICIES:
                raise fault("name", f"there are {MOST_POLICIES} policies, which is the limit")
            row = await self._row(new_id("pol"), draft, created_at=now, updated_at=now)
            await self._require_straight([*rows, row])
            await self._rows.add(row)
        await self._tell(row.id)
        return self._shown(row)

    async def update(self, policy_id: str, change: PolicyChange) -> Policy:
        """Change a policy, whose counts begin anew."""
        async with self._changing:
            rows = await self._rows.list()
            old = await self._rows.get(policy_id)
            draft = PolicyDraft(
                name=kept(change.name, old.name),
                priority=kept(change.priority, old.position),
                state=kept(change.state, State(old.state)),
                conditions=kept(change.conditions, msgspec.convert(old.conditions, PolicyConditions)),
                effects=kept(change.effects, msgspec.convert(old.effects, Effects)),
            )
            row = await self._row(policy_id, draft, created_at=old.created_at, updated_at=self._clock.now_ms())
            await self._require_straight([row if one.id == policy_id else one for one in rows])
            await self._rows.update(row)
        self._counts.forget(policy_id)
        await self._tell(policy_id)
        return self._shown(row)

    async def delete(self, policy_id: str) -> None:
        """Remove a policy; raise NotFound."""
        await self._rows.delete(policy_id)
        self._counts.forget(policy_id)
        await self._tell(policy_id)

    async def rules(self, draft: PolicyDraft | None = None) -> tuple[Rule, ...]:
        """Return all, those in the shadow and drafts too, ready to be asked; `draft` as though it were saved."""
        rows = list(await self._rows.list())
        if draft is not None:
            now = self._clock.now_ms()
            rows.append(await self._row("unsaved", draft, created_at=now, updated_at=now))
            rows.sort(key=lambda row: row.position)
            await self._require_straight(rows)
        return await self._ready(rows)

    async def _ready(self, rows: Sequence[PolicyRow]) -> tuple[Rule, ...]:
        if not rows:
            return ()
        providers = _provider_names(await self._nodes.list())
        return tuple(rule_of(row, providers) for row in rows)

    async def _row(self, policy_id: str, draft: PolicyDraft, *, created_at: int, updated_at: int) -> PolicyRow:
        known = Known(
            keys=frozenset(row.id for row in await self._keys.list()),
            providers=_provider_names(await self._nodes.list()),
        )
        conditions = checked_conditions(draft.conditions, known)
        effects = checked_effects(draft.effects, conditions)
        if effects.reroute is not None:
            await self._names.check_target(effects.reroute, "effects.reroute")
        return PolicyRow(
            id=policy_id,
            name=line(draft.name, "name", most=LONGEST_NAME),
            position=within(draft.priority, "priority", least=0, most=MOST_PRIORITY),
            state=draft.state.value,
            conditions=msgspec.to_builtins(conditions),
            effects=msgspec.to_builtins(effects),
            created_at=created_at,
            updated_at=updated_at,
        )

    async def _require_straight(self, rows: Sequence[PolicyRow]) -> None:
        """Raise Unprocessable when rules send a model round in a circle."""
        circle = circle_of(await self._ready(rows))
        if circle is not None:
            way = " → ".join(f"{rule.name!r} to {rule.effects.reroute!r}" for rule in circle)
            raise fault("effects.reroute", f"{way}: that is a circle. Narrow one rule's models, or take it out.")

    def _shown(self, row: PolicyRow) -> Policy:
        count = self._counts.of(row.id)
        return Policy(
            id=row.id,
            name=row.name,
            priority=row.position,
            state=State(row.state),
            conditions=msgspec.convert(row.conditions, PolicyConditions),
            effects=msgspec.convert(row.effects, Effects),
            matched=count.matched,
            acted=count.acted,
            last_matched_at=moment_or_none(count.last_at),
            created_at=moment(row.created_at),
            updated_at=moment(row.updated_at),
        )

    async def _tell(self, policy_id: str) -> None:
        await self._changed(ConfigurationChanged(noun="policies", id=policy_id))


def _provider_names(nodes: Iterable[NodeRow]) -> Mapping[str, str]:
    """Map every name of a provider to the one that it is shown by: the catalogue's id, or a node's prefix."""
    listed = list(nodes)
    by_node = {node.id: node.prefix for node in listed}
    return {name: by_node.get(one, one) for name, one in prefixes_of(listed).items()}
