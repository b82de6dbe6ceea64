"""Restarting and stopping the gateway from afar: off unless the settings allow it, and never on a cookie alone."""

from collections.abc import Callable

from pydantic_core import MISSING

from omniroute.kit.errors import Forbidden
from omniroute.kit.secret import Secret
from omniroute.services.login import Login, Visitor

# Ends the process after what is under way; the flag says to begin again then.
End = Callable[[bool], None]


class Lifecycle:
    """Asks whoever runs the process to end it."""

    def __init__(self, *, login: Login, allowed: bool) -> None:
        self._login = login
        self._allowed = allowed
        self._end: End | None = None

    def attach(self, end: End) -> None:
        """Take what ends the process; without it nothing can be ended."""
        self._end = end

    async def restart(self, password: Secret | MISSING, visitor: Visitor) -> None:
        """Let requests under way finish, then begin again with the same settings."""
        (await self._admitted(password, visitor))(True)

    async def shutdown(self, password: Secret | MISSING, visitor: Visitor) -> None:
        """Let requests under way finish, then end."""
        (await self._admitted(password, visitor))(False)

    async def _admitted(self, password: Secret | MISSING, visitor: Visitor) -> End:
        if not self._allowed:
            raise Forbidden("restarting and stopping over the API is off: ALLOW_RESTART=true", code="restart_off")
        if self._end is None:
            raise Forbidden("this process is ended by whoever started it", code="restart_off")
        await self._login.confirm(password, visitor)
        return self._end
