"""Who plays: the providers with their tempers, the clients with their habits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from omniroute.upstream.staged import Character

PROVIDERS: Mapping[str, Character] = {
    "openai": Character(first_s=0.45, word_s=0.018, failure_rate=0.015, failure=500),
    "groq": Character(first_s=0.09, word_s=0.004, failure_rate=0.06, failure=429),
    "mistral": Character(first_s=0.3, word_s=0.014, failure_rate=0.01),
    "deepseek": Character(first_s=0.9, word_s=0.03, failure_rate=0.05),
    "xai": Character(first_s=0.55, word_s=0.02, failure_rate=0.02),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A connection to make."""

    provider: str
    name: str


ACCOUNTS = (
    Account(provider="openai", name="Work account"),
    Account(provider="openai", name="Second account"),
    Account(provider="groq", name="Groq"),
    Account(provider="mistral", name="Mistral EU"),
    Account(provider="deepseek", name="DeepSeek"),
    Account(provider="xai", name="xAI"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What one key's clients do: how often (weight), with which agent, for which models, how long their prompts are."""

    key: str
    agent: str
    path: str
    models: Sequence[str]
    weight: float
    prompt_tokens: int
    answer_tokens: int
    stream: bool


HABITS = (
    Habit(
        key="Editor",
        agent="claude-cli/2.1 (external, cli)",
        path="/v1/messages",
        models=("coding", "coding", "openai/gpt-5"),
        weight=5,
        prompt_tokens=9_000,
        answer_tokens=420,
        stream=True,
    ),
    Habit(
        key="Support bot",
        agent="OpenAI/Python 3.54",
        path="/v1/chat/completions",
        models=("fast", "fast", "groq/llama-3.1-8b-instant"),
        weight=6,
        prompt_tokens=1_300,
        answer_tokens=160,
        stream=True,
    ),
    Habit(
        key="Nightly jobs",
        agent="python-httpx/0.28",
        path="/v1/chat/completions",
        models=("deepseek/deepseek-chat", "mistral/mistral-large-latest"),
        weight=2,
        prompt_tokens=4_200,
        answer_tokens=650,
        stream=False,
    ),
    Habit(
        key="Research",
        agent="codex_cli_rs/0.169",
        path="/v1/responses",
        models=("xai/grok-4", "openai/gpt-5", "deepseek/deepseek-reasoner"),
        weight=1.5,
        prompt_tokens=15_000,
        answer_tokens=900,
        stream=True,
    ),
)
