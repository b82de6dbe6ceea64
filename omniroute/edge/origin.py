"""Where a request of the management surfaces comes from, and over what."""

from starlette.requests import HTTPConnection

from omniroute.kit.addresses import client_address
from omniroute.services.reach import Reach


def address_of(connection: HTTPConnection, reach: Reach) -> str:
    """Return the caller's address, as trusted proxies tell it."""
    peer = connection.client.host if connection.client is not None else None
    return client_address(peer, _joined(connection, "x-forwarded-for"), reach.trusted_proxies)


def is_secure(connection: HTTPConnection, reach: Reach) -> bool:
    """Whether the cookie should be Secure: as set, else when the request came by TLS."""
    if reach.cookie_secure is not None:
        return reach.cookie_secure
    if connection.scope.get("scheme") == "https" or (reach.public_url or "").startswith("https://"):
        return True
    # Only ever makes the cookie stricter, so it may be believed from anyone.
    return _joined(connection, "x-forwarded-proto").split(",")[0].strip() == "https"


def _joined(connection: HTTPConnection, name: str) -> str:
    return ",".join(connection.headers.getlist(name))
