"""The response object around an answer: it repeats the settings of the client's request, as OpenAI does."""

from functools import cached_property

from omniroute.formats.hub import Json, Request
from omniroute.formats.losses import Losses
from omniroute.formats.openai_responses.request_writer import instructions
from omniroute.formats.openai_responses.settings_writer import write_settings

_PREFIX = "resp_"
# Fields of the request that stand in the response, in its order, and what they say when the request did not.
_ECHOED: Json = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "prompt_cache_retention": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": None,
    "store": False,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": None,
    "truncation": "disabled",
    "user": None,
}


def response_id(name: str, spare: str) -> str:
    """Make a response's id of the upstream's, or of the spare one when it gave none."""
    name = name or spare
    return name if name.startswith(_PREFIX) else _PREFIX + name


class Envelope:
    """Makes the response objects of one answer."""

    def __init__(self, request: Request, *, name: str, model: str, created: int) -> None:
        """`name` is the response's id, spelled as this format does."""
        self._request = request
        self._model = model
        self._head: Json = {"id": name, "object": "response", "created_at": created}

    @property
    def stem(self) -> str:
        """What the ids of this answer's items are made of."""
        return str(self._head["id"]).removeprefix(_PREFIX)

    @cached_property
    def _body(self) -> Json:
        said = {**instructions(self._request), **write_settings(self._request, Losses())}
        echoed: Json = {key: said.get(key, default) for key, default in _ECHOED.items()}
        for key in ("text", "reasoning"):
            echoed[key] = {**_ECHOED[key], **echoed[key]}
        return {"model": self._model, **echoed}

    def response(self, status: str, output: list[Json], **more: object) -> Json:
        """Make a whole response object."""
        state = {"status": status, "error": None, "incomplete_details": None}
        return {**self._head, **state, **self._body, "output": output, "usage": None, **more}
