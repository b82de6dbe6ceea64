"""What every command begins with: settings, logging, the data folder, a database of this version's schema."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from omniroute.kit.errors import OmniError
from omniroute.kit.log import configure
from omniroute.kit.settings import BadSetting, Environment, Settings, read
from omniroute.storage.schema import needs_migration

try:
    from uvloop import new_event_loop
except ImportError:  # uvloop has no build for this platform
    from asyncio import new_event_loop  # type: ignore[assignment]  # the standard loop serves as well

Overrides = Mapping[str, object]
T = TypeVar("T")


class NotMigrated(OmniError):
    """The database could not be brought to this version's schema; the message is the migration's own."""

    code = "migration_failed"


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the fastest loop there is."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)


def told(command: Callable[[], None]) -> int:
    """Run a command; an error of ours is one line, without a traceback. Return the exit code."""
    try:
        command()
    except OmniError as error:
        sys.stderr.write(f"omniroute: {error.message}\n")
        return 2
    return 0


def prepare(overrides: Overrides) -> Environment:
    """Read the settings, set up logging, make the data folder."""
    environment = read(overrides)
    settings = environment.settings
    configure(level=settings.log_level, style=settings.log_format)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadSetting(f"DATA_DIR: {settings.data_dir} cannot be used: {error.strerror}") from error
    return environment


async def migrated(settings: Settings) -> None:
    """Bring the database up to date where it is not; in a process of its own, which takes its memory along."""
    if not await needs_migration(settings.database):
        return
    command = [sys.executable, "-P", "-m", "omniroute", "migrate", "--data-dir", str(settings.data_dir)]
    done = await asyncio.to_thread(
        subprocess.run, command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise NotMigrated(done.stdout.strip().removeprefix("omniroute: ") or "the migration failed")
