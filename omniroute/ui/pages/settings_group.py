"""One group of settings as a card: what holds now, to change and save, with the schema's errors at the fields."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from omniroute.ui.door import Data, Document
from omniroute.ui.forms import Panel, flat, nested
from omniroute.ui.parts import card
from omniroute.ui.visit import Visit

Options = Callable[[Visit], Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`path` is its place in the input; `kind` is a method of Form; `label` names the text where the path does not."""

    path: str
    kind: str = "number"
    options: Options | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """`name` begins the texts' names. `kept` are values that no field shows and the input must repeat."""

    name: str
    query: Document
    update: Document
    fields: Sequence[Field]
    kept: Sequence[str] = ()
    more: Callable[[Panel, Data], None] | None = None
    into: Callable[[dict[str, Any]], dict[str, Any]] = field(default=nested)


async def show_group(visit: Visit, group: Group, done: Callable[[Data], Awaitable[None]] | None = None) -> None:
    """Ask what holds, and build the card."""
    data = await visit.tell(group.query)
    if data is None:
        return
    (holds,) = data.values()
    with card(visit.say(f"{group.name}.title"), hint=visit.say(f"{group.name}.about")):
        fill(visit, group, flat(holds), done)


def fill(
    visit: Visit, group: Group, values: Mapping[str, Any], done: Callable[[Data], Awaitable[None]] | None = None
) -> None:
    """Build the fields and the button of a group."""
    panel = Panel(visit)
    with panel.body():
        for one in group.fields:
            add(visit, panel, group.name, one, values.get(one.path))

    def variables(given: dict[str, Any]) -> dict[str, Any]:
        return {"input": group.into({**{name: values.get(name) for name in group.kept}, **given})}

    async def nothing(_result: Data) -> None: ...

    panel.act(visit.say("act.save"), group.update, variables, done or nothing)


def add(visit: Visit, panel: Panel, group: str, one: Field, value: Any) -> None:
    """Add one field to a form."""
    label = visit.say(f"{group}.{one.label or one.path}")
    if one.kind in {"choice", "several"}:
        options = one.options(visit) if one.options else {}
        getattr(panel, one.kind)(one.path, label, options, value)
    elif one.kind == "switch":
        panel.switch(one.path, label, value=bool(value)).classes("form-wide")
    else:
        getattr(panel, one.kind)(one.path, label, "" if value is None and one.kind in {"line", "long"} else value)


def words(prefix: str, names: Sequence[str]) -> Options:
    """Return options whose texts are named by a prefix and the option itself, in small letters."""
    return lambda visit: {name: visit.say(f"{prefix}.{name.lower()}") for name in names}
