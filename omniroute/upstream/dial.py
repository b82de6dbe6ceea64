"""Opens connections: the name is looked up, each address passes the guard, then TCP, a proxy's tunnel, TLS.

Only addresses that the guard let through are ever dialled, and they are dialled as numbers: no name is looked up twice.
"""

import asyncio
import os
import ssl
from collections.abc import Sequence

from omniroute.upstream.failures import AttemptFailed, FailureKind, of_break
from omniroute.upstream.guard import Lookup, Refused, check_host, resolve
from omniroute.upstream.heads import Origin, authority
from omniroute.upstream.http1 import Connection, Owner

_OK = range(200, 300)
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
        hop = origin if origin.proxy is None else origin.proxy
        if origin.proxy is not None:
            check_host(origin.host, local=origin.local)
        addresses = await resolve(hop.host, local=origin.local, lookup=self._lookup)
        connection = await _reach(addresses, hop.port, origin, owner)
        ready = False
        try:
            if origin.scheme == "https":
                if origin.proxy is not None:
                    await _tunnel(connection, origin)
                await connection.encrypt(self._context(), origin.host.rstrip("."))
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


async def _tunnel(connection: Connection, origin: Origin) -> None:
    """Ask the proxy to connect us with `origin`."""
    where = authority(origin.host, origin.port)
    lines = [f"CONNECT {where} HTTP/1.1\r\nhost: {where}\r\n"]
    if origin.proxy is not None and origin.proxy.authorization is not None:
        lines.append(f"proxy-authorization: {origin.proxy.authorization}\r\n")
    await connection.exchange("".join((*lines, "\r\n")).encode("ascii"))
    if connection.status not in _OK:
        raise OSError(f"the proxy answered {connection.status}")
    connection.renew()


def _words(error: OSError, origin: Origin) -> str:
    """Say why there is no connection."""
    where = authority(origin.host, origin.port)
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of {where} was not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS with {where} failed: {error.reason or error}"
    if error.errno is not None and error.errno > 0:
        # asyncio's own text repeats the address.
        return f"could not connect to {where}: {os.strerror(error.errno)}"
    if error.strerror:
        return f"could not resolve {origin.host}: {error.strerror}"
    return str(error).strip() or f"could not connect to {where}"
