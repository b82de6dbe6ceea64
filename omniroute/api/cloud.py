"""What a peer instance asks of this one."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from omniroute.api.operation import Call
from omniroute.api.shapes import WHOLE, Done, SecretText, adopt, shape
from omniroute.services.aliases import AliasDraft
from omniroute.services.cloud import MOST_BYTES, CloudAuth, CloudConnection, CloudObject, ResolvedAlias
from omniroute.services.collection import Services
from omniroute.services.names import LONGEST_MODEL

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_MODEL)]


@shape
class PeerAuth(CloudAuth):
    """The accounts and aliases of this instance."""


@shape
class PeerCredentials:
    """What a provider gave a peer anew. Only the access token has a place here; the other two are taken and dropped."""

    access_token: SecretText
    refresh_token: SecretText | None = None
    expires_in: Annotated[int, WHOLE, Field(ge=0)] | None = None


@shape
class CredentialsToUpdate:
    """Whose credentials to update."""

    provider: Annotated[str, Field(min_length=1, max_length=64)]
    credentials: PeerCredentials


@shape
class UpdatedCredentials(CloudConnection):
    """The account that has them now."""

    success: bool = True


@shape
class AliasToResolve:
    """An alias."""

    alias: Name


@shape
class PeerAlias(ResolvedAlias):
    """What an alias means."""


@shape
class PeerAliases:
    """All aliases."""

    aliases: Mapping[str, str]


@shape
class AliasToSet:
    """An alias and the model that it means."""

    alias: Name
    model: Name


@shape
class PeerObject(CloudObject):
    """What a peer keeps here."""


@shape
class ObjectToPut:
    """What to keep: base64. `ifVersion` is the version to write over, null where there must be nothing yet."""

    data: Annotated[str, Field(max_length=MOST_BYTES * 4 // 3 + 4)]
    if_version: Annotated[str, Field(max_length=64)] | None = None


async def auth(services: Services, _call: Call[None, None]) -> PeerAuth:
    """Show accounts and aliases."""
    return adopt(PeerAuth, await services.cloud.auth())


async def update_credentials(services: Services, call: Call[CredentialsToUpdate, None]) -> UpdatedCredentials:
    """Give an account a new token."""
    token = call.body.credentials.access_token
    return adopt(UpdatedCredentials, await services.cloud.update_credentials(call.body.provider, token))


async def resolve(services: Services, call: Call[AliasToResolve, None]) -> PeerAlias:
    """Say what an alias means."""
    return adopt(PeerAlias, await services.cloud.resolve(call.body.alias))


async def aliases(services: Services, _call: Call[None, None]) -> PeerAliases:
    """Show all aliases."""
    return PeerAliases(aliases=(await services.cloud.auth()).model_aliases)


async def set_alias(services: Services, call: Call[AliasToSet, None]) -> PeerAliases:
    """Set an alias."""
    await services.aliases.set(AliasDraft(alias=call.body.alias, model=call.body.model))
    return PeerAliases(aliases=(await services.cloud.auth()).model_aliases)


async def get_object(services: Services, call: Call[None, None]) -> PeerObject:
    """Read an object."""
    return adopt(PeerObject, await services.cloud.get_object(call.params["id"]))


async def put_object(services: Services, call: Call[ObjectToPut, None]) -> PeerObject:
    """Write an object."""
    body = call.body
    return adopt(PeerObject, await services.cloud.put_object(call.params["id"], body.data, body.if_version))


async def delete_object(services: Services, call: Call[None, None]) -> Done:
    """Remove an object."""
    await services.cloud.delete_object(call.params["id"])
    return Done(message="object deleted")
