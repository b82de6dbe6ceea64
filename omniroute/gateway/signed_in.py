"""How the data plane uses signed-in accounts: which still work, and how one's token is renewed when it is refused."""

from collections.abc import Awaitable, Callable, Mapping

from omniroute.gateway.refreshing import Refresh
from omniroute.kit.errors import Unavailable
from omniroute.kit.secret import Secret
from omniroute.storage.rows import ConnectionRow
from omniroute.upstream.oauth import OAuthUnreachable

# Returns a connection with another token than the one that was refused; raises OAuthUnreachable.
Renew = Callable[[str, Secret | None], Awaitable[ConnectionRow]]


def refresh_of(row: ConnectionRow, renew: Renew, spell: Callable[[ConnectionRow], Mapping[str, str]]) -> Refresh:
    """Return how to renew the token of a connection; `spell` makes a connection's headers."""

    async def refresh() -> Mapping[str, str] | None:
        try:
            renewed = await renew(row.id, row.secret)
        except OAuthUnreachable as error:
            raise Unavailable(str(error)) from error
        return None if renewed.expired_reason is not None or renewed.secret is None else spell(renewed)

    return refresh
