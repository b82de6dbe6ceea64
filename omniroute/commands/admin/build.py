"""Makes typer commands of rows."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from omniroute.client import Client
from omniroute.commands.admin.options import Leaf, help_of, leaves, metavar
from omniroute.commands.admin.row import Row
from omniroute.commands.admin.running import Way, run

ProfileName = Annotated[
    str | None, typer.Option(metavar="NAME", help="Which profile to use.", rich_help_panel="Gateway and answer")
]
Url = Annotated[
    str | None, typer.Option(metavar="URL", help="The gateway's address.", rich_help_panel="Gateway and answer")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Answer in JSON, for scripts.", rich_help_panel="Gateway and answer")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.", rich_help_panel="Gateway and answer")]
_SHARED: Mapping[str, Any] = {"profile": ProfileName, "url": Url, "as_json": AsJson}


def add(app: typer.Typer, groups: Mapping[str, typer.Typer], rows: Sequence[Row]) -> None:
    """Add a command for each row: in the group that its path names, or at the top."""
    for row in rows:
        group, _, verb = row.path.rpartition(" ")
        (groups[group] if group else app).command(verb)(_command(row))


def _command(row: Row) -> Any:
    found = leaves(getattr(Client, row.does), row.hide)
    first = [next(leaf for leaf in found if leaf.name == name) for name in row.arguments]
    ordered = [*first, *(leaf for leaf in found if leaf.name not in row.arguments)]

    def command(**typed: Any) -> None:
        way = Way(
            profile=typed.pop("profile"),
            url=typed.pop("url"),
            as_json=typed.pop("as_json"),
            yes=typed.pop("yes", False),
        )
        run(row, ordered, way, typed)

    shared = {**_SHARED, "yes": Yes} if row.confirm else _SHARED
    parameters = [_parameter(leaf, is_word=leaf.name in row.arguments) for leaf in ordered]
    parameters += [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=kind,
            default=False if name in {"as_json", "yes"} else None,
        )
        for name, kind in shared.items()
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    words = row.words or inspect.getdoc(getattr(Client, row.does)) or ""
    command.__doc__ = f"{words}\n\n{row.note}" if row.note else words
    return command


def _parameter(leaf: Leaf, *, is_word: bool) -> inspect.Parameter:
    words = help_of(leaf)
    default: Any = inspect.Parameter.empty
    if is_word:
        kind: Any = list[str] if leaf.many else str
        shown = typer.Argument(metavar=leaf.name.upper(), help=words, show_default=False)
        if not leaf.needed:
            kind, default = kind | None, None
    elif leaf.kind is bool and not leaf.many:
        kind, default = bool | None, None
        shown = typer.Option(_switch(leaf.name), help=words, show_default=False)
    else:
        kind = list[str] | None if leaf.many else (str if leaf.needed else str | None)
        default = inspect.Parameter.empty if leaf.needed and not leaf.many else None
        shown = typer.Option(f"--{leaf.name}", metavar=metavar(leaf), help=words, show_default=False)
    return inspect.Parameter(
        leaf.parameter, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind, shown], default=default
    )


def _switch(name: str) -> str:
    other = name.removeprefix("no-") if name.startswith("no-") else f"no-{name}"
    return f"--{name}/--{other}"
