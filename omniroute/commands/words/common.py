"""What commands have in common: options, and how a result is told."""

from pathlib import Path
from typing import Annotated, Any

import typer

DataDir = Annotated[Path | None, typer.Option(help="Folder of the database and the key file.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for scripts.")]


def tell(result: dict[str, Any], *, as_json: bool) -> None:
    """Print a result: JSON for scripts, one line a fact for people."""
    if as_json:
        from omniroute.kit.json import dumps

        typer.echo(dumps(result))
        return
    for label, value in result.items():
        typer.echo(f"{label}: {value}")
