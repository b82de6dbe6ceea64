"""Idle connections by origin: the last one given back is the first to be used again, the others grow old.

A connection that its peer closes leaves by itself (`lost`), so nothing here asks a socket how it is.
"""

import asyncio

from omniroute.upstream.heads import Origin
from omniroute.upstream.http1 import Connection

KEEP_S = 30.0
MAX_IDLE = 256  # an origin
_SWEEP_S = 10.0


class Pool:
    """Keeps connections between requests, and knows all that are open."""

    def __init__(self, *, keep_s: float = KEEP_S) -> None:
        self._keep_s = keep_s
        self._idle: dict[Origin, dict[Connection, None]] = {}
        self._open: set[Connection] = set()
        self._sweeping: asyncio.TimerHandle | None = None
        self._emptied: asyncio.Future[None] | None = None
        self.closed = False

    def __len__(self) -> int:
        """Return how many connections are idle."""
        return sum(map(len, self._idle.values()))

    @property
    def open(self) -> int:
        """How many connections there are, idle or not."""
        return len(self._open)

    def add(self, connection: Connection) -> None:
        """Know a new connection, which is in use."""
        if not connection.closed:
            self._open.add(connection)

    def lost(self, connection: Connection) -> None:
        """Forget a connection that is closed."""
        self._open.discard(connection)
        idle = self._idle.get(connection.origin)
        if idle is not None:
            idle.pop(connection, None)
        if not self._open and self._emptied is not None and not self._emptied.done():
            self._emptied.set_result(None)

    def take(self, origin: Origin) -> Connection | None:
        """Return an idle connection that is still open, if there is one."""
        idle = self._idle.get(origin)
        if not idle:
            return None
        oldest = asyncio.get_running_loop().time() - self._keep_s
        while idle:
            connection, _ = idle.popitem()
            if connection.closed:
                continue
            if connection.idle_since > oldest:
                connection.reused = True
                return connection
            connection.abort()
        return None

    def give(self, connection: Connection) -> None:
        """Take a connection back after its answer; one that is not fit for another is closed."""
        idle = self._idle.setdefault(connection.origin, {})
        if self.closed or not connection.is_read or len(idle) >= MAX_IDLE:
            connection.abort()
            return
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        idle[connection] = None
        if self._sweeping is None:
            self._sweeping = loop.call_later(min(self._keep_s, _SWEEP_S), self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close what has been idle for too long; go on sweeping while anything is."""
        oldest = loop.time() - self._keep_s
        for origin, idle in list(self._idle.items()):
            for connection in [one for one in idle if one.idle_since <= oldest]:
                del idle[connection]
                connection.abort()
            if not idle:
                del self._idle[origin]
        self._sweeping = None
        if self._idle:
            self._sweeping = loop.call_later(min(self._keep_s, _SWEEP_S), self._sweep, loop)

    async def close(self) -> None:
        """Close every connection, those in use too, and wait until they are."""
        self.closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        for connection in list(self._open):
            connection.abort()
        if self._open:
            self._emptied = asyncio.get_running_loop().create_future()
            await self._emptied
