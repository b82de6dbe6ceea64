"""Invented providers for a demonstration: each answers in its own tempo and fails now and then, in this process.

It serves the providers' own addresses, so that nothing else of the gateway knows; whatever model is asked for answers.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from omniroute.kit import json
from omniroute.kit.ids import new_id
from omniroute.upstream.client import Answer, Endpoint
from omniroute.upstream.demo.provider import play
from omniroute.upstream.embedded import ScriptAnswer
from omniroute.upstream.failures import AttemptFailed, FailureKind, of_break


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """How a provider behaves: seconds to its first byte (median), seconds a word, how often it fails and how."""

    first_s: float
    word_s: float
    failure_rate: float = 0.0
    failure: int = 503


class StagedDemo:
    """Serves the URL scheme `https` as a cast of characters, by host; nobody else is reached."""

    def __init__(self, cast: Mapping[str, Character], draw: Callable[[], float] = random.random) -> None:
        self._cast = cast
        self._draw = draw

    async def post(self, endpoint: Endpoint, body: bytes) -> Answer:
        """Play the character's answer."""
        character = self._cast.get(endpoint.url.host or "")
        if character is None:
            raise AttemptFailed(of_break(FailureKind.TRANSIENT, "nobody plays this provider in the demonstration"))
        await asyncio.sleep(character.first_s * (0.6 + 1.2 * self._draw() ** 2))
        fails = self._draw() < character.failure_rate
        ask = {**json.loads(body), "model": f"fail-{character.failure}" if fails else "story"}
        answer_id = new_id("demo").removeprefix("demo_")
        return ScriptAnswer(play(ask, answer_id=answer_id, created=int(time.time()), step_s=character.word_s))
