"""All names that a request's model may be called by, and the rule that none of them leads in a circle."""

from collections.abc import Iterable, Mapping

from omniroute.kit.errors import Conflict
from omniroute.routing.names import Names, Rule, Tangled, check, check_all, gathered
from omniroute.services.rules import fault
from omniroute.storage.aliases import Aliases
from omniroute.storage.combos import Combos
from omniroute.storage.nodes import Nodes
from omniroute.storage.rows import AliasRow, ComboRow, NodeRow
from omniroute.upstream.catalogue import CATALOGUE

LONGEST_MODEL = 256


def prefixes_of(nodes: Iterable[NodeRow]) -> dict[str, str]:
    """Map what may stand before the slash to provider ids; an operator's own nodes win."""
    prefixes = {name: record.id for record in CATALOGUE if record.supported for name in (record.alias, record.id)}
    for node in nodes:
        prefixes[node.prefix] = node.id
        prefixes[node.id] = node.id
    return prefixes


def names_of(prefixes: Mapping[str, str], combos: Iterable[ComboRow], aliases: Iterable[AliasRow]) -> Names:
    """Return the names as they are stored. A combo that is switched off keeps its name."""
    return gathered(
        prefixes,
        {row.name: [target["model"] for target in row.targets] for row in combos},
        [Rule(pattern=row.pattern, target=row.target) for row in aliases],
    )


class NameBook:
    """Looks at all names at once, with a change that is about to be made."""

    def __init__(self, *, nodes: Nodes, combos: Combos, aliases: Aliases) -> None:
        self._nodes = nodes
        self._combos = combos
        self._aliases = aliases

    async def check_combo(self, row: ComboRow) -> None:
        """Raise Unprocessable or Conflict when the combo would hide, be hidden, or go in circles."""
        prefixes = prefixes_of(await self._nodes.list())
        first = row.name.partition("/")[0]
        if first in prefixes:
            raise fault(
                "name", f"{first!r} is a provider's prefix, which would win over the combo: choose another name"
            )
        aliases = await self._aliases.list()
        if any(alias.pattern == row.name for alias in aliases):
            raise Conflict(f"{row.name!r} is an alias already: delete that, or choose another name", param="name")
        combos = [other for other in await self._combos.list() if other.id != row.id]
        _require_untangled(names_of(prefixes, [*combos, row], aliases), "targets")

    async def check_alias(self, row: AliasRow) -> None:
        """Raise Unprocessable when the alias, stored like this, would never apply or would lead in a circle."""
        prefixes = prefixes_of(await self._nodes.list())
        prefix, slash, _ = row.pattern.partition("/")
        if slash and prefix in prefixes:
            raise fault(
                "alias", f"{prefix!r} is a provider's prefix, which wins over an alias: this one would never apply"
            )
        combos = await self._combos.list()
        if any(combo.name == row.pattern for combo in combos):
            raise fault("alias", f"{row.pattern!r} is a combo, whose name wins: this alias would never apply")
        others = [other for other in await self._aliases.list() if other.pattern != row.pattern]
        aliases = sorted([*others, row], key=lambda one: (one.position, one.created_at, one.pattern))
        _require_untangled(names_of(prefixes, combos, aliases), "model")

    async def check_target(self, name: str, field: str) -> None:
        """Raise Unprocessable when the name, whoever uses it, leads in a circle or on for too long."""
        prefixes = prefixes_of(await self._nodes.list())
        try:
            check(names_of(prefixes, await self._combos.list(), await self._aliases.list()), name)
        except Tangled as error:
            raise fault(field, f"{error}. {_REMEDY}") from error


_REMEDY = "Write a model of a provider as provider/model, or take one of these names out."


def _require_untangled(names: Names, field: str) -> None:
    try:
        check_all(names)
    except Tangled as error:
        raise fault(field, f"{error}. {_REMEDY}") from error
