"""Connections: accounts and keys at providers."""

from collections.abc import Sequence
from dataclasses import field
from typing import Annotated

from pydantic import MISSING, Field

from omniroute.api.operation import Call
from omniroute.api.shapes import WHOLE, Done, SecretText, shape
from omniroute.services.collection import Services
from omniroute.services.providers import (
    LONGEST_MODEL,
    LONGEST_NAME,
    MOST_CONCURRENT,
    MOST_PRIORITY,
    MOST_WEIGHT,
    Connection,
    ConnectionChange,
    ConnectionDraft,
)

_Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
_Model = Annotated[str, Field(max_length=LONGEST_MODEL)]
_Priority = Annotated[int, Field(ge=1, le=MOST_PRIORITY), WHOLE]
_Weight = Annotated[int, Field(ge=1, le=MOST_WEIGHT), WHOLE]
_Concurrent = Annotated[int, Field(ge=1, le=MOST_CONCURRENT), WHOLE]


@shape
class NewConnection(ConnectionDraft):
    """A new connection. `provider` is a provider's id or alias, or a node's id or prefix."""

    provider: Annotated[str, Field(min_length=1, max_length=64)]
    name: _Name
    api_key: SecretText | None = field(default=None, repr=False)
    priority: _Priority = 1
    weight: _Weight = 1
    max_concurrent: _Concurrent | None = None
    default_model: _Model | None = None


@shape
class ConnectionUpdate(ConnectionChange):
    """What to change; what is left out stays. A base URL of another origin needs the key again."""

    name: _Name | MISSING = MISSING
    api_key: SecretText | MISSING | None = field(default=MISSING, repr=False)
    priority: _Priority | MISSING = MISSING
    weight: _Weight | MISSING = MISSING
    max_concurrent: _Concurrent | MISSING | None = MISSING
    default_model: _Model | MISSING | None = MISSING


@shape
class ConnectionList:
    """All connections, in the order in which they are tried."""

    connections: Sequence[Connection]


@shape
class OneConnection:
    """One connection."""

    connection: Connection


async def show_all(services: Services, _call: Call[None, None]) -> ConnectionList:
    """List all connections."""
    return ConnectionList(connections=await services.providers.list())


async def create(services: Services, call: Call[NewConnection, None]) -> OneConnection:
    """Make a connection."""
    return OneConnection(connection=await services.providers.create(call.body))


async def show(services: Services, call: Call[None, None]) -> OneConnection:
    """Show one connection."""
    return OneConnection(connection=await services.providers.get(call.params["id"]))


async def update(services: Services, call: Call[ConnectionUpdate, None]) -> OneConnection:
    """Change a connection."""
    return OneConnection(connection=await services.providers.update(call.params["id"], call.body))


async def delete(services: Services, call: Call[None, None]) -> Done:
    """Delete a connection."""
    await services.providers.delete(call.params["id"])
    return Done(message="connection deleted")
