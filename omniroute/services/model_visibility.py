"""Which models an operator hides, kept in the settings' group `models`.

A hidden model is not listed, and a client that names it hears what it would hear of one that is not there. Combos and
aliases of the operator's own may still lead to it: that is what hiding is for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import MISSING

from omniroute.kit.events import ConfigurationChanged
from omniroute.services.changes import Changed, kept
from omniroute.services.names import LONGEST_MODEL
from omniroute.services.rules import fault, line
from omniroute.storage.settings import SettingGroups

MOST_HIDDEN = 1_000
_GROUP = "models"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visibility:
    """The names that are hidden, as provider/model; * stands for any letters."""

    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VisibilityChange:
    """What to change; `hide` and `show` add to and take from the list."""

    hidden: Sequence[str] | MISSING = MISSING
    hide: str | MISSING = MISSING
    show: str | MISSING = MISSING


async def read_hidden(groups: SettingGroups) -> tuple[str, ...]:
    """Return the names that are hidden."""
    stored = await groups.get(_GROUP)
    return tuple((stored or {}).get("hidden", ()))


class ModelVisibility:
    """Reads and changes it."""

    def __init__(self, *, groups: SettingGroups, changed: Changed) -> None:
        self._groups = groups
        self._changed = changed

    async def get(self) -> Visibility:
        """Return what is hidden."""
        return Visibility(hidden=await read_hidden(self._groups))

    async def update(self, change: VisibilityChange) -> Visibility:
        """Change what is hidden; raise Unprocessable on a bad value."""
        hidden = [_checked(one) for one in kept(change.hidden, (await self.get()).hidden)]
        if change.hide is not MISSING:
            hidden.append(_checked(change.hide))
        if change.show is not MISSING:
            hidden = [one for one in hidden if one != change.show]
        if len(hidden) > MOST_HIDDEN:
            raise fault("hidden", f"{MOST_HIDDEN} names may be hidden: use * to cover several")
        new = Visibility(hidden=tuple(dict.fromkeys(hidden)))
        await self._groups.put(_GROUP, {"hidden": list(new.hidden)})
        await self._changed(ConfigurationChanged(noun="settings", id=_GROUP))
        return new


def _checked(name: str) -> str:
    text = line(name, "hidden", most=LONGEST_MODEL)
    if "/" not in text:
        raise fault("hidden", f"{text!r} names no provider: write provider/model, or */model for all")
    return text
