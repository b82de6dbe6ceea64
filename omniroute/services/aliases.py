"""Aliases: other names for models and combos. One may have wildcards; then the first that covers a name counts."""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime

from omniroute.kit.clock import Clock
from omniroute.kit.events import ConfigurationChanged
from omniroute.routing.names import is_wild
from omniroute.services.changes import Changed
from omniroute.services.moments import moment
from omniroute.services.names import LONGEST_MODEL, NameBook
from omniroute.services.rules import fault, line, within
from omniroute.storage.aliases import Aliases as AliasRows
from omniroute.storage.rows import AliasRow

MOST_ALIASES = 1_000
MOST_POSITION = 1_000_000
_BLANK = re.compile(r"\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """An alias: what a client may write, and what it means. Lower `position` comes first."""

    alias: str
    model: str
    position: int
    is_wildcard: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasDraft:
    """An alias to be set; without `position` it keeps its own, or comes last."""

    alias: str
    model: str
    position: int | None = None


class Aliases:
    """Sets, lists and removes aliases."""

    def __init__(self, *, rows: AliasRows, names: NameBook, clock: Clock, changed: Changed) -> None:
        self._rows = rows
        self._names = names
        self._clock = clock
        self._changed = changed
        self._changing = asyncio.Lock()

    async def list(self) -> tuple[Alias, ...]:
        """Return all aliases in the order in which they apply."""
        return tuple(_shown(row) for row in await self._rows.list())

    async def set(self, draft: AliasDraft) -> Alias:
        """Set an alias, over what it meant before; raise Unprocessable when it never applies or goes in circles."""
        now = self._clock.now_ms()
        pattern = line(draft.alias, "alias", most=LONGEST_MODEL)
        if _BLANK.search(pattern):
            raise fault("alias", "alias must not hold blanks")
        async with self._changing:
            rows = await self._rows.list()
            old = next((row for row in rows if row.pattern == pattern), None)
            if old is None and len(rows) >= MOST_ALIASES:
                raise fault("alias", f"there are {MOST_ALIASES} aliases, which is the limit: one with * covers many")
            row = AliasRow(
                pattern=pattern,
                target=line(draft.model, "model", most=LONGEST_MODEL),
                position=_position(draft.position, old, rows),
                created_at=now if old is None else old.created_at,
                updated_at=now,
            )
            await self._names.check_alias(row)
            await self._rows.put(row)
        await self._tell(pattern)
        return _shown(row)

    async def delete(self, alias: str) -> None:
        """Remove an alias; raise NotFound."""
        await self._rows.delete(alias)
        await self._tell(alias)

    async def _tell(self, pattern: str) -> None:
        await self._changed(ConfigurationChanged(noun="aliases", id=pattern))


def _position(wanted: int | None, old: AliasRow | None, rows: tuple[AliasRow, ...]) -> int:
    if wanted is not None:
        return within(wanted, "position", least=0, most=MOST_POSITION)
    if old is not None:
        return old.position
    return min(max((row.position for row in rows), default=0) + 1, MOST_POSITION)


def _shown(row: AliasRow) -> Alias:
    return Alias(
        alias=row.pattern,
        model=row.target,
        position=row.position,
        is_wildcard=is_wild(row.pattern),
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )
