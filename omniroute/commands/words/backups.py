"""`omniroute backup …`

Nothing heavy is imported until a command runs, so that --help answers at once.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from omniroute.commands.words.common import AsJson, DataDir, tell

backup = typer.Typer(help="Back this installation up, and put a backup back.", no_args_is_help=True)


# By a variable, as what stands on a command line is seen by everybody on the machine.
PassphraseOption = Annotated[
    str | None,
    typer.Option(envvar="OMNIROUTE_BACKUP_PASSPHRASE", help="Encrypts a backup, or opens an encrypted one."),
]
Which = Annotated[str, typer.Argument(help="A backup's id, or a backup file that lies elsewhere.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@backup.command("create")
def create_backup(
    reason: Annotated[str, typer.Option(help="What it is made for: small letters and hyphens.")] = "manual",
    passphrase: PassphraseOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a backup of this moment; the gateway may serve meanwhile."""
    from omniroute.commands.backup import create as run

    tell(run({"data_dir": data_dir}, reason, passphrase, quiet=as_json), as_json=as_json)


@backup.command("list")
def list_backups(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List backups, the newest first."""
    from omniroute.commands.backup import list_all as run

    found = run({"data_dir": data_dir})
    if as_json:
        tell({"backups": found}, as_json=True)
        return
    for one in found:
        kind = "encrypted" if one["encrypted"] else "plain"
        typer.echo(f"{one['id']}  {one['size']:>12,} bytes  {kind}  {one['connection_count']} connections")
    if not found:
        typer.echo("There are no backups yet: omniroute backup create")


@backup.command("verify")
def verify_backup(
    which: Which, passphrase: PassphraseOption = None, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Read a backup from end to end; the exit code is 1 when it cannot be restored here."""
    from omniroute.commands.backup import verify as run

    _judge(run({"data_dir": data_dir}, which, passphrase), as_json=as_json)


@backup.command("drill")
def drill_backup(
    which: Annotated[str | None, typer.Argument(help="A backup's id or file; the newest without it.")] = None,
    passphrase: PassphraseOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into a database that is thrown away; the exit code is 1 when a row is not as it was."""
    from omniroute.commands.backup import drill as run

    _judge(run({"data_dir": data_dir}, which, passphrase, quiet=as_json), as_json=as_json)


@backup.command("restore")
def restore_backup(
    which: Which,
    yes: Yes = False,
    passphrase: PassphraseOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the place of everything; what is there now is backed up first."""
    from omniroute.commands.backup import restore as run

    if not yes and not as_json:
        typer.confirm(f"Replace everything in this installation by {which}?", abort=True)
    tell(run({"data_dir": data_dir}, which, passphrase, quiet=as_json), as_json=as_json)


@backup.command("export")
def export_backup(
    target: Annotated[Path | None, typer.Argument(help="A new file, or a folder; this one without it.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="An archive with readable lists beside it.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Write everything to one SQLite file."""
    from omniroute.commands.backup import export as run

    tell(run({"data_dir": data_dir}, target, everything=everything, quiet=as_json), as_json=as_json)


@backup.command("import")
def import_backup(
    file: Annotated[Path, typer.Argument(help="A SQLite file, an exported archive, or a backup.")],
    yes: Yes = False,
    passphrase: PassphraseOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Take what a file holds, also one of the original OmniRoute; what is there now is backed up first."""
    from omniroute.commands.backup import facts
    from omniroute.commands.backup import take as run

    if not yes and not as_json:
        typer.confirm(f"Take what {file} holds? A file of ours takes the place of everything.", abort=True)
    done = run({"data_dir": data_dir}, file, passphrase, quiet=as_json)
    tell(done if as_json else facts(done), as_json=as_json)


def _judge(found: dict[str, Any], *, as_json: bool) -> None:
    tell(found | {"faults": list(found["faults"])}, as_json=as_json)
    if not found["ok"]:
        raise typer.Exit(1)
