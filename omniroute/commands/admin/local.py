"""Administer an installation from its own machine: the password, API keys."""

from typing import Any

from omniroute.commands.opened import opened
from omniroute.commands.prepare import Overrides, run
from omniroute.kit.errors import Invalid
from omniroute.kit.secret import Secret
from omniroute.services.keys import KeyDraft, Scope


def set_password(overrides: Overrides, password: str) -> dict[str, Any]:
    """Set the operator's password."""

    async def work() -> None:
        async with opened(overrides) as gateway:
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
        async with opened(overrides) as gateway:
            made = await gateway.services.keys.create(KeyDraft(name=name, scopes=frozenset(map(Scope, scopes))))
            return {"key": made.secret.reveal(), "id": made.record.id, "name": name, "scopes": sorted(scopes)}

    return run(work())
