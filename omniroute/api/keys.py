"""The gateway's own keys."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import MISSING, AwareDatetime, Field

from omniroute.api.operation import Call
from omniroute.api.shapes import Done, adopt, shape
from omniroute.services.collection import Services
from omniroute.services.keys import LONGEST_NAME, Key, KeyChange, KeyDraft, Scope

_Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
_Scopes = Annotated[frozenset[Scope], Field(min_length=1, json_schema_extra={"uniqueItems": False})]


@shape
class NewApiKey(KeyDraft):
    """A new key; without scopes it may call models and nothing else."""

    name: _Name
    scopes: _Scopes = frozenset({Scope.INFERENCE})
    expires_at: AwareDatetime | None = None


@shape
class KeyUpdate(KeyChange):
    """What to change; what is left out stays."""

    name: _Name | MISSING = MISSING
    scopes: _Scopes | MISSING = MISSING
    expires_at: AwareDatetime | MISSING | None = MISSING


@shape
class CreatedKey(Key):
    """A key just made. `key` is its whole text, shown this once."""


@shape
class KeyList:
    """All keys, masked."""

    keys: Sequence[Key]


@shape
class OneKey:
    """One key, masked."""

    key: Key


async def show_all(services: Services, _call: Call[None, None]) -> KeyList:
    """List all keys."""
    return KeyList(keys=await services.keys.list())


async def create(services: Services, call: Call[NewApiKey, None]) -> CreatedKey:
    """Make a key and show it, once."""
    made = await services.keys.create(call.body)
    return adopt(CreatedKey, made.record, key=made.secret.reveal())


async def show(services: Services, call: Call[None, None]) -> OneKey:
    """Show one key, masked."""
    return OneKey(key=await services.keys.get(call.params["id"]))


async def update(services: Services, call: Call[KeyUpdate, None]) -> OneKey:
    """Change a key."""
    return OneKey(key=await services.keys.update(call.params["id"], call.body))


async def delete(services: Services, call: Call[None, None]) -> Done:
    """Revoke a key for good."""
    await services.keys.delete(call.params["id"])
    return Done(message="key revoked")
