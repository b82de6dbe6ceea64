"""The command line. Nothing heavy is imported until a command needs it, so that --help answers at once."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from omniroute import __version__
from omniroute.commands.words import backups, operating
from omniroute.commands.words.common import AsJson, DataDir, tell

cli = typer.Typer(
    name="omniroute",
    help="One self-hosted endpoint for many AI providers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class _Admin(TyperGroup):
    """The commands that speak to a gateway, which are made when somebody asks for one of them."""

    def _made(self) -> dict[str, Any]:
        from omniroute.commands.admin.app import make

        if not self._full:
            group: Any = typer.main.get_group(make())
            self.commands.update(group.commands)
            self._full = True
        return dict(self.commands)

    _full = False

    def list_commands(self, ctx: Any) -> list[str]:
        """List all of them."""
        del ctx
        return list(self._made())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return one; those that work on this machine's own installation need nothing made."""
        return self.commands.get(cmd_name) or super().get_command(ctx, cmd_name) or self._made().get(cmd_name)


admin = typer.Typer(
    cls=_Admin,
    help="Administer a gateway, here or elsewhere: everything that the dashboard can, for scripts too.",
    epilog="Exit codes: 0 done, 1 refused or not valid, 2 wrong usage, 3 the gateway cannot be reached, 4 not allowed, "
    "5 the gateway failed or is of another version.",
    no_args_is_help=True,
)
cli.add_typer(admin, name="admin")
cli.add_typer(backups.backup, name="backup")
cli.add_typer(operating.tools, name="tools")
cli.add_typer(operating.evals, name="eval")
cli.add_typer(operating.audit, name="audit")


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"omniroute {__version__}")
        raise typer.Exit


@cli.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Serve as the parent of all commands."""


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (HOST).", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (PORT).", show_default=False)] = None,
    data_dir: DataDir = None,
    dashboard: Annotated[
        bool | None, typer.Option("--dashboard/--no-dashboard", help="Serve the dashboard.", show_default=False)
    ] = None,
) -> None:
    """Run the gateway."""
    from omniroute.commands.launch import launch

    launch({"HOST": host, "PORT": port, "DATA_DIR": data_dir, "DASHBOARD": dashboard})


@cli.command()
def demo(
    port: Annotated[int | None, typer.Option(help="Port to listen on (PORT).", show_default=False)] = None,
    traffic: Annotated[bool, typer.Option(help="Invent providers, a week of history, and clients that ask.")] = False,
) -> None:
    """Run a gateway with the demo provider in a folder that is thrown away afterwards."""
    from omniroute.commands.demo import demo as run

    run({"port": port}, traffic=traffic)


@cli.command()
def migrate(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Bring the database to this version's schema; `serve` does it by itself."""
    from omniroute.commands.migrate import migrate as run

    tell(run({"data_dir": data_dir}), as_json=as_json)


@cli.command()
def doctor(
    data_dir: DataDir = None,
    offline: Annotated[bool, typer.Option("--offline", help="Do not compare the clock over the network.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write a report for a bug report, without secrets.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look the installation over and say what to do; the exit code is 1 when something is wrong."""
    from omniroute.commands import doctor as checks

    found = checks.examine({"data_dir": data_dir}, offline=offline)
    if report is not None:
        checks.write_report(report, checks.report(found, {"data_dir": data_dir}))
    told = [{"check": one.check, "state": one.state, "told": one.told, "advice": one.advice} for one in found]
    if as_json:
        tell({"findings": told}, as_json=True)
    else:
        for one in told:
            typer.echo(f"{one['state']:<8} {one['check']}: {one['told']}")
            if one["advice"]:
                typer.echo(f"         → {one['advice']}")
    if any(one.state == "wrong" for one in found):
        raise typer.Exit(1)


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document of this version, as YAML."""
    from omniroute.api.openapi import text

    typer.echo(text(), nl=False)


@admin.command("set-password")
def set_password(
    data_dir: DataDir = None,
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="The new password.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Set the operator's password, on the gateway's machine; every other session ends."""
    from omniroute.commands.admin.local import set_password as run

    tell(run({"data_dir": data_dir}, password), as_json=as_json)


@admin.command("create-key")
def create_key(
    name: Annotated[str, typer.Option(help="What the key is for.")],
    scope: Annotated[list[str] | None, typer.Option(help="inference or admin; may be given twice.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key on the gateway's machine, and show it, once."""
    from omniroute.commands.admin.local import create_key as run

    tell(run({"data_dir": data_dir}, name, scope or ["inference"]), as_json=as_json)


def main() -> None:
    """Run the command line; an error of ours is one line, without a traceback."""
    from omniroute.kit.errors import OmniError

    try:
        cli()
    except OmniError as error:
        sys.stderr.write(f"omniroute: {error.message}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
