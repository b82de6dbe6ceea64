"""Profiles: where gateways are and with which key, in a file of the user's own that nobody else may read."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import typer

from omniroute.kit.errors import Invalid
from omniroute.kit.secret import Secret
from omniroute.kit.settings import Access

DEFAULT_URL = "http://127.0.0.1:20128"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A gateway's address, and a key for it."""

    url: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """All profiles, and the name of the one that is used when none is named."""

    default: str = ""
    profiles: dict[str, Profile] = field(default_factory=dict)


def place() -> Path:
    """Return the file."""
    return Path(typer.get_app_dir("omniroute")) / "profiles.json"


def load() -> Profiles:
    """Return what the file holds; raise Invalid when it is damaged or others can read it."""
    file = place()
    try:
        with file.open("rb") as opened:
            if os.name == "posix" and os.fstat(opened.fileno()).st_mode & _OTHERS:
                raise Invalid(f"{file} can be read by others, and it holds keys: chmod 600 {file}")
            return msgspec.json.decode(opened.read(), type=Profiles)
    except FileNotFoundError:
        return Profiles()
    except msgspec.MsgspecError as error:
        raise Invalid(f"{file} is damaged ({error}): mend it, or remove it and sign in anew") from error


def save(profiles: Profiles) -> None:
    """Write the file anew, whole or not at all."""
    file = place()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:  # noqa: PTH123 - a mode
        opened.write(msgspec.json.format(msgspec.json.encode(profiles)))
    fresh.replace(file)


def chosen(name: str | None, url: str | None, access: Access) -> tuple[str, Secret | None]:
    """Return address and key: the named profile, else what was given and the environment, else the default profile."""
    stored = load() if name or not (access.url and access.key) else Profiles()
    if name is not None and name not in stored.profiles:
        raise Invalid(f"there is no profile {name!r}: omniroute admin profiles list")
    found = stored.profiles.get(name or ("" if access.url else stored.default))
    if name is not None and found is not None:
        if url not in {None, found.url}:
            raise Invalid(f"the profile {name!r} is for {found.url}, not for {url}: leave one of them out")
        return found.url, Secret(found.key)
    # A profile's key goes to its own gateway and nowhere else.
    key = access.key or (Secret(found.key) if found and url in {None, found.url} else None)
    return url or access.url or (found.url if found else DEFAULT_URL), key
