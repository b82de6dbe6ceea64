"""What a peer instance asks of this one: which accounts there are, what an alias means, and room for one object."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from omniroute.kit.clock import Clock
from omniroute.kit.errors import NotFound
from omniroute.kit.secret import Secret
from omniroute.routing.names import matches
from omniroute.services.aliases import Aliases
from omniroute.services.providers import Connection, ConnectionChange, Providers
from omniroute.services.rules import fault
from omniroute.storage.sync import SyncObjects

MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudConnection:
    """An account as a peer sees it: never its credential."""

    provider: str
    name: str
    auth_type: str
    has_api_key: bool
    has_access_token: bool
    masked_api_key: str | None
    priority: int
    default_model: str | None
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudAuth:
    """The accounts and aliases of this instance."""

    connections: Sequence[CloudConnection]
    model_aliases: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedAlias:
    """What an alias means; `provider` is None where it stands for a combo or a plain model name."""

    alias: str
    provider: str | None
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudObject:
    """What a peer keeps here: base64 of bytes that only its passphrase opens."""

    name: str
    version: str
    data: str = field(repr=False)


class Cloud:
    """Answers peers."""

    def __init__(self, *, providers: Providers, aliases: Aliases, objects: SyncObjects, clock: Clock) -> None:
        self._providers = providers
        self._aliases = aliases
        self._objects = objects
        self._clock = clock

    async def auth(self) -> CloudAuth:
        """Return accounts and aliases."""
        aliases = await self._aliases.list()
        return CloudAuth(
            connections=[_shown(one) for one in await self._providers.list()],
            model_aliases={one.alias: one.model for one in aliases},
        )

    async def update_credentials(self, provider: str, access_token: Secret) -> CloudConnection:
        """Give the signed-in account of a provider a new token, its first account where none is; raise NotFound."""
        found = [one for one in await self._providers.list() if one.provider == provider]
        if not found:
            raise NotFound(f"there is no connection to {provider[:100]!r}")
        chosen = next((one for one in found if one.auth_type == "oauth"), found[0])
        return _shown(await self._providers.update(chosen.id, ConnectionChange(api_key=access_token)))

    async def resolve(self, alias: str) -> ResolvedAlias:
        """Return what an alias means; raise NotFound."""
        aliases = await self._aliases.list()
        exact = (one for one in aliases if one.alias == alias)
        found = next(exact, None) or next((one for one in aliases if matches(one.alias, alias)), None)
        if found is None:
            raise NotFound(f"there is no alias {alias[:100]!r}")
        provider, slash, model = found.model.partition("/")
        return ResolvedAlias(alias=alias, provider=provider if slash else None, model=model if slash else found.model)

    async def get_object(self, name: str) -> CloudObject:
        """Return what a peer keeps here; raise NotFound."""
        row = await self._objects.get(name)
        return CloudObject(name=name, version=row.version, data=base64.b64encode(row.data).decode("ascii"))

    async def put_object(self, name: str, data: str, if_version: str | None) -> CloudObject:
        """Write over `if_version`, or only where there is nothing; raise Outdated when there is another."""
        try:
            packed = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError) as error:
            raise fault("data", "data must be base64") from error
        if len(packed) > MOST_BYTES:
            raise fault("data", f"data must be of {MOST_BYTES} bytes at most")
        version = await self._objects.put(name, packed, if_version, self._clock.now_ms())
        return CloudObject(name=name, version=version, data=data)

    async def delete_object(self, name: str) -> None:
        """Remove what a peer keeps here; raise NotFound."""
        await self._objects.delete(name)


def _shown(one: Connection) -> CloudConnection:
    is_signed_in = one.auth_type == "oauth"
    return CloudConnection(
        provider=one.provider,
        name=one.name,
        auth_type=one.auth_type,
        has_api_key=not is_signed_in and one.api_key_hint is not None,
        has_access_token=is_signed_in and one.api_key_hint is not None,
        masked_api_key=one.api_key_hint,
        priority=one.priority,
        default_model=one.default_model,
        is_active=one.is_active,
    )
