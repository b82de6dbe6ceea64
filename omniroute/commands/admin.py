"""Administer an installation from its own machine: the password, API keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from omniroute.app import Gateway
from omniroute.commands.prepare import Overrides, migrated, prepare, run
from omniroute.kit.errors import Invalid
from omniroute.kit.secret import Secret
from omniroute.services.keys import KeyDraft, Scope


@asynccontextmanager
async def _gateway(overrides: Overrides) -> AsyncIterator[Gateway]:
    """Open the installation without serving; HOST does not matter here."""
    environment = prepare({**overrides, "host": "127.0.0.1"})
    await migrated(environment.settings)
    gateway = await Gateway.start(environment)
    try:
        yield gateway
    finally:
        await gateway.stop()


def set_password(overrides: Overrides, password: str) -> dict[str, Any]:
    """Set the operator's password."""

    async def work() -> None:
        async with _gateway(overrides) as gateway:
            await gateway.services.login.set_password(Secret(password))

    run(work())
    return {"password": "set; every session has ended"}


def create_key(overrides: Overrides, name: str, scopes: list[str]) -> dict[str, Any]:
    """Make an API key; it is shown here and never again."""
    known = {scope.value for scope in Scope}
    wrong = [scope for scope in scopes if scope not in known]
    if wrong:
        raise Invalid(f"there is no scope {wrong[0]!r}; there are {', '.join(sorted(known))}")

    async def work() -> dict[str, Any]:
        async with _gateway(overrides) as gateway:
            made = await gateway.services.keys.create(KeyDraft(name=name, scopes=frozenset(map(Scope, scopes))))
            return {"key": made.secret.reveal(), "id": made.record.id, "name": name, "scopes": sorted(scopes)}

    return run(work())
