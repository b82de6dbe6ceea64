"""Which requests a target takes: a small condition over what is known of a request before anything is sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a request. Tokens are estimates; `output_tokens` is the most that it asks for."""

    input_tokens: int
    output_tokens: int
    tools: bool
    images: bool
    stream: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a request must be like; None means that it does not matter."""

    min_input_tokens: int | None = None
    max_input_tokens: int | None = None
    needs_tools: bool | None = None
    needs_images: bool | None = None
    stream: bool | None = None


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether the request is as the condition says."""
    low, high = condition.min_input_tokens, condition.max_input_tokens
    return (
        (low is None or facts.input_tokens >= low)
        and (high is None or facts.input_tokens <= high)
        and condition.needs_tools in {None, facts.tools}
        and condition.needs_images in {None, facts.images}
        and condition.stream in {None, facts.stream}
    )
