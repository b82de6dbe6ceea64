"""Become the gateway's process: a fresh interpreter in this one's place, without what the command line imported.

typer brings pydantic and rich, 9 MB that a gateway would carry for life. The process keeps its id, so whoever watches
it (systemd, a shell) sees one program.
"""

import os
import sys
from collections.abc import Mapping
from typing import NoReturn


def launch(options: Mapping[str, object]) -> NoReturn:
    """Run the server with these settings (environment variable → value, None for not given) over the environment's."""
    given = {name: str(value) for name, value in options.items() if value is not None}
    sys.stdout.flush()
    sys.stderr.flush()
    arguments = [sys.executable, "-P", "-m", "omniroute.commands.process"]
    os.execve(sys.executable, arguments, {**os.environ, **given})  # noqa: S606 - our own interpreter
