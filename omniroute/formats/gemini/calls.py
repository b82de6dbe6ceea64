"""Which call a function response answers: by its id, or by the tool's name in the order of the calls.

Ids are optional in Gemini's history. A call without one gets the number of its place in the conversation, so that the
same history gets the same ids turn after turn.
"""


class Calls:
    """The calls of one conversation that wait for their response."""

    def __init__(self) -> None:
        self._made = 0
        self._waiting: list[tuple[str, str]] = []  # (id, name)

    def made(self, call_id: str | None, name: str) -> str:
        """A call was made; return its id."""
        found = call_id or f"call_{self._made}"
        self._made += 1
        self._waiting.append((found, name))
        return found

    def answered(self, call_id: str | None, name: str) -> str:
        """A response came; return the id of its call, or one that is nobody's."""
        match = next((call for call in self._waiting if call[0] == call_id or (not call_id and call[1] == name)), None)
        if match is not None:
            self._waiting.remove(match)
            return match[0]
        return call_id or f"call_{name}"
