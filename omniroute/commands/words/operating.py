"""`omniroute tools …`, `omniroute eval …` and `omniroute audit …`.

Nothing heavy is imported until a command runs, so that --help answers at once.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from omniroute.commands.words.common import AsJson, DataDir, tell

tools = typer.Typer(help="Point client tools on this machine at this gateway.", no_args_is_help=True)
evals = typer.Typer(help="Ask models questions with known answers, and compare them.", no_args_is_help=True)
audit = typer.Typer(help="Check the audit log, and write it out.", no_args_is_help=True)

Tool = Annotated[str, typer.Argument(help="The tool's id: claude, codex, droid, openclaw, gemini, qwen and others.")]
Preview = Annotated[bool, typer.Option("--preview", help="Show the difference, write nothing.")]


@tools.command("list")
def list_tools(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the client tools that are known, and which are on this machine."""
    from omniroute.commands.tools import list_all as run

    found = run({"data_dir": data_dir})
    if as_json:
        tell({"tools": found}, as_json=True)
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
        tell(change, as_json=True)
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
        tell({"suites": found}, as_json=True)
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
        tell(found, as_json=True)
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
    tell(found | {"faults": list(found["faults"])}, as_json=as_json)
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
