"""Sets the stage: connections, keys and combos of the demonstration."""

from dataclasses import dataclass

from omniroute.app import Gateway
from omniroute.commands.stage.cast import ACCOUNTS, HABITS
from omniroute.kit.secret import Secret
from omniroute.routing.strategies import Strategy
from omniroute.services.combos import ComboDraft, ComboTarget
from omniroute.services.keys import KeyDraft
from omniroute.services.providers import ConnectionDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key that was made."""

    id: str
    text: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What was set up: keys by name, connection ids by provider."""

    keys: dict[str, Key]
    connections: dict[str, tuple[str, ...]]


_COMBOS = (
    ComboDraft(
        name="coding",
        strategy=Strategy.PRIORITY,
        targets=(
            ComboTarget(model="openai/gpt-5", priority=1),
            ComboTarget(model="xai/grok-4", priority=2),
            ComboTarget(model="mistral/codestral-latest", priority=3),
        ),
    ),
    ComboDraft(
        name="fast",
        strategy=Strategy.LATENCY_OPTIMIZED,
        targets=(
            ComboTarget(model="groq/llama-3.3-70b-versatile"),
            ComboTarget(model="openai/gpt-5-mini"),
            ComboTarget(model="mistral/mistral-large-latest"),
        ),
    ),
    ComboDraft(
        name="cheap",
        strategy=Strategy.COST_OPTIMIZED,
        targets=(
            ComboTarget(model="groq/llama-3.1-8b-instant"),
            ComboTarget(model="deepseek/deepseek-chat"),
            ComboTarget(model="openai/gpt-4o-mini"),
        ),
    ),
)


async def set_up(gateway: Gateway) -> Stage:
    """Make everything; the gateway is empty."""
    made: dict[str, tuple[str, ...]] = {}
    for number, account in enumerate(ACCOUNTS, 1):
        draft = ConnectionDraft(
            provider=account.provider,
            name=account.name,
            api_key=Secret(f"demo-{account.provider}-key-of-nobody"),
            priority=number,
        )
        shown = await gateway.services.providers.create(draft)
        made[account.provider] = (*made.get(account.provider, ()), shown.id)
    for combo in _COMBOS:
        await gateway.services.combos.create(combo)
    keys: dict[str, Key] = {}
    for habit in HABITS:
        key = await gateway.services.keys.create(KeyDraft(name=habit.key))
        keys[habit.key] = Key(id=key.record.id, text=key.secret)
    return Stage(keys=keys, connections=made)
