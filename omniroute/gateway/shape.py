"""What the gateway says in a request that the client did not: the system prompt, and how much to think.

A client's own body gets it in its own format (gateway/shaping.py); a request that is translated gets it here, where the
target is known, so that nothing is lost between formats.
"""

from dataclasses import dataclass, replace

from omniroute.formats.edits.system import Position, with_prompt_read
from omniroute.formats.hub import Format, Reasoning, Request
from omniroute.routing.thinking import Mode, spelled
from omniroute.services.system_prompt import SystemPrompt
from omniroute.services.thinking import ThinkingBudget


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaping:
    """What is set; None for what is off."""

    system: SystemPrompt | None = None
    thinking: ThinkingBudget | None = None


def shaping_of(system: SystemPrompt, thinking: ThinkingBudget) -> Shaping | None:
    """Return what there is to do to requests, None when there is nothing."""
    found = Shaping(
        system=system if system.enabled else None,
        thinking=None if thinking.mode is Mode.PASSTHROUGH else thinking,
    )
    return None if found == Shaping() else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What to say. `strips`: nothing on thinking, whatever the client said; `budget`: so many tokens of it."""

    prompt: str | None = None
    position: Position = Position.APPEND
    strips: bool = False
    budget: int | None = None

    def of(self, request: Request, form: Format, model: str) -> Request:
        """Return a request as it goes to a model of an upstream of another format."""
        if self.prompt is not None:
            request = with_prompt_read(request, self.prompt, self.position)
        if self.strips:
            return replace(request, reasoning=None)
        if self.budget is None:
            return request
        return replace(request, reasoning=_keeping(request.reasoning, spelled(self.budget, form, model)))


def _keeping(own: Reasoning | None, said: Reasoning) -> Reasoning:
    """Whether thoughts are shown stays the client's affair."""
    return said if own is None else replace(said, include=own.include, summary=own.summary)
