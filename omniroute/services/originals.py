"""What a database of the original OmniRoute has for us: accounts, endpoints, combos, keys, aliases, models, usage.

It adds to what is there and never changes it: what is here by the same name already is skipped, and said. Its tables
are those of its version 1 (provider_connections, provider_nodes, combos, api_keys, key_value, usage_history).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from omniroute.kit.clock import Clock
from omniroute.services.backup_values import TakenTable
from omniroute.services.original_rows import (
    Known,
    Taking,
    alias_row,
    combo_row,
    connection_row,
    key_row,
    model_rows,
    node_row,
    usage_row,
)
from omniroute.storage.aliases import Aliases as AliasRows
from omniroute.storage.combos import Combos as ComboRows
from omniroute.storage.connections import Connections
from omniroute.storage.custom_models import CustomModels as CustomModelRows
from omniroute.storage.foreign import Foreign
from omniroute.storage.keys import Keys as KeyRows
from omniroute.storage.nodes import Nodes
from omniroute.storage.secrets import Sealer
from omniroute.storage.usage import UsageRows

_BATCH = 500
_OTHER = "it has no place here: set it anew where it is needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be added, by table of ours, and what is told of each table of theirs."""

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    tables: Sequence[TakenTable]
    found: Foreign
    known: Known


@dataclass(slots=True)
class _Report:
    taken: int = 0
    skipped: int = 0
    reasons: dict[str, None] = field(default_factory=dict)

    def shown(self, table: str) -> TakenTable:
        return TakenTable(table=table, taken=self.taken, skipped=self.skipped, reasons=list(self.reasons)[:100])

    def note(self, taking: Taking) -> None:
        self.taken += len(taking.rows)
        self.skipped += not taking.rows
        self.reasons |= dict.fromkeys(taking.notes)


class Originals:
    """Plans what to take, and takes the usage."""

    def __init__(
        self,
        *,
        nodes: Nodes,
        connections: Connections,
        combos: ComboRows,
        aliases: AliasRows,
        custom_models: CustomModelRows,
        keys: KeyRows,
        usage: UsageRows,
        sealer: Sealer,
        pepper: Callable[[], bytes],
        clock: Clock,
    ) -> None:
        self._nodes = nodes
        self._connections = connections
        self._combos = combos
        self._aliases = aliases
        self._custom_models = custom_models
        self._keys = keys
        self._usage = usage
        self._sealer = sealer
        self._pepper = pepper
        self._clock = clock

    async def plan(self, found: Foreign) -> Plan:
        """Return what would be added; nothing is changed yet."""
        known = await self._known()
        rows: dict[str, list[Mapping[str, Any]]] = {}
        reports: dict[str, _Report] = {}
        steps: tuple[tuple[str, str, Callable[[Mapping[str, Any], Known], Taking]], ...] = (
            ("provider_nodes", "nodes", node_row),
            ("provider_connections", "connections", connection_row),
            ("combos", "combos", combo_row),
            ("api_keys", "api_keys", key_row),
        )
        for theirs, ours, read in steps:
            for row in await asyncio.to_thread(list, found.rows(theirs)):
                taking = read(row, known)
                reports.setdefault(theirs, _Report()).note(taking)
                rows.setdefault(ours, []).extend(taking.rows)
        await self._take_values(found, known, rows, reports)
        usage = found.counts.get("usage_history", 0)
        reports["usage_history"] = _Report(taken=usage)
        return Plan(rows=rows, tables=_told(found, reports), found=found, known=known)

    async def _take_values(
        self, found: Foreign, known: Known, rows: dict[str, list[Mapping[str, Any]]], reports: dict[str, _Report]
    ) -> None:
        """Take what the table of names and values has for us."""
        for row in await asyncio.to_thread(list, found.rows("key_value")):
            space = row.get("namespace")
            match space:
                case "modelAliases":
                    ours, taking = "model_aliases", alias_row(row, known)
                case "customModels":
                    ours, taking = "custom_models", model_rows(row, known)
                case _:
                    ours, taking = "settings", Taking(notes=[f"{str(space)[:60]}: {_OTHER}"])
            reports.setdefault("key_value", _Report()).note(taking)
            rows.setdefault(ours, []).extend(taking.rows)

    async def _known(self) -> Known:
        aliases = await self._aliases.list()
        return Known(
            now=self._clock.now_ms(),
            pepper=self._pepper(),
            seal=self._sealer.seal,
            prefixes={one.prefix: one.id for one in await self._nodes.list()},
            connections={(one.provider, one.name) for one in await self._connections.list()},
            combos={one.name for one in await self._combos.list()},
            aliases={one.pattern for one in aliases},
            position=max((one.position for one in aliases), default=0),
            digests={one.digest for one in await self._keys.list()},
            models={(one.provider, one.model) for one in await self._custom_models.list()},
        )

    async def add_usage(self, plan: Plan) -> None:
        """Add the log of their requests, in batches; what is known from an earlier import is not summed twice."""
        left = (usage_row(row, plan.known) for row in plan.found.rows("usage_history"))
        while batch := await asyncio.to_thread(lambda: list(islice(left, _BATCH))):
            await self._usage.write(batch)


def _told(found: Foreign, reports: Mapping[str, _Report]) -> Sequence[TakenTable]:
    """Return a report of every table of theirs that has rows."""
    told = []
    for table, count in found.counts.items():
        if table in reports:
            told.append(reports[table].shown(table))
        elif count:
            told.append(TakenTable(table=table, taken=0, skipped=count, reasons=[_OTHER]))
    return told
