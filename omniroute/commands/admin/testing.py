"""Asks providers whether connections work, one after the other."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from omniroute.client import Client
from omniroute.commands.admin import finding, shown
from omniroute.commands.admin.build import AsJson, ProfileName, Url
from omniroute.commands.admin.running import Way

_FAILED = 1


def add(_app: typer.Typer, groups: Mapping[str, typer.Typer]) -> None:
    """Add the command."""
    groups["providers"].command("test")(check_connections)


def check_connections(
    names: Annotated[list[str] | None, typer.Argument(metavar="CONNECTION…", help="Ids or names; none: all.")] = None,
    profile: ProfileName = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Ask providers whether connections work; the exit code is 1 when one does not."""
    way = Way(profile=profile, url=url, as_json=as_json)
    failed: list[str] = []

    async def work(client: Client) -> None:
        listed = await client.provider_connections()
        wanted = [await finding.find(client, "connection", name) for name in names] if names else listed
        rows: list[dict[str, Any]] = []
        with _progress(quiet=as_json) as progress:
            for one in progress.track(wanted, description="Testing"):
                check = await client.test_provider_connection(one.id)
                rows.append({"id": one.id, "provider": one.provider, "name": one.name, **shown.plain(check)})
        failed.extend(row["id"] for row in rows if not row["valid"])
        if as_json:
            shown.tell_json(rows)
            return
        columns = ("provider", "name", "valid", "latencyMs", "model", "error")
        shown.console().print(shown.table(columns, ([row[one] for one in columns] for row in rows)))

    way.run(work)
    if failed:
        raise typer.Exit(_FAILED)


def _progress(*, quiet: bool) -> Progress:
    console = shown.console(errors=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)
