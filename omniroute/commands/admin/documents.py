"""The configuration as one YAML document: exported, compared, applied."""

from collections.abc import Mapping

import typer


def add(app: typer.Typer, _groups: Mapping[str, typer.Typer]) -> None:
    """Add the commands."""
    del app
