"""Opens connections: the name is looked up, each address passes the guard, then TCP, a proxy's tunnel, TLS.

Only addresses that the guard let through are ever dialled, and they are dialled as numbers: no name is looked up twice.
"""

import asyncio
import os
import ssl
from collections.abc import Sequence

from omniroute.upstream.failures import AttemptFailed, FailureKind, of_break
from omniroute.upstream.guard import Lookup, Refused, check_host, resolve
from omniroute.upstream.heads import Origin, Proxy, authority
from omniroute.upstream.http1 import Connection, Owner
from omniroute.upstream.tunnel import ProxyRefused, connect, socks

# A host that answers at all does so well within this; the last address gets all the time that is left.
_PATIENCE_S = 1.0


class Dialler:
    """Opens connections within a time limit each."""

    def __init__(self, *, timeout_s: float, lookup: Lookup) -> None:
        self._timeout_s = timeout_s
        self._lookup = lookup
        self._tls: ssl.SSLContext | None = None

    async def dial(self, origin: Origin, owner: Owner) -> Connection:
        """Return a new connection to `origin`; raise AttemptFailed when there is none to be had."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._connected(origin, owner)
        except TimeoutError as error:
            raise AttemptFailed(of_break(FailureKind.TIMEOUT, "could not connect in time")) from error
        except OSError as error:
            words = f"no answer: {_words(error, origin)}"
            raise AttemptFailed(of_break(FailureKind.TRANSIENT, words)) from error

    async def _connected(self, origin: Origin, owner: Owner) -> Connection:
        if origin.proxy is None:
            addresses = await resolve(origin.host, local=origin.local, lookup=self._lookup)
            connection = await _reach(addresses, origin.port, origin, owner)
        else:
            check_host(origin.host, local=origin.local)
            # An operator named the proxy, and most stand in the operator's own network.
            addresses = await resolve(origin.proxy.host, local=True, lookup=self._lookup)
            connection = await self._through(addresses, origin, origin.proxy, owner)
        ready = False
        try:
            if origin.scheme == "https":
                await connection.encrypt(self._context(), origin.host.rstrip("."))
            ready = True
        finally:
            if not ready:
                connection.abort()
        return connection

    async def _through(self, addresses: Sequence[str], origin: Origin, proxy: Proxy, owner: Owner) -> Connection:
        """Return a connection that a proxy carries: to `origin` itself, or to the proxy where that takes requests."""
        if not proxy.takes_http:
            loop = asyncio.get_running_loop()
            line = await socks(addresses[0], origin, proxy)
            _, made = await loop.create_connection(lambda: Connection(loop, origin, owner), sock=line)
            return made
        connection = await _reach(addresses, proxy.port, origin, owner)
        ready = False
        try:
            if proxy.kind == "https":
                await connection.encrypt(self._context(), proxy.host.rstrip("."))
            if origin.scheme == "https":
                await connect(connection, origin, proxy)
            ready = True
        finally:
            if not ready:
                connection.abort()
        return connection

    def _context(self) -> ssl.SSLContext:
        """Return the TLS settings, made at their first use: reading the system's authorities takes its time."""
        if self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls


async def _reach(addresses: Sequence[str], port: int, origin: Origin, owner: Owner) -> Connection:
    """Connect to the first address that answers."""
    loop = asyncio.get_running_loop()
    for left, address in enumerate(addresses, 1 - len(addresses)):
        try:
            async with asyncio.timeout(_PATIENCE_S if left else None):
                _, connection = await loop.create_connection(lambda: Connection(loop, origin, owner), address, port)
                return connection
        except OSError:
            if not left:
                raise
    raise AssertionError("the guard returns an address or raises")


def _words(error: OSError, origin: Origin) -> str:
    """Say why there is no connection."""
    where = authority(origin.host, origin.port)
    if isinstance(error, Refused | ProxyRefused):
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of {where} was not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS with {where} failed: {error.reason or error}"
    if error.errno is not None and error.errno > 0 and origin.proxy is not None:
        where = f"the proxy {authority(origin.proxy.host, origin.proxy.port)}"
    if error.errno is not None and error.errno > 0:
        # asyncio's own text repeats the address.
        return f"could not connect to {where}: {os.strerror(error.errno)}"
    if error.strerror:
        return f"could not resolve {(origin.proxy or origin).host}: {error.strerror}"
    return str(error).strip() or f"could not connect to {where}"
