"""The client's side of a request at /v1/responses whose answer is kept: everything passes, the response is picked up.

On its way the response object is told what only the gateway knows: which earlier answer it goes on from, and that it
is stored. Nothing else is touched; what needs no change goes on as the bytes it came in.
"""

from collections.abc import Callable

from omniroute.formats.framing import SseDeframer, sse
from omniroute.formats.hub import Json
from omniroute.gateway.downstream import Downstream, Headers
from omniroute.gateway.relay import events_of
from omniroute.kit import json

_OK = 200
_ENDED_WELL = frozenset({"completed", "incomplete"})
_EVENTS = frozenset(f"response.{status}" for status in _ENDED_WELL)

Keep = Callable[[Json], None]


class Capture:
    """Passes an answer on. `previous` is the earlier answer's id; `keep` takes the finished response."""

    def __init__(self, down: Downstream, *, previous: str | None, keep: Keep | None) -> None:
        self._down = down
        self._keep = keep
        self._told: Json = {}
        if previous is not None:
            self._told["previous_response_id"] = previous
        if keep is not None:
            self._told["store"] = True

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole answer."""
        response = json.loads(body) if status == _OK else None
        if isinstance(response, dict):
            body = self._whole(response) or body
            headers = [pair for pair in headers if pair[0] != b"content-length"]
            headers.append((b"content-length", str(len(body)).encode()))
        await self._down.answer(status, headers, body)

    def _whole(self, response: Json) -> bytes | None:
        """Take a whole response; return its new body, None when it stays as it is."""
        told = self._tell(response)
        if self._keep is not None and told.get("status", "completed") in _ENDED_WELL:
            self._keep(told)
        return None if told is response else json.dumps(told)

    def _tell(self, response: Json) -> Json:
        """Return the response with what the gateway knows in it."""
        same = all(response.get(name) == value for name, value in self._told.items())
        return response if same else {**response, **self._told}

    async def start(self, status: int, headers: Headers) -> None:
        """Send the head of a stream."""
        await self._down.start(status, headers)

    async def write(self, data: bytes) -> None:
        """Send a piece of a stream, which is made of whole events."""
        # Quotes inside a JSON text are escaped, so only a field can look like this.
        if b'"response"' in data:
            data = b"".join(self._event(event) for event in events_of(data))
        await self._down.write(data)

    def _event(self, raw: bytes) -> bytes:
        """Look at one event, and tell the response in it what the gateway knows."""
        if b'"response"' not in raw:
            return raw
        deframer = SseDeframer()
        frames = deframer.feed(raw) + deframer.end()
        event = json.loads(frames[0].data) if frames else None
        response = event.get("response") if isinstance(event, dict) else None
        if event is None or not isinstance(response, dict):
            return raw
        told = self._tell(response)
        if self._keep is not None and event.get("type") in _EVENTS:
            self._keep(told)
        return raw if told is response else sse(json.dumps({**event, "response": told}), frames[0].event)

    async def finish(self) -> None:
        """End a stream."""
        await self._down.finish()

    async def gone(self) -> None:
        """Return when the client has hung up."""
        await self._down.gone()
