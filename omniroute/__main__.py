"""The command line. Nothing heavy is imported until a command needs it, so that --help answers at once."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from omniroute import __version__

cli = typer.Typer(
    name="omniroute",
    help="One self-hosted endpoint for many AI providers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
admin = typer.Typer(help="Administer this installation: passwords and keys.", no_args_is_help=True)
cli.add_typer(admin, name="admin")
backup = typer.Typer(help="Back this installation up, and put a backup back.", no_args_is_help=True)
cli.add_typer(backup, name="backup")

tools = typer.Typer(help="Point client tools on this machine at this gateway.", no_args_is_help=True)
cli.add_typer(tools, name="tools")

evals = typer.Typer(help="Ask models questions with known answers, and compare them.", no_args_is_help=True)
cli.add_typer(evals, name="eval")
audit = typer.Typer(help="Check the audit log, and write it out.", no_args_is_help=True)
cli.add_typer(audit, name="audit")

DataDir = Annotated[Path | None, typer.Option(help="Folder of the database and the key file.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for scripts.")]


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

    _tell(run({"data_dir": data_dir}), as_json=as_json)


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
        _tell({"findings": told}, as_json=True)
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
    """Set the operator's password; every other session ends."""
    from omniroute.commands.admin import set_password as run

    _tell(run({"data_dir": data_dir}, password), as_json=as_json)


@admin.command("create-key")
def create_key(
    name: Annotated[str, typer.Option(help="What the key is for.")],
    scope: Annotated[list[str] | None, typer.Option(help="inference or admin; may be given twice.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key and show it, once."""
    from omniroute.commands.admin import create_key as run

    _tell(run({"data_dir": data_dir}, name, scope or ["inference"]), as_json=as_json)


@backup.command("create")
def create_backup(
    reason: Annotated[str, typer.Option(help="What it is made for: small letters and hyphens.")] = "manual",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a backup of this moment; the gateway may serve meanwhile."""
    from omniroute.commands.backup import create as run

    _tell(run({"data_dir": data_dir}, reason, quiet=as_json), as_json=as_json)


@backup.command("list")
def list_backups(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List backups, the newest first."""
    from omniroute.commands.backup import list_all as run

    found = run({"data_dir": data_dir})
    if as_json:
        _tell({"backups": found}, as_json=True)
        return
    for one in found:
        typer.echo(f"{one['id']}  {one['size']:>12,} bytes  {one['connection_count']} connections")
    if not found:
        typer.echo("There are no backups yet: omniroute backup create")


Which = Annotated[str, typer.Argument(help="A backup's id, or a backup file that lies elsewhere.")]


@backup.command("verify")
def verify_backup(which: Which, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Read a backup from end to end; the exit code is 1 when it cannot be restored here."""
    from omniroute.commands.backup import verify as run

    found = run({"data_dir": data_dir}, which)
    _tell(found | {"faults": list(found["faults"])}, as_json=as_json)
    if not found["ok"]:
        raise typer.Exit(1)


@backup.command("restore")
def restore_backup(
    which: Which,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the place of everything; what is there now is backed up first."""
    from omniroute.commands.backup import restore as run

    if not yes and not as_json:
        typer.confirm(f"Replace everything in this installation by {which}?", abort=True)
    _tell(run({"data_dir": data_dir}, which, quiet=as_json), as_json=as_json)


Tool = Annotated[str, typer.Argument(help="The tool's id: claude, codex, droid, openclaw, gemini, qwen and others.")]
Preview = Annotated[bool, typer.Option("--preview", help="Show the difference, write nothing.")]


@tools.command("list")
def list_tools(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the client tools that are known, and which are on this machine."""
    from omniroute.commands.tools import list_all as run

    found = run({"data_dir": data_dir})
    if as_json:
        _tell({"tools": found}, as_json=True)
        return
    for one in found:
        state = one["version"] or ("is here" if one["installed"] else "is not here")
        typer.echo(f"{one['tool_id']:<10} {state:<40} {'asks ' + one['asks'] if one['asks'] else ''}".rstrip())


@tools.command("apply")
def apply_tool(
    tool: Tool,
    model: Annotated[str, typer.Option(help="The model, alias or combo that it is to use.")],
    preview: Preview = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Point a tool at this gateway, with a key made for it; its files are copied first."""
    from omniroute.commands.tools import apply as run

    _tell_change(run({"data_dir": data_dir}, tool, model, preview=preview), as_json=as_json)


@tools.command("reset")
def reset_tool(tool: Tool, preview: Preview = False, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Take back what pointed a tool at this gateway."""
    from omniroute.commands.tools import reset as run

    _tell_change(run({"data_dir": data_dir}, tool, preview=preview), as_json=as_json)


def _tell_change(change: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        _tell(change, as_json=True)
        return
    for file in change["files"]:
        typer.echo(file["difference"])
        if file["copy"]:
            typer.echo(f"A copy of what was there: {file['copy']}")
    if not change["files"]:
        typer.echo("Nothing changes.")


@evals.command("list")
def list_suites(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List suites: those that come with OmniRoute, and YAML files in `evals/` of the data folder."""
    from omniroute.commands.evals import list_all as run

    found = run({"data_dir": data_dir})
    if as_json:
        _tell({"suites": found}, as_json=True)
        return
    for one in found:
        typer.echo(f"{one['id']:<24} {one['case_count']:>4} cases  {one['description']}")


@evals.command("run")
def run_suite(
    suite: Annotated[str, typer.Argument(help="A suite's id.")],
    *,
    model: Annotated[
        list[str] | None, typer.Option(help="A model or combo to ask; may be given several times.")
    ] = None,
    outputs: Annotated[Path | None, typer.Option(help="A JSON file of answers by case, instead of asking.")] = None,
    judge: Annotated[str | None, typer.Option(help="The model that judges where a case names none.")] = None,
    parallel: Annotated[int, typer.Option(help="How many cases are asked at once.")] = 4,
    max_cost: Annotated[float | None, typer.Option(help="US dollars after which a run asks no more.")] = None,
    least: Annotated[float, typer.Option(help="Percent that each run must pass; else the exit code is 1.")] = 0.0,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Run a suite, and say which model is better and what it cost. The exit code tells whether enough was passed."""
    from omniroute.commands.evals import Wish
    from omniroute.commands.evals import run as run_it

    wish = Wish(suite=suite, models=model or [], outputs=outputs, judge=judge, parallel=parallel, max_cost=max_cost)
    found = run_it({"data_dir": data_dir}, wish, quiet=as_json)
    if as_json:
        _tell(found, as_json=True)
    else:
        for row in found["lines"]:
            typer.echo(row)
    if found["lowest"] < least:
        raise typer.Exit(1)


@audit.command("verify")
def verify_audit(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Read the audit log from end to end; the exit code is 1 when a row was changed, removed or moved."""
    from omniroute.commands.audit import verify as run

    found = run({"data_dir": data_dir}, quiet=as_json)
    _tell(found | {"faults": list(found["faults"])}, as_json=as_json)
    if not found["ok"]:
        raise typer.Exit(1)


@audit.command("export")
def export_audit(
    file: Annotated[Path | None, typer.Option(help="File to write; standard output without one.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Write every entry as a line of JSON, the oldest first."""
    from omniroute.commands.audit import export as run

    count = run({"data_dir": data_dir}, file)
    if file is not None:
        typer.echo(f"{count:,} entries written to {file}")


def _tell(result: dict[str, Any], *, as_json: bool) -> None:
    """Print a result: JSON for scripts, one line a fact for people."""
    if as_json:
        from omniroute.kit.json import dumps

        typer.echo(dumps(result))
        return
    for label, value in result.items():
        typer.echo(f"{label}: {value}")


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
