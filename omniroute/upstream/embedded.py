"""The demo provider without a socket: its script played as an upstream's answer, in this process."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping

from omniroute.kit import json
from omniroute.kit.ids import new_id
from omniroute.upstream.client import Answer, Endpoint
from omniroute.upstream.demo.media import answered
from omniroute.upstream.demo.provider import play
from omniroute.upstream.demo.script import Script, Step
from omniroute.upstream.failures import AttemptFailed, FailureKind, of_break


class ScriptAnswer:
    """A script as an answer: each piece comes when it is due."""

    __slots__ = ("_ending", "_headers", "_steps", "status")

    def __init__(self, script: Script) -> None:
        self.status = script.status
        self._headers = dict(script.headers)
        self._ending = script.ending
        self._steps = deque(script.steps if script.body is None else (Step(data=script.body),))

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers."""
        return self._headers

    async def read(self, limit: int) -> bytes:  # noqa: ARG002 - the demo's answers are small
        """Return the whole body."""
        pieces: list[bytes] = []
        while piece := await self.next():
            pieces.append(piece)
        return b"".join(pieces)

    async def next(self) -> bytes:
        """Return the next piece when it is due."""
        if not self._steps:
            return await self._end()
        step = self._steps.popleft()
        if step.delay_s:
            await asyncio.sleep(step.delay_s)
        return step.data

    async def _end(self) -> bytes:
        if self._ending == "cut":
            raise AttemptFailed(of_break(FailureKind.TRUNCATED, "the demo provider cut its stream, as it was asked to"))
        if self._ending == "hang":
            await asyncio.get_running_loop().create_future()
        return b""

    def close(self) -> None:
        """Forget the rest."""
        self._steps.clear()
        self._ending = "end"


class EmbeddedDemo:
    """Serves the URL scheme `demo`."""

    async def post(self, endpoint: Endpoint, body: bytes) -> Answer:
        """Play the script for the request."""
        made = answered(endpoint.url.path, body)
        if made is not None:
            return ScriptAnswer(made)
        answer_id = new_id("demo").removeprefix("demo_")
        script = play(json.loads(body), answer_id=answer_id, created=int(time.time()))
        if script.delay_s:
            await asyncio.sleep(script.delay_s)
        return ScriptAnswer(script)
