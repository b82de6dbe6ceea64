"""What the gateway does to requests on their way: a system prompt for all, and how much models are to think."""

from collections.abc import Mapping

from omniroute.ui.door import Document
from omniroute.ui.forms import FAILURE
from omniroute.ui.pages.settings_group import Field, Group, show_group, words
from omniroute.ui.visit import Visit

FORMATS = ("OPENAI_CHAT", "OPENAI_RESPONSES", "ANTHROPIC", "GEMINI", "OLLAMA")
PROMPT = Document("query SystemPrompt { systemPrompt { enabled prompt position formats } }")
SET_PROMPT = Document(f"""
mutation SetSystemPrompt($input: SystemPromptChange!) {{
  updateSystemPrompt(input: $input) {{ ... on SystemPrompt {{ enabled }} {FAILURE} }}
}}""")
THINKING = Document("query Thinking { thinkingBudget { mode customBudget effortLevel } }")
SET_THINKING = Document(f"""
mutation SetThinking($input: ThinkingBudgetChange!) {{
  updateThinkingBudget(input: $input) {{ ... on ThinkingBudget {{ mode }} {FAILURE} }}
}}""")


def formats(visit: Visit) -> Mapping[str, str]:
    """Return the wire formats to choose from."""
    return {one: visit.say(f"format.{one.lower()}") for one in FORMATS}


_PROMPT = Group(
    name="prompt",
    query=PROMPT,
    update=SET_PROMPT,
    fields=(
        Field(path="enabled", kind="switch"),
        Field(path="prompt", kind="long"),
        Field(path="position", kind="choice", options=words("position", ("PREPEND", "APPEND"))),
        Field(path="formats", kind="several", options=formats),
    ),
    into=lambda values: {**values, "prompt": values["prompt"] or ""},
)
_THINKING = Group(
    name="thinking",
    query=THINKING,
    update=SET_THINKING,
    fields=(
        Field(path="mode", kind="choice", options=words("thinking", ("PASSTHROUGH", "AUTO", "CUSTOM", "ADAPTIVE"))),
        Field(path="customBudget"),
        Field(path="effortLevel", kind="choice", options=words("effort", ("NONE", "LOW", "MEDIUM", "HIGH"))),
    ),
)


async def show(visit: Visit) -> None:
    """Build the tab."""
    await show_group(visit, _PROMPT)
    await show_group(visit, _THINKING)
