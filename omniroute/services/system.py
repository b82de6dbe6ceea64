"""The gateway as a whole: whether it is set up, and whether it can serve."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from omniroute.kit.clock import Clock
from omniroute.kit.errors import Unavailable
from omniroute.services.login import Login
from omniroute.services.moments import moment

_PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Initial:
    """What a client asks first: is this a gateway at work, and has it been set up."""

    initialized: bool
    setup_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What can be said without a credential; `counts` are figures of the parts at work, by name."""

    status: Literal["healthy", "unhealthy"]
    version: str
    uptime_seconds: int
    timestamp: datetime
    database: Literal["ok", "unavailable"]
    setup_complete: bool | None
    counts: Mapping[str, int]


class System:
    """Gathers facts about the running gateway."""

    def __init__(self, *, login: Login, version: str, clock: Clock, counts: Mapping[str, Callable[[], int]]) -> None:
        """`counts` gives, by name, what to ask each part for; asking must not wait."""
        self._login = login
        self._version = version
        self._clock = clock
        self._counts = counts
        self._started = clock.monotonic()

    async def initial(self) -> Initial:
        """Tell whether set-up is finished."""
        return Initial(initialized=True, setup_complete=await self._login.has_password())

    async def health(self) -> Health:
        """Return the state; `unhealthy` when the database does not answer in two seconds."""
        setup_complete = await self._asked_database()
        answers = setup_complete is not None
        return Health(
            status="healthy" if answers else "unhealthy",
            version=self._version,
            uptime_seconds=int(self._clock.monotonic() - self._started),
            timestamp=moment(self._clock.now_ms()),
            database="ok" if answers else "unavailable",
            setup_complete=setup_complete,
            counts={name: count() for name, count in self._counts.items()},
        )

    async def _asked_database(self) -> bool | None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await self._login.has_password()
        except (Unavailable, TimeoutError):
            return None
