"""Repairs learned from a refusal: a model that takes no `reasoning_effort` says so once, and is spared it from then on.

Providers of one format differ in which optional fields they take, model by model and month by month, and nobody
publishes a table. But they name the field when they refuse it. Only requests that OmniRoute wrote itself are repaired
(a client's own words are passed on as they are), only fields that may be left out, and what is left out is a loss.
"""

import re
from dataclasses import dataclass
from typing import Any

from omniroute.formats.events import Fault
from omniroute.formats.hub import Loss

# Fields without which a request still asks the same thing.
_OPTIONAL = frozenset(
    {
        "frequency_penalty",
        "include",
        "logprobs",
        "metadata",
        "min_p",
        "output_config",
        "parallel_tool_calls",
        "presence_penalty",
        "prompt_cache_key",
        "reasoning",
        "reasoning_effort",
        "seed",
        "service_tier",
        "store",
        "stream_options",
        "temperature",
        "thinking",
        "think",
        "top_k",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
    }
)
# Fields that have another name at some models: OpenAI's newer ones refuse the first, most others' the second.
_OTHER_NAME = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_NAMES = re.compile(r"[a-z][a-z_]*[a-z]")
_REFUSALS = frozenset({400, 422})


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Leave `field` out, or give it the name `to`."""

    field: str
    to: str | None = None

    def apply(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the body repaired."""
        if self.field not in body:
            return body
        rest = {name: value for name, value in body.items() if name != self.field}
        return rest if self.to is None else {**rest, self.to: body[self.field]}

    @property
    def loss(self) -> Loss | None:
        """What the request loses by it."""
        if self.to is not None:
            return None
        return Loss(path=self.field, reason="this model does not take it")


def learn(status: int | None, fault: Fault, body: dict[str, Any]) -> Repair | None:
    """Return the repair that a refusal asks for: of a field that `body` has and that the refusal names."""
    if status not in _REFUSALS:
        return None
    named = [fault.param.partition(".")[0]] if fault.param else []
    named += _NAMES.findall(fault.message.lower())
    for name in named:
        if name not in body:
            continue
        if name in _OTHER_NAME:
            return Repair(field=name, to=_OTHER_NAME[name])
        if name in _OPTIONAL:
            return Repair(field=name)
    return None
