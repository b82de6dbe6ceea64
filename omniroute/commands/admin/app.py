"""The commands of `omniroute admin` that speak to a gateway, put together."""

import typer

from omniroute.commands.admin import build, documents, profile_commands, setting_commands, testing, watching
from omniroute.commands.admin.rows import GROUPS, ROWS

CODES = (
    "Exit codes: 0 done, 1 refused or not valid, 2 wrong usage, 3 the gateway cannot be reached, "
    "4 not allowed, 5 the gateway failed or is of another version."
)


def make() -> typer.Typer:
    """Return the commands."""
    app = typer.Typer()
    groups = {
        name: typer.Typer(name=name, help=words, no_args_is_help=True, epilog=CODES) for name, words in GROUPS.items()
    }
    build.add(app, groups, ROWS)
    for part in (profile_commands, setting_commands, testing, watching, documents):
        part.add(app, groups)
    for name, group in groups.items():
        app.add_typer(group, name=name)
    return app
