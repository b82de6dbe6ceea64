"""What the gateway does to requests on their way: a system prompt for all, and how much models are to think."""

from typing import Annotated

import strawberry

from omniroute.formats.edits.system import Position
from omniroute.formats.hub import Format
from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.outcome import Failed, mutation
from omniroute.graphql.types import asked, enumerate_, expose
from omniroute.routing.thinking import Effort, Mode
from omniroute.services.system_prompt import SystemPrompt, SystemPromptChange
from omniroute.services.thinking import ThinkingBudget, ThinkingChange

_ENABLED = "Whether it is sent."
_PROMPT = "The prompt: up to 50,000 characters."
_POSITION = "Where it stands in relation to the client's own."
_FORMATS = "For clients of these wire formats; empty: for all."
_MODE = "What is done to what a client says on thinking."
_BUDGET = "How many tokens to think with in the mode CUSTOM: 0 to 131,072."
_EFFORT = "How much to think in the mode ADAPTIVE, before the request is looked at."

enumerate_(Position, "PromptPosition", _POSITION, PREPEND="Before the client's own.", APPEND="After the client's own.")
enumerate_(
    Mode,
    "ThinkingMode",
    _MODE,
    PASSTHROUGH="It stays.",
    AUTO="It is taken out, so that the model's default holds.",
    CUSTOM="One budget replaces it.",
    ADAPTIVE="A budget replaces it that goes by an effort and by how hard the request looks.",
)
enumerate_(
    Effort,
    "ThinkingEffort",
    _EFFORT,
    NONE="Not at all.",
    LOW="A little: 1,024 tokens.",
    MEDIUM="Some: 10,240 tokens.",
    HIGH="As much as goes: 131,072 tokens.",
)
expose(
    SystemPrompt,
    "SystemPrompt",
    "A system prompt for all requests, beside what clients say themselves.",
    enabled=_ENABLED,
    prompt=_PROMPT,
    position=_POSITION,
    formats=_FORMATS,
)
accept(
    SystemPromptChange,
    "SystemPromptChange",
    "What to change; what is left out stays.",
    enabled=_ENABLED,
    prompt=_PROMPT,
    position=_POSITION,
    formats=Taken(words=_FORMATS, kind=list[Format], read=tuple),
)
expose(
    ThinkingBudget,
    "ThinkingBudget",
    "How much models are to think, whatever clients say.",
    mode=_MODE,
    custom_budget=_BUDGET,
    effort_level=_EFFORT,
)
accept(
    ThinkingChange,
    "ThinkingBudgetChange",
    "What to change; what is left out stays.",
    mode=_MODE,
    custom_budget=_BUDGET,
    effort_level=_EFFORT,
)

PromptResult = Annotated[SystemPrompt | Failed, strawberry.union("UpdateSystemPromptResult")]
ThinkingResult = Annotated[ThinkingBudget | Failed, strawberry.union("UpdateThinkingBudgetResult")]


@strawberry.type
class Query:
    """What is done to requests."""

    @asked("The system prompt for all requests.")
    async def system_prompt(self, info: Asked) -> SystemPrompt:
        return await services_of(info).rulebook.system_prompt.get()

    @asked("How much models are to think.")
    async def thinking_budget(self, info: Asked) -> ThinkingBudget:
        return await services_of(info).rulebook.thinking.get()


@strawberry.type
class Mutation:
    """What is done to requests."""

    @mutation("Change the system prompt for all requests.")
    async def update_system_prompt(self, info: Asked, input: SystemPromptChange) -> PromptResult:
        return await services_of(info).rulebook.system_prompt.update(input)

    @mutation("Change how much models are to think.")
    async def update_thinking_budget(self, info: Asked, input: ThinkingChange) -> ThinkingResult:
        return await services_of(info).rulebook.thinking.update(input)
