"""Signing in: keeps a gateway's address and key as a profile, after trying them."""

import socket
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

import httpx
import typer

from omniroute.client import Client, Denied, NotReachable
from omniroute.client.generated.enums import KeyScope
from omniroute.client.generated.inputs import ApiKeyInput
from omniroute.commands.admin import shown
from omniroute.commands.admin.build import AsJson
from omniroute.commands.admin.profiles import DEFAULT_URL, Profile, chosen, load, place, save
from omniroute.commands.admin.running import Way, read_secret
from omniroute.kit.errors import Invalid
from omniroute.kit.secret import Secret
from omniroute.kit.settings import access

_UNAUTHORIZED = 401


def add(app: typer.Typer, groups: Mapping[str, typer.Typer]) -> None:
    """Add the commands."""
    app.command("login")(login)
    group = groups["profiles"]
    group.command("list")(show_all)
    group.command("use")(use)
    group.command("remove")(remove)


def login(
    url: Annotated[str, typer.Argument(help="The gateway's address.", metavar="URL")] = DEFAULT_URL,
    profile: Annotated[str, typer.Option(metavar="NAME", help="What to call it.")] = "default",
    key: Annotated[
        str | None, typer.Option(metavar="-|prompt|env:NAME", help="Where to read an admin key from.")
    ] = None,
    password: Annotated[
        str | None,
        typer.Option(metavar="-|prompt|env:NAME", help="Where to read the operator's password from: it makes a key."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Sign in to a gateway, by an admin key or by the operator's password, and remember it."""
    way = Way(url=url, as_json=as_json)
    made: list[Profile] = []

    async def work(_: Client) -> None:
        secret = await _keyed(url, password) if password else read_secret(key or "prompt", "key")
        async with Client(url, secret) as client:
            await client.health()
        made.append(Profile(url=url.rstrip("/"), key=secret.reveal()))

    way.run(work)
    with way.told():
        kept = load()
        save(replace(kept, default=kept.default or profile, profiles=kept.profiles | {profile: made[0]}))
    _tell({"profile": profile, "url": made[0].url, "file": str(place())}, as_json=as_json)


async def _keyed(url: str, source: str) -> Secret:
    """Make an admin key by the operator's password."""
    secret = read_secret(source, "password")
    async with Client(url) as client:
        try:
            answer = await client.wire.http.post(
                f"{url.rstrip('/')}/api/auth/login", json={"password": secret.reveal()}
            )
        except httpx.HTTPError as error:
            raise NotReachable(f"{url} cannot be reached: {error}") from error
        if answer.status_code == _UNAUTHORIZED:
            raise Denied("the password is wrong")
        if not answer.is_success:
            raise Denied(f"the gateway answers {answer.status_code} to the password")
        draft = ApiKeyInput(name=f"omniroute admin on {socket.gethostname()}", scopes=[KeyScope.ADMIN])
        return Secret((await client.create_api_key(draft)).text)


def show_all(as_json: AsJson = False) -> None:
    """List the gateways that you signed in to; their keys are not shown."""
    with Way(as_json=as_json).told():
        kept = load()
        given = access()
        url, _ = chosen(None, None, given)
    rows = [
        {"name": name, "url": one.url, "default": name == kept.default, "key": Secret(one.key).hint()}
        for name, one in kept.profiles.items()
    ]
    if as_json:
        shown.tell_json(rows)
        return
    shown.console().print(shown.table(("name", "url", "default", "key"), (list(row.values()) for row in rows)))
    if given.url or given.key:
        sys.stderr.write(f"OMNIROUTE_URL or OMNIROUTE_KEY is set: without --profile, {url} is used.\n")


def use(name: Annotated[str, typer.Argument(help="A profile.", metavar="NAME")], as_json: AsJson = False) -> None:
    """Use a profile where none is named."""
    with Way(as_json=as_json).told():
        kept = load()
        if name not in kept.profiles:
            raise Invalid(f"there is no profile {name!r}: omniroute admin profiles list")
        save(replace(kept, default=name))
    _tell({"default": name}, as_json=as_json)


def remove(name: Annotated[str, typer.Argument(help="A profile.", metavar="NAME")], as_json: AsJson = False) -> None:
    """Forget a profile; its key stays good at the gateway until it is revoked there."""
    with Way(as_json=as_json).told():
        kept = load()
        if name not in kept.profiles:
            raise Invalid(f"there is no profile {name!r}: omniroute admin profiles list")
        left = {one: profile for one, profile in kept.profiles.items() if one != name}
        save(replace(kept, default=next(iter(left), "") if kept.default == name else kept.default, profiles=left))
    _tell({"removed": name}, as_json=as_json)


def _tell(told: Mapping[str, str], *, as_json: bool) -> None:
    if as_json:
        shown.tell_json(told)
        return
    for name, value in told.items():
        typer.echo(f"{name}: {value}")
