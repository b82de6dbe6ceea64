"""Looks an installation over without changing anything: what is wrong, and what to do about it.

Each check is a function that gives findings; a new check is a new line of the table at the end. A report names no
secret: settings that hold one are told as set or not set.
"""

import asyncio
import platform
import shutil
import socket
import stat
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal

import httpx

from omniroute import __version__
from omniroute.commands.prepare import Overrides, run
from omniroute.kit.errors import OmniError
from omniroute.kit.json import pretty
from omniroute.kit.log import redactor
from omniroute.kit.secret import Secret
from omniroute.kit.settings import BadSetting, Settings, read, variables
from omniroute.storage.connections import Connections
from omniroute.storage.database import Database
from omniroute.storage.meta import Meta
from omniroute.storage.schema import needs_migration
from omniroute.storage.secrets import KEY_FILE, load_sealer
from omniroute.upstream.catalogue import find

_LITTLE_BYTES, _TOO_LITTLE_BYTES = 2 * 1024**3, 200 * 1024**2
_OFF_S = 30.0
_PATIENCE_S = 5.0
_TIME_SOURCE = "https://www.cloudflare.com/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found; `advice` says what to do where it is not ok."""

    check: str
    state: Literal["ok", "warning", "wrong"]
    told: str
    advice: str = ""


def examine(overrides: Overrides, *, offline: bool) -> list[Finding]:
    """Return what all checks found; without settings that can be read there is but one."""
    try:
        settings = read(overrides).settings
    except BadSetting as error:
        return [Finding(check="settings", state="wrong", told=error.message, advice="Mend the variable that is named.")]
    return run(_examined(settings, offline=offline))


async def _examined(settings: Settings, *, offline: bool) -> list[Finding]:
    found = [Finding(check="settings", state="ok", told=f"read; data in {settings.data_dir}")]
    for name, check in _CHECKS.items():
        try:
            found += await check(settings)
        except (OmniError, OSError, TimeoutError) as error:
            words = error.message if isinstance(error, OmniError) else str(error) or type(error).__name__
            found.append(Finding(check=name, state="wrong", told=redactor.clean(words)))
    if not offline:
        found += await _clock(settings)
    return found


async def _folder(settings: Settings) -> Sequence[Finding]:
    folder = settings.data_dir
    if not folder.is_dir():
        told = f"{folder} is not there yet"
        return [Finding(check="folder", state="warning", told=told, advice="`omniroute serve` makes it.")]
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        advice = f"chmod 700 {folder}"
        return [Finding(check="folder", state="warning", told=f"others may look into {folder}", advice=advice)]
    return [Finding(check="folder", state="ok", told=f"{folder} is for its owner only")]


async def _key(settings: Settings) -> Sequence[Finding]:
    if settings.secret_key is not None:
        return [Finding(check="key", state="ok", told="OMNIROUTE_SECRET_KEY is set")]
    file = settings.data_dir / KEY_FILE
    if not file.is_file():
        advice = "The first start makes one; if this installation has run before, put its key file back."
        return [Finding(check="key", state="warning", told=f"{file} is not there", advice=advice)]
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        return [Finding(check="key", state="wrong", told=f"others may read {file}", advice=f"chmod 600 {file}")]
    return [Finding(check="key", state="ok", told=f"{file} is for its owner only")]


def _has_key(settings: Settings) -> bool:
    return settings.secret_key is not None or (settings.data_dir / KEY_FILE).is_file()


async def _database(settings: Settings) -> Sequence[Finding]:
    if settings.database_url is None and not (settings.data_dir / "storage.sqlite").is_file():
        advice = "`omniroute serve` makes it."
        return [Finding(check="database", state="warning", told="there is no database yet", advice=advice)]
    if not _has_key(settings):  # reading on would make a new one, which opens nothing
        advice = "Put back the key file that belongs to this database, from the old data folder or a backup of it."
        return [Finding(check="database", state="wrong", told="it is there and its key file is not", advice=advice)]
    if await needs_migration(settings.database):
        advice = "`omniroute migrate`, or just start the gateway."
        return [Finding(check="database", state="warning", told="its schema is of another version", advice=advice)]
    database = Database(settings.database)
    try:
        await Meta(database, load_sealer(settings)).check_key()
    finally:
        await database.close()
    return [Finding(check="database", state="ok", told="it answers, has this version's schema, and fits the key")]


async def _port(settings: Settings) -> Sequence[Finding]:
    def is_free() -> bool:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind((settings.host, settings.port))
            except OSError:
                return False
        return True

    place = f"{settings.host}:{settings.port}"
    if await asyncio.to_thread(is_free):
        return [Finding(check="port", state="ok", told=f"{place} is free")]
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE_S, trust_env=False) as http:
            answer = (await http.get(f"http://{host}:{settings.port}/readyz")).json()
        if answer.get("name") == "OmniRoute":
            told = f"a gateway of version {answer['version']} serves at {place}: {answer['status']}"
            return [Finding(check="port", state="ok", told=told)]
    except (httpx.HTTPError, ValueError):
        pass
    advice = "Set PORT to a free one, or stop the other program."
    return [Finding(check="port", state="wrong", told=f"another program has {place}", advice=advice)]


async def _disk(settings: Settings) -> Sequence[Finding]:
    folder = next(one for one in (settings.data_dir, *settings.data_dir.parents) if one.exists())
    free = shutil.disk_usage(folder).free
    told = f"{free / 1024**3:.1f} GiB free"
    if free < _LITTLE_BYTES:
        advice = "Free some, or keep logs for a shorter time: PUT /api/retention."
        state: Literal["warning", "wrong"] = "wrong" if free < _TOO_LITTLE_BYTES else "warning"
        return [Finding(check="disk", state=state, told=told, advice=advice)]
    return [Finding(check="disk", state="ok", told=told)]


async def _providers(settings: Settings) -> Sequence[Finding]:
    if settings.database_url is None and not (settings.data_dir / "storage.sqlite").is_file():
        return []
    if not _has_key(settings) or await needs_migration(settings.database):
        return []
    database = Database(settings.database)
    try:
        rows = await Connections(database, load_sealer(settings)).list()
    finally:
        await database.close()
    urls = {row.provider: _address(row.provider, row.base_url) for row in rows if row.is_active}
    async with httpx.AsyncClient(timeout=_PATIENCE_S) as http:
        return [await _reached(http, provider, url) for provider, url in sorted(urls.items()) if url is not None]


def _address(provider: str, own: str | None) -> str | None:
    record = find(provider)
    url = own or (None if record is None else record.base_url)
    return url if url is not None and url.startswith("http") else None


async def _reached(http: httpx.AsyncClient, provider: str, url: str) -> Finding:
    """Whether anybody answers there; what they say does not matter, as no key is shown."""
    began = time.perf_counter()
    try:
        await http.head(url)
    except httpx.HTTPError as error:
        advice = "Check the network, DNS and the proxy settings of this machine."
        told = f"{provider} cannot be reached: {type(error).__name__}"
        return Finding(check="providers", state="warning", told=told, advice=advice)
    return Finding(check="providers", state="ok", told=f"{provider} answers in {time.perf_counter() - began:.2f} s")


async def _clock(_settings: Settings) -> Sequence[Finding]:
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE_S) as http:
            told_at = parsedate_to_datetime((await http.head(_TIME_SOURCE)).headers["date"]).timestamp()
    except (httpx.HTTPError, KeyError, ValueError):
        return [Finding(check="clock", state="ok", told="not compared: no time source can be reached")]
    off = time.time() - told_at
    if abs(off) > _OFF_S:
        advice = "Set the clock, for example by NTP: budgets, tokens and certificates depend on it."
        return [Finding(check="clock", state="wrong", told=f"the clock is {off:+.0f} s off", advice=advice)]
    return [Finding(check="clock", state="ok", told="the clock is right")]


_CHECKS: Mapping[str, Callable[[Settings], Awaitable[Sequence[Finding]]]] = {
    "folder": _folder,
    "key": _key,
    "database": _database,
    "port": _port,
    "disk": _disk,
    "providers": _providers,
}


def report(found: Sequence[Finding], overrides: Overrides) -> str:
    """Return what a bug report needs: versions, the machine, settings that were changed, and the findings."""
    try:
        chosen = _settings(read(overrides).settings)
    except BadSetting as error:
        chosen = {"error": error.message}
    told: dict[str, Any] = {
        "omniroute": __version__,
        "python": sys.version.split()[0],
        "system": platform.platform(),
        "settings": chosen,
        "findings": [asdict(one) for one in found],
    }
    return redactor.clean(pretty(told)) + "\n"


def _settings(settings: Settings) -> dict[str, Any]:
    names = variables()
    changed = {}
    for one in fields(Settings):
        value = getattr(settings, one.name)
        if value != one.default:
            changed[names[one.name]] = "[set]" if isinstance(value, Secret) else str(value)
    return changed


def write_report(file: Path, text: str) -> None:
    """Write a report; raise BadSetting where that is not possible."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadSetting(f"--report: {file} cannot be written: {error.strerror}") from error
