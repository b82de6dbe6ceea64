"""What host names resolve to, remembered for half a minute; of many who ask for a name at once only one looks it up.

Answers are kept as they came: whether an address may be dialled is the guard's to say, each time.
"""

import asyncio
import socket
from collections.abc import Sequence

_KEEP_S = 30.0
_MAX_NAMES = 1024


class _Name:
    """One name: its addresses, and until when they count."""

    __slots__ = ("addresses", "lock", "until")

    def __init__(self) -> None:
        self.addresses: Sequence[str] = ()
        self.until = 0.0
        self.lock = asyncio.Lock()


class Names:
    """Looks names up."""

    def __init__(self) -> None:
        self._known: dict[str, _Name] = {}

    async def lookup(self, host: str) -> Sequence[str]:
        """Return the addresses of `host`, in the system's order; raise OSError when there are none."""
        if len(self._known) > _MAX_NAMES:
            self._known.clear()
        name = self._known.setdefault(host, _Name())
        loop = asyncio.get_running_loop()
        async with name.lock:
            if loop.time() >= name.until:
                name.addresses = await system_lookup(host)
                name.until = loop.time() + _KEEP_S
            return name.addresses


async def system_lookup(host: str) -> Sequence[str]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(one[4][0]) for one in found))
