"""The configuration as one document: exported, compared with what is there, and applied, all of it or nothing.

A plan is an application that is taken back at its end, so that it tells exactly what would happen, faults included.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from omniroute.kit.errors import FieldFault, OmniError
from omniroute.kit.events import ConfigurationChanged
from omniroute.kit.json import JsonObject
from omniroute.services.changes import Changed
from omniroute.services.configuration_rules import KeySection, KeyText
from omniroute.services.configuration_sections import Section
from omniroute.services.differences import Difference, difference
from omniroute.services.document import VERSION, Document, read, written

# Begins one transaction of all that repositories do inside.
Together = Callable[[], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a document changes. `keys` are the texts of new keys, by name; a plan has none.

    `others` are things of the document's sections that it does not name: they stay, unless it prunes.
    """

    applied: bool
    differences: tuple[Difference, ...]
    others: tuple[str, ...]
    keys: tuple[KeyText, ...]


NOBODY = "unknown"


class _TakenBack(Exception):
    """Ends a plan's transaction."""


class Gathered:
    """Keeps what services tell of their changes until these are certain."""

    def __init__(self) -> None:
        self.events: dict[ConfigurationChanged, None] = {}

    async def __call__(self, event: ConfigurationChanged) -> None:
        """Keep one."""
        self.events[event] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """The sections in the order in which they build on one another."""

    all: Sequence[Section]
    keys: KeySection
    gathered: Gathered


class Configuration:
    """Exports, plans and applies."""

    def __init__(self, *, sections: Callable[[str], Sections], together: Together, changed: Changed) -> None:
        self._sections = sections
        self._together = together
        self._changed = changed
        self._applying = asyncio.Lock()

    async def export(self) -> JsonObject:
        """Return the whole configuration without secrets; the same configuration gives the same document."""
        found: JsonObject = {"version": VERSION}
        async with self._together():
            for section in self._sections(NOBODY).all:
                current = await section.current()
                found[section.name] = _exported(section.name, current)
        return found

    async def plan(self, document: Any, *, prune: bool = False, author: str = NOBODY) -> Outcome:
        """Tell what applying would change or why it would fail; nothing is changed."""
        return await self._run(document, prune=prune, author=author, keep=False)

    async def apply(self, document: Any, *, prune: bool = False, author: str = NOBODY) -> Outcome:
        """Make the configuration as the document says; on any error nothing is changed.

        `prune` removes what the document's sections do not name. `author` is the address of whoever asks.
        """
        return await self._run(document, prune=prune, author=author, keep=True)

    async def _run(self, document: Any, *, prune: bool, author: str, keep: bool) -> Outcome:
        wanted = read(document)
        async with self._applying:
            sections = self._sections(author)
            found: list[Difference] = []
            others: list[str] = []
            try:
                async with self._together():
                    for section in sections.all:
                        await _applied(section, wanted, found, others, prune=prune)
                    _end(keep=keep)
            except _TakenBack:
                return Outcome(applied=False, differences=tuple(found), others=tuple(others), keys=())
            for event in sections.gathered.events:
                await self._changed(event)
        keys = tuple(sections.keys.made)
        return Outcome(applied=True, differences=tuple(found), others=tuple(others), keys=keys)


def _end(*, keep: bool) -> None:
    if not keep:
        raise _TakenBack


async def _applied(
    section: Section, document: Document, found: list[Difference], others: list[str], *, prune: bool
) -> None:
    wanted = section.wanted(document)
    if wanted is None:
        return
    current = await section.current()
    for name in current:
        if name in wanted:
            continue
        if not prune or section.name == "settings":
            others += [f"{section.name}/{name}"] * (section.name != "settings")
            continue
        await section.remove(name)
        found.append(difference(section.name, name, _fields(current[name]), None))
    for number, (name, entry) in enumerate(wanted.items()):
        there = current.get(name)
        settled = section.settled(entry, there)
        before = None if there is None else _fields(there)
        after = _fields(settled)
        if before == after:
            continue
        place = f"settings.{name}" if section.name == "settings" else f"{section.name}.{number}"
        with _placed(place):
            await section.put(name, settled, there, place)
        found.append(difference(section.name, name, before, after))


class _placed:  # noqa: N801 - reads as the context it is
    """Says in an error where in the document it is."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if not isinstance(error, OmniError):
            return
        if not error.message.startswith(self._place):
            error.message = f"{self._place}: {error.message}"
            error.args = (error.message,)
        error.details = tuple(self._in_place(one) for one in error.details)

    def _in_place(self, one: FieldFault) -> FieldFault:
        if one.field.startswith(self._place):
            return one
        return FieldFault(field=f"{self._place}.{one.field}", message=one.message)


def _fields(entry: Any) -> Mapping[str, Any]:
    made = written(entry)
    return made if isinstance(made, dict) else {"value": made}


def _exported(name: str, current: Mapping[str, Any]) -> Any:
    if name == "settings":
        return {group: written(one) for group, one in current.items()}
    if name == "aliases":
        return [written(one) for one in current.values()]
    return [written(current[one]) for one in sorted(current)]
