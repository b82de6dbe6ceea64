"""The gateway's own keys."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import MISSING, AwareDatetime, Field

from omniroute.api.operation import Call
from omniroute.api.shapes import WHOLE, Done, adopt, shape
from omniroute.services.collection import Services
from omniroute.services.keys import (
    LONGEST_GRACE_S,
    LONGEST_NAME,
    LONGEST_PATTERN,
    MOST_PATTERNS,
    MOST_RATE,
    Key,
    KeyChange,
    KeyDraft,
    Scope,
)

_Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
_Rate = Annotated[int, Field(ge=1, le=MOST_RATE), WHOLE]
_Patterns = Annotated[
    Sequence[Annotated[str, Field(min_length=1, max_length=LONGEST_PATTERN)]], Field(max_length=MOST_PATTERNS)
]
_Scopes = Annotated[frozenset[Scope], Field(min_length=1, json_schema_extra={"uniqueItems": False})]


@shape
class NewApiKey(KeyDraft):
    """A new key; without scopes it may call models and nothing else."""

    name: _Name
    scopes: _Scopes = frozenset({Scope.INFERENCE})
    expires_at: AwareDatetime | None = None
    rpm: _Rate | None = None
    tpm: _Rate | None = None
    max_concurrent: _Rate | None = None
    allowed_models: _Patterns = ()
    allowed_providers: _Patterns = ()
    allowed_addresses: _Patterns = ()


@shape
class KeyUpdate(KeyChange):
    """What to change; what is left out stays."""

    name: _Name | MISSING = MISSING
    scopes: _Scopes | MISSING = MISSING
    expires_at: AwareDatetime | MISSING | None = MISSING
    rpm: _Rate | MISSING | None = MISSING
    tpm: _Rate | MISSING | None = MISSING
    max_concurrent: _Rate | MISSING | None = MISSING
    allowed_models: _Patterns | MISSING = MISSING
    allowed_providers: _Patterns | MISSING = MISSING
    allowed_addresses: _Patterns | MISSING = MISSING


@shape
class Rotation:
    """For how long the old text of the key is still good."""

    grace_seconds: Annotated[int, Field(ge=0, le=LONGEST_GRACE_S), WHOLE] = 0


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


async def rotate(services: Services, call: Call[Rotation, None]) -> CreatedKey:
    """Give a key a new text and show it, once."""
    made = await services.keys.rotate(call.params["id"], call.body.grace_seconds)
    return adopt(CreatedKey, made.record, key=made.secret.reveal())


async def delete(services: Services, call: Call[None, None]) -> Done:
    """Revoke a key for good."""
    await services.keys.delete(call.params["id"])
    return Done(message="key revoked")
