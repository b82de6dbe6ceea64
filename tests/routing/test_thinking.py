"""Which models think, and how a budget is said to each."""

import pytest

from omniroute.formats.hub import Format, Reasoning
from omniroute.routing.thinking import Effort, Looks, adaptive_budget, spelled, thinks

PLAIN = Looks(messages=1, tools=0, last_user_characters=10)


@pytest.mark.parametrize(
    "model",
    ["claude-sonnet-4-5", "claude-3-7-sonnet-latest", "anthropic/claude-opus-4.5", "gemini-2.5-pro",
     "gemini-3-pro-preview", "o1", "o3-mini", "openai/o4-mini", "gpt-5", "GPT-5.2-codex", "gpt-oss:20b",
     "kimi-k2-thinking"],
)  # fmt: skip
def test_these_think(model: str) -> None:
    assert thinks(model)


@pytest.mark.parametrize(
    "model",
    ["claude-3-5-haiku-latest", "claude-3-opus", "claude-2.1", "gemini-1.5-pro", "gemini-2.0-flash", "gpt-4o",
     "gpt-4.1", "llama-3.3", "foo1", "solo3d", "gpt-5-chat-latest", "mistral-large", "gemini-embedding-001"],
)  # fmt: skip
def test_these_do_not(model: str) -> None:
    assert not thinks(model)


@pytest.mark.parametrize(
    ("effort", "looks", "budget"),
    [
        (Effort.NONE, Looks(messages=99, tools=9, last_user_characters=9999), 0),
        (Effort.LOW, PLAIN, 1024),
        (Effort.MEDIUM, PLAIN, 10_240),
        (Effort.MEDIUM, Looks(messages=10, tools=3, last_user_characters=2000), 10_240),
        (Effort.MEDIUM, Looks(messages=11, tools=0, last_user_characters=0), 15_360),
        (Effort.MEDIUM, Looks(messages=11, tools=4, last_user_characters=2001), 23_552),
        (Effort.HIGH, Looks(messages=11, tools=4, last_user_characters=2001), 131_072),
    ],
)
def test_an_adaptive_budget_goes_by_how_hard_a_request_looks(effort: Effort, looks: Looks, budget: int) -> None:
    assert adaptive_budget(effort, looks) == budget


@pytest.mark.parametrize(
    ("budget", "form", "model", "said"),
    [
        (1024, Format.OPENAI_CHAT, "gpt-5.2", Reasoning(effort="low")),
        (1025, Format.OPENAI_CHAT, "gpt-5.2", Reasoning(effort="medium")),
        (10_241, Format.OPENAI_RESPONSES, "o3", Reasoning(effort="high")),
        (0, Format.OPENAI_CHAT, "gpt-5.2", Reasoning(effort="none")),
        (0, Format.OPENAI_CHAT, "gpt-5-mini", Reasoning(effort="minimal")),
        (0, Format.OPENAI_CHAT, "o3", Reasoning(effort="low")),
        (4096, Format.ANTHROPIC, "claude-sonnet-4-5", Reasoning(enabled=True, budget=4096)),
        (4096, Format.ANTHROPIC, "claude-opus-4-7", Reasoning(enabled=True, adaptive=True, effort="medium")),
        (0, Format.ANTHROPIC, "claude-opus-4-7", Reasoning(enabled=False)),
        (90_000, Format.GEMINI, "gemini-2.5-flash", Reasoning(budget=24_576)),
        (0, Format.GEMINI, "gemini-2.5-flash", Reasoning(enabled=False)),
        (0, Format.GEMINI, "gemini-2.5-pro", Reasoning(budget=128)),
        (90_000, Format.GEMINI, "gemini-3-pro-preview", Reasoning(effort="high")),
        (0, Format.GEMINI, "gemini-3-pro-preview", Reasoning(effort="low")),
        (10, Format.OLLAMA, "qwen3-thinking", Reasoning(enabled=True)),
        (0, Format.OLLAMA, "gpt-oss:20b", Reasoning(enabled=True, effort="low")),
    ],
)
def test_a_budget_is_said_as_the_model_takes_it(budget: int, form: Format, model: str, said: Reasoning) -> None:
    assert spelled(budget, form, model) == said
