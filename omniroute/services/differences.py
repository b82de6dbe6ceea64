"""What a document would change: compared thing by thing and field by field. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

HIDDEN = "****"
_SECRETS = frozenset({"apiKey", "password"})


class Action(StrEnum):
    """What becomes of a thing."""

    CREATE = "create"
    UPDATE = "update"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """A field's value before and after, as JSON; secrets are masked."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What becomes of one thing of a section."""

    section: str
    name: str
    action: Action
    changes: tuple[FieldChange, ...]


def difference(
    section: str, name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> Difference:
    """Return how a thing changes; None before or after means that it is not there."""
    action = Action.CREATE if before is None else Action.REMOVE if after is None else Action.UPDATE
    old, new = before or {}, after or {}
    names = [*old, *(one for one in new if one not in old)]
    changed = [one for one in names if old.get(one) != new.get(one)]
    return Difference(
        section=section,
        name=name,
        action=action,
        changes=tuple(_change(one, old.get(one), new.get(one)) for one in changed),
    )


def _change(name: str, before: Any, after: Any) -> FieldChange:
    if name in _SECRETS:
        return FieldChange(field=name, before=HIDDEN if before else None, after=HIDDEN if after else None)
    if name == "headers":
        return FieldChange(field=name, before=_masked(before), after=_masked(after))
    return FieldChange(field=name, before=before, after=after)


def _masked(headers: Any) -> Any:
    return dict.fromkeys(headers, HIDDEN) if isinstance(headers, dict) else headers
