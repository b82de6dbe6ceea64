"""The first start of an empty installation: what it can offer without being asked.

The built-in demo connection, a connection for each provider whose key stands in the environment, and one for each
model server that runs on this machine. Done once; what an operator deletes afterwards stays deleted.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from omniroute.kit.errors import OmniError
from omniroute.services.providers import MANUAL, Connection, ConnectionDraft, Providers
from omniroute.storage.meta import Meta
from omniroute.upstream.discovery import EnvironmentConnection, FoundServer

DEMO = "demo"
_DONE = "first_start_done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One thing the first start made, or could not make: `origin` is the variable or address it was found at."""

    origin: str
    connection: Connection | None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """What to make a connection of, and where that was found."""

    origin: str
    draft: ConnectionDraft
    source: str
    models: tuple[str, ...] = ()


class FirstStart:
    """Fills an empty installation."""

    def __init__(
        self,
        *,
        meta: Meta,
        providers: Providers,
        from_environment: Sequence[EnvironmentConnection],
        find_servers: Callable[[], Awaitable[Sequence[FoundServer]]],
    ) -> None:
        """`from_environment` is empty, and `find_servers` finds none, where an operator switched that off."""
        self._meta = meta
        self._providers = providers
        self._from_environment = from_environment
        self._find_servers = find_servers

    async def run(self) -> tuple[Offer, ...]:
        """Make the connections and return them, in the order to tell; nothing on a second start."""
        if await self._meta.get(_DONE) is not None:
            return ()
        # What an earlier start made before it was cut off does not make the installation a used one.
        is_used = any(one.source == MANUAL for one in await self._providers.list())
        drafts = [] if is_used else await self._drafts()
        offers = [await self._offer(draft) for draft in drafts]
        await self._meta.put(_DONE, "1")
        return tuple(offers)

    async def _drafts(self) -> list[_Draft]:
        """Gather what there is to offer."""
        demo = _Draft(origin="built in", draft=ConnectionDraft(provider=DEMO, name="Demo"), source="builtin")
        servers = await self._find_servers()
        return [demo, *map(_of_key, self._from_environment), *map(_of_server, servers)]

    async def _offer(self, one: _Draft) -> Offer:
        """Make one; a key that cannot be one, or a leftover of a start that was cut off, must not stop the others."""
        try:
            made = await self._providers.create(one.draft, source=one.source, found_models=one.models)
        except OmniError as error:
            return Offer(origin=one.origin, connection=None, reason=error.message)
        return Offer(origin=one.origin, connection=made)


def _of_key(key: EnvironmentConnection) -> _Draft:
    draft = ConnectionDraft(provider=key.provider, name=f"From {key.variable}", api_key=key.secret)
    return _Draft(origin=key.variable, draft=draft, source="environment")


def _of_server(server: FoundServer) -> _Draft:
    draft = ConnectionDraft(
        provider=server.provider, name="Found on this machine", base_url=server.base_url, local=True
    )
    return _Draft(origin=server.base_url, draft=draft, source="discovered", models=server.models)
