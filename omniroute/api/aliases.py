"""Model aliases: other names for models and combos."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from omniroute.api.operation import Call
from omniroute.api.shapes import WHOLE, Done, adopt, shape
from omniroute.services.aliases import MOST_POSITION, Alias, AliasDraft
from omniroute.services.collection import Services
from omniroute.services.names import LONGEST_MODEL

_Name = Annotated[str, Field(min_length=1, max_length=LONGEST_MODEL)]


@shape
class NewAlias(AliasDraft):
    """An alias and what it means. `*` stands for any text and `?` for one character."""

    alias: _Name
    model: _Name
    position: Annotated[int, Field(ge=0, le=MOST_POSITION), WHOLE] | None = None


@shape
class AliasSet(Alias):
    """The alias as it holds now."""

    success: bool = True


@shape
class AliasQuery:
    """Which alias."""

    alias: str


@shape
class AliasMap:
    """All aliases: what each means, and in which order those with wildcards are looked at."""

    aliases: Mapping[str, str]
    rules: Sequence[Alias]


async def show_all(services: Services, _call: Call[None, None]) -> AliasMap:
    """List all aliases."""
    rules = await services.aliases.list()
    return AliasMap(aliases={rule.alias: rule.model for rule in rules}, rules=rules)


async def put(services: Services, call: Call[NewAlias, None]) -> AliasSet:
    """Set an alias."""
    return adopt(AliasSet, await services.aliases.set(call.body))


async def delete(services: Services, call: Call[None, AliasQuery]) -> Done:
    """Remove an alias."""
    await services.aliases.delete(call.query.alias)
    return Done(message="alias removed")
