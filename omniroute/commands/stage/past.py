"""A week of invented history, so that charts have something to show."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from omniroute.app import Gateway
from omniroute.commands.stage.cast import HABITS, PROVIDERS, Habit
from omniroute.commands.stage.setting import Stage
from omniroute.formats.hub import Usage
from omniroute.kit.ids import new_id
from omniroute.storage.rows import AttemptRow, RequestRow
from omniroute.upstream.prices import PriceBook, cost_nano

DAYS = 7
_A_DAY = 1_400
_HOUR_MS = 3_600_000
_PIECE = 500
_FORMATS = {
    "/v1/messages": "anthropic",
    "/v1/responses": "openai-responses",
    "/v1/chat/completions": "openai-chat",
}
# Where each combo's requests went: mostly to the first.
_LED_TO = {
    "coding": ("openai/gpt-5", "openai/gpt-5", "openai/gpt-5", "openai/gpt-5", "xai/grok-4"),
    "fast": ("groq/llama-3.3-70b-versatile", "groq/llama-3.3-70b-versatile", "openai/gpt-5-mini"),
    "cheap": ("groq/llama-3.1-8b-instant", "deepseek/deepseek-chat"),
}


async def write_history(gateway: Gateway, stage: Stage, *, seed: int = 7) -> int:
    """Store the week and return how many requests it had."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    inventor = _Inventor(stage=stage, chance=chance)
    now = gateway.plane.clock.now_ms()
    rows = [inventor.row(at) for at in _moments(now, chance)]
    for start in range(0, len(rows), _PIECE):
        await gateway.stores.usage.write(rows[start : start + _PIECE])
    return len(rows)


def _moments(now_ms: int, chance: random.Random) -> Iterator[int]:
    """Give times of the week: busy by day, quiet by night and at weekends."""
    for hour in range(DAYS * 24):
        begin = now_ms - (DAYS * 24 - hour) * _HOUR_MS
        when = datetime.fromtimestamp(begin / 1000, UTC)
        by_day = 0.25 + max(0.0, math.sin((when.hour - 6) / 24 * 2 * math.pi)) * 1.6
        by_week = 0.35 if when.weekday() > 4 else 1.0  # noqa: PLR2004 - Saturday and Sunday
        count = round(_A_DAY / 24 * by_day * by_week * chance.uniform(0.8, 1.2))
        yield from sorted(begin + int(chance.random() * _HOUR_MS) for _ in range(count))


@dataclass(kw_only=True)
class _Inventor:
    stage: Stage
    chance: random.Random
    prices: PriceBook = field(default_factory=PriceBook.load)

    def row(self, at_ms: int) -> RequestRow:
        """Invent a request."""
        chance = self.chance
        habit = chance.choices(HABITS, [one.weight for one in HABITS])[0]
        asked = chance.choice(habit.models)
        provider, _, model = chance.choice(_LED_TO.get(asked, (asked,))).partition("/")
        fails = chance.random() < PROVIDERS[provider].failure_rate / 2
        usage = self._usage(habit)
        rate = None if fails else self.prices.rate(provider, model)
        first_s = PROVIDERS[provider].first_s * chance.lognormvariate(0, 0.35)
        took_s = first_s + (0 if fails else (usage.output or 0) * PROVIDERS[provider].word_s * 0.5)
        connection = chance.choice(self.stage.connections[provider])
        return RequestRow(
            id=new_id("req"),
            started_at=at_ms,
            key_id=self.stage.keys[habit.key].id,
            address="127.0.0.1",
            user_agent=habit.agent,
            format=_FORMATS[habit.path],
            path=habit.path,
            requested_model=asked,
            combo=asked if asked in _LED_TO else None,
            stream=habit.stream,
            outcome="failed" if fails else "ok",
            status=502 if fails else 200,
            provider=provider,
            connection_id=connection,
            model=model,
            latency_us=int(took_s * 1e6),
            first_token_us=None if fails or not habit.stream else int(first_s * 1e6),
            input_tokens=None if fails else usage.input,
            output_tokens=None if fails else usage.output,
            cache_read_tokens=None if fails else usage.cache_read,
            usage_source="none" if fails else "final",
            cost_nano=None if rate is None else cost_nano(rate, usage),
            price_version=None if rate is None else self.prices.version,
            error_kind="upstream" if fails else None,
            error_message="the provider answered with 503" if fails else None,
            attempts=(_failed(provider, connection, model),) if fails else (),
        )

    def _usage(self, habit: Habit) -> Usage:
        tokens = max(40, int(habit.prompt_tokens * self.chance.lognormvariate(0, 0.6)))
        cached = int(tokens * 0.7) if self.chance.random() < 0.4 else 0  # noqa: PLR2004 - four in ten go on talking
        answer = max(8, int(habit.answer_tokens * self.chance.lognormvariate(0, 0.5)))
        return Usage(input=tokens, output=answer, cache_read=cached)


def _failed(provider: str, connection_id: str, model: str) -> AttemptRow:
    return AttemptRow(
        number=1,
        provider=provider,
        connection_id=connection_id,
        model=model,
        latency_us=180_000,
        status=503,
        failure="overload",
        message="the model is overloaded",
    )
