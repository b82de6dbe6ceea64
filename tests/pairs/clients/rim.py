"""What the Python adapters share: a hook puts the request's headers in and takes those of its answer out."""

from collections.abc import Mapping
from typing import Any

from tests.pairs.talk import Ask, Refused


class Rim:
    """Hooks for an HTTP client; one request at a time."""

    def __init__(self) -> None:
        self.sending: Mapping[str, str] = {}
        self.heard: dict[str, str] = {}

    async def _on_request(self, request: Any) -> None:
        request.headers.update(self.sending)

    async def _on_response(self, response: Any) -> None:
        self.heard = {name.lower(): value for name, value in response.headers.items()}

    @property
    def hooks(self) -> dict[str, list[Any]]:
        """The hooks, as httpx takes them."""
        return {"request": [self._on_request], "response": [self._on_response]}

    def begin(self, ask: Ask) -> None:
        """A question is about to be asked."""
        self.sending, self.heard = ask.headers, {}

    def refused(self, error: Exception, status: int | None) -> Refused:
        """Put an SDK's exception into the tests' words."""
        return Refused(kind=type(error).__name__, status=status, message=str(error), headers=self.heard)


def given(**fields: Any) -> dict[str, Any]:
    """Leave out what is not said."""
    return {name: value for name, value in fields.items() if value not in (None, (), [], {})}
