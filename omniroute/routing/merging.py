"""Three-way merge of two sets of named objects that went different ways from a common one; pure.

What only one side changed is taken from it. What both changed to the same is the same. What both changed in different
ways is a conflict: each side keeps its own until somebody chooses. An object that is not there counts as a value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# Objects by their names; a value is a JSON object.
Objects = Mapping[str, Mapping[str, Any]]


class Side(StrEnum):
    """Whose version of an object is to hold."""

    OURS = "ours"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """An object that both sides changed; None where a side has removed it."""

    name: str
    base: Mapping[str, Any] | None
    ours: Mapping[str, Any] | None
    theirs: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What each side is to have now, the base for the next merge, and what nobody decided yet."""

    ours: Objects
    theirs: Objects
    base: Objects
    clashes: tuple[Clash, ...]


def merge(base: Objects, ours: Objects, theirs: Objects) -> Merged:
    """Merge. Where there is no clash both sides are to have the same."""
    new: dict[str, dict[str, Mapping[str, Any]]] = {"ours": {}, "theirs": {}, "base": {}}
    clashes: list[Clash] = []
    for name in sorted({*base, *ours, *theirs}):
        before, mine, other = base.get(name), ours.get(name), theirs.get(name)
        if mine in (other, before):
            results = (other, other, other)
        elif other == before:
            results = (mine, mine, mine)
        else:
            clashes.append(Clash(name=name, base=before, ours=mine, theirs=other))
            results = (mine, other, before)
        for side, value in zip(new.values(), results, strict=True):
            if value is not None:
                side[name] = value
    return Merged(ours=new["ours"], theirs=new["theirs"], base=new["base"], clashes=tuple(clashes))


def settled(base: Objects, clash: Clash, side: Side) -> Objects:
    """Return the base with which the next merge takes the chosen side.

    The side that gives way counts as unchanged. Had it changed once more by then, it is a clash again.
    """
    value = clash.theirs if side is Side.OURS else clash.ours
    rest = {name: one for name, one in base.items() if name != clash.name}
    return rest if value is None else rest | {clash.name: value}
