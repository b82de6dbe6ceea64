"""Whether a tool is on this machine and runs: its command is looked up, and asked for its version. No shell."""

import asyncio
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from omniroute.kit.settings import Settings
from omniroute.services.client_tools.table import ToolRow


class Reason(StrEnum):
    """Why a tool cannot be used, or need not be there."""

    NOT_FOUND = "not_found"
    NOT_EXECUTABLE = "not_executable"
    HEALTHCHECK_FAILED = "healthcheck_failed"
    MISSING_COMMAND = "missing_command"
    NOT_REQUIRED = "not_required"


class Mode(StrEnum):
    """Where the operator says that tools run."""

    AUTO = "auto"
    HOST = "host"
    CONTAINER = "container"


_LONGEST_VERSION = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Whether a tool can be used here. `reason` says why it can't; `version` is what it says of itself."""

    installed: bool
    runnable: bool
    command: str | None
    command_path: str | None
    runtime_mode: Mode
    reason: Reason | None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where tools are looked for. `commands` replaces a tool's command by id; `paths` come before those of PATH."""

    home: Path
    mode: Mode = Mode.AUTO
    paths: tuple[str, ...] = ()
    commands: Mapping[str, str]


def surroundings(settings: Settings) -> Surroundings:
    """Return where the settings say that tools are."""
    return Surroundings(
        home=settings.cli_config_home or Path.home(),
        mode=Mode(settings.cli_mode),
        paths=tuple(filter(None, settings.cli_extra_paths.split(os.pathsep))),
        commands=dict(settings.cli_commands),
    )


async def look(row: ToolRow, around: Surroundings) -> Runtime:
    """Find out whether a tool is here and runs; takes at most twice the tool's patience."""
    if row.command is None:
        return _runtime(around, reason=Reason.NOT_REQUIRED, runnable=True, installed=True)
    command = around.commands.get(row.id, row.command)
    if not command.strip():
        return _runtime(around, reason=Reason.MISSING_COMMAND)
    search = os.pathsep.join((*around.paths, os.defpath, *os.get_exec_path()))
    found = shutil.which(command, path=search)
    if found is None:
        is_there = shutil.which(command, mode=os.F_OK, path=search) is not None
        return _runtime(around, reason=Reason.NOT_EXECUTABLE if is_there else Reason.NOT_FOUND, command=command)
    for question in ("--version", "-v"):
        version = await _asked(found, question, search, around.home, row.patience_s)
        if version is not None:
            return _runtime(around, command=command, path=found, version=version, installed=True, runnable=True)
    return _runtime(around, reason=Reason.HEALTHCHECK_FAILED, command=command, path=found, installed=True)


def _runtime(  # the fields of one value
    around: Surroundings,
    *,
    reason: Reason | None = None,
    command: str | None = None,
    path: str | None = None,
    version: str | None = None,
    installed: bool = False,
    runnable: bool = False,
) -> Runtime:
    return Runtime(
        installed=installed,
        runnable=runnable,
        command=command,
        command_path=path,
        runtime_mode=around.mode,
        reason=reason,
        version=version,
    )


async def _asked(command: str, question: str, search: str, home: Path, patience_s: float) -> str | None:
    """Return the first line of what the tool answers, None where it fails or takes too long."""
    # Nothing of the gateway's own environment: a tool has no business with its secrets.
    environment = {"PATH": search, "HOME": str(home), "NO_COLOR": "1", "TERM": "dumb"}
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            command, question, stdin=nothing, stdout=pipe, stderr=nothing, env=environment, start_new_session=True
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(patience_s):
            output, _ = await process.communicate()
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = output.decode("utf-8", "replace").strip().splitlines() or [""]
    return lines[0][:_LONGEST_VERSION] if process.returncode == 0 else None
