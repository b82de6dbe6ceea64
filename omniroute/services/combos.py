"""Combos: a name for several targets, with a strategy that says which is tried first.

A target's model may be any name a client could write: a provider's model, an alias, another combo.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec
from pydantic_core import MISSING

from omniroute.kit.clock import Clock
from omniroute.kit.errors import Conflict, NotFound
from omniroute.kit.events import ConfigurationChanged
from omniroute.kit.ids import new_id
from omniroute.kit.json import JsonObject
from omniroute.routing.checks import AnswerChecks
from omniroute.routing.conditions import Condition
from omniroute.routing.strategies import Strategy
from omniroute.services.changes import Changed, kept
from omniroute.services.moments import moment
from omniroute.services.names import LONGEST_MODEL, NameBook
from omniroute.services.rules import fault, line, within
from omniroute.storage.combos import Combos as ComboRows
from omniroute.storage.connections import Connections
from omniroute.storage.rows import ComboRow

NAME_PATTERN = r"^[a-zA-Z0-9_/.-]{1,100}$"
MOST_TARGETS = 32
MOST_WEIGHT = 1_000
MOST_PRIORITY = 1_000
MOST_TOKENS = 100_000_000
MOST_ATTEMPTS = 50
MOST_STICKY = 1_000
MOST_RETRIES = 10
LONGEST_MS = 3_600_000
MOST_CHARACTERS = 1_000_000
LONGEST_PATTERN = 500

_NAME = re.compile(NAME_PATTERN)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComboTarget:
    """One target. `connection` is the id of the only account to use; `context_window` what the model takes, in tokens.

    Lower `priority` comes first. `condition` says which requests it takes.
    """

    model: str
    connection: str | None = None
    weight: int = 1
    priority: int = 1
    context_window: int | None = None
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComboConfig:
    """Limits. None leaves it to what holds for all requests (services/resilience.py).

    `max_attempts` tries at most; `timeout_ms` until an answer is complete, or its stream has begun, whatever was tried;
    `first_byte_timeout_ms` for each try. `sticky_limit` is how many requests round-robin gives a target in a row.
    `max_retries` more tries at the same target, about `retry_delay_ms` apart. `hedge_after_ms`: a second target is
    asked as well when the first has not begun to answer by then; 0 switches that off where it holds for all.
    `checks` are what an answer must be like with cascade; None means the plain ones.
    """

    max_attempts: int | None = None
    timeout_ms: int | None = None
    first_byte_timeout_ms: int | None = None
    sticky_limit: int = 1
    max_retries: int | None = None
    retry_delay_ms: int | None = None
    hedge_after_ms: int | None = None
    checks: AnswerChecks | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Combo:
    """A combo as it is shown. `models` are the names of its targets."""

    id: str
    name: str
    strategy: Strategy
    models: tuple[str, ...]
    targets: tuple[ComboTarget, ...]
    config: ComboConfig
    is_active: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ComboDraft:
    """What to make a combo of."""

    name: str
    targets: Sequence[ComboTarget]
    strategy: Strategy = Strategy.PRIORITY
    config: ComboConfig = field(default_factory=ComboConfig)
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ComboChange:
    """What to change of a combo; `targets` and `config` are replaced as a whole."""

    name: str | MISSING = MISSING
    targets: Sequence[ComboTarget] | MISSING = MISSING
    strategy: Strategy | MISSING = MISSING
    config: ComboConfig | MISSING = MISSING
    is_active: bool | MISSING = MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What became of one small real request: the status the gateway answered with, and the words of a failure."""

    status_code: int
    latency_ms: float
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetResult:
    """How one target of a combo answered a test; `status` is ok or error."""

    model: str
    connection: str | None
    status: str
    status_code: int
    latency_ms: float
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComboTest:
    """How a combo's targets answered; `resolved_by` is the first that did."""

    combo_name: str
    strategy: Strategy
    resolved_by: str | None
    results: tuple[TargetResult, ...]
    tested_at: datetime


# Sends a small request for a model, over one connection only when one is named.
Probe = Callable[[str, str | None], Awaitable[Probed]]


class Combos:
    """Makes, lists, changes and tests combos."""

    def __init__(
        self,
        *,
        rows: ComboRows,
        connections: Connections,
        names: NameBook,
        probe: Probe,
        clock: Clock,
        changed: Changed,
    ) -> None:
        self._rows = rows
        self._connections = connections
        self._names = names
        self._probe = probe
        self._clock = clock
        self._changed = changed
        self._changing = asyncio.Lock()

    async def create(self, draft: ComboDraft) -> Combo:
        """Make a combo; raise Unprocessable on a bad value or a circle, and Conflict on a name that is taken."""
        now = self._clock.now_ms()
        async with self._changing:
            row = ComboRow(
                id=new_id("combo"),
                name=_name(draft.name),
                strategy=draft.strategy.value,
                targets=await self._checked(draft.targets),
                config=_config(draft.config),
                is_active=draft.is_active,
                created_at=now,
                updated_at=now,
            )
            await self._check(row)
            await self._rows.add(row)
        await self._tell(row.id)
        return shown(row)

    async def list(self) -> tuple[Combo, ...]:
        """Return all combos, the oldest first."""
        return tuple(shown(row) for row in await self._rows.list())

    async def get(self, combo_id: str) -> Combo:
        """Return one combo; raise NotFound."""
        return shown(await self._rows.get(combo_id))

    async def update(self, combo_id: str, change: ComboChange) -> Combo:
        """Change a combo; raise what `create` raises, and Conflict when a name that others use would go."""
        async with self._changing:
            old = await self._rows.get(combo_id)
            row = replace(
                old,
                name=old.name if change.name is MISSING else _name(change.name),
                strategy=old.strategy if change.strategy is MISSING else change.strategy.value,
                targets=old.targets if change.targets is MISSING else await self._checked(change.targets),
                config=old.config if change.config is MISSING else _config(change.config),
                is_active=kept(change.is_active, old.is_active),
                updated_at=self._clock.now_ms(),
            )
            if row.name != old.name:
                await self._refuse_loss(old)
            await self._check(row)
            await self._rows.update(row)
        await self._tell(combo_id)
        return shown(row)

    async def delete(self, combo_id: str) -> None:
        """Delete a combo; raise NotFound, and Conflict while another one names it."""
        async with self._changing:
            await self._refuse_loss(await self._rows.get(combo_id))
            await self._rows.delete(combo_id)
        await self._tell(combo_id)

    async def test(self, name: str) -> ComboTest:
        """Send a small real request to every target of a combo, all at once; raise NotFound."""
        row = next((row for row in await self._rows.list() if row.name == name), None)
        if row is None:
            raise NotFound(f"There is no combo {name!r}.")
        combo = shown(row)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._tested(target)) for target in combo.targets]
        results = tuple(task.result() for task in tasks)
        return ComboTest(
            combo_name=name,
            strategy=combo.strategy,
            resolved_by=next((one.model for one in results if one.error is None), None),
            results=results,
            tested_at=moment(self._clock.now_ms()),
        )

    async def _tested(self, target: ComboTarget) -> TargetResult:
        probed = await self._probe(target.model, target.connection)
        return TargetResult(
            model=target.model,
            connection=target.connection,
            status="ok" if probed.error is None else "error",
            status_code=probed.status_code,
            latency_ms=probed.latency_ms,
            error=probed.error,
        )

    async def _check(self, row: ComboRow) -> None:
        """Raise when the name is taken, or leads in a circle."""
        if any(other.id != row.id and other.name == row.name for other in await self._rows.list()):
            raise Conflict(f"there is a combo {row.name!r} already: choose another name", param="name")
        await self._names.check_combo(row)

    async def _refuse_loss(self, row: ComboRow) -> None:
        """Raise Conflict while another combo names this one."""
        for other in await self._rows.list():
            if other.id != row.id and any(target["model"] == row.name for target in other.targets):
                raise Conflict(f"the combo {other.name!r} has {row.name!r} among its targets: take it out there first")

    async def _checked(self, targets: Sequence[ComboTarget]) -> Sequence[JsonObject]:
        if not 1 <= len(targets) <= MOST_TARGETS:
            raise fault("targets", f"a combo has 1 to {MOST_TARGETS} targets")
        known = {row.id for row in await self._connections.list()}
        return [
            msgspec.to_builtins(_target(target, f"targets.{number}", known)) for number, target in enumerate(targets)
        ]

    async def _tell(self, combo_id: str) -> None:
        await self._changed(ConfigurationChanged(noun="combos", id=combo_id))


def member_key(target: ComboTarget) -> str:
    """Name a target in its combo's figures."""
    return target.model if target.connection is None else f"{target.model}@{target.connection}"


def shown(row: ComboRow) -> Combo:
    """Return a stored combo in types."""
    targets = msgspec.convert(row.targets, tuple[ComboTarget, ...])
    return Combo(
        id=row.id,
        name=row.name,
        strategy=Strategy(row.strategy),
        models=tuple(target.model for target in targets),
        targets=targets,
        config=msgspec.convert(row.config, ComboConfig),
        is_active=row.is_active,
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )


def _name(value: str) -> str:
    if not _NAME.fullmatch(value) or ".." in value.split("/"):
        raise fault("name", "name has 1 to 100 letters, digits, underscores, slashes, dots and hyphens")
    return value


def _target(target: ComboTarget, where: str, connections: set[str]) -> ComboTarget:
    if target.connection is not None and target.connection not in connections:
        raise fault(f"{where}.connection", f"there is no connection {target.connection!r}: see /api/providers")
    _optional(target.context_window, f"{where}.contextWindow", MOST_TOKENS)
    if target.condition is not None:
        _check_condition(target.condition, f"{where}.condition")
    return replace(
        target,
        model=line(target.model, f"{where}.model", most=LONGEST_MODEL),
        weight=within(target.weight, f"{where}.weight", least=0, most=MOST_WEIGHT),
        priority=within(target.priority, f"{where}.priority", least=1, most=MOST_PRIORITY),
    )


def _check_condition(condition: Condition, where: str) -> None:
    low, high = condition.min_input_tokens, condition.max_input_tokens
    for value, name in ((low, "minInputTokens"), (high, "maxInputTokens")):
        if value is not None:
            within(value, f"{where}.{name}", least=0, most=MOST_TOKENS)
    if low is not None and high is not None and low > high:
        raise fault(f"{where}.minInputTokens", "minInputTokens is above maxInputTokens: no request could be both")


def _config(config: ComboConfig) -> JsonObject:
    _optional(config.max_attempts, "config.maxAttempts", MOST_ATTEMPTS)
    _optional(config.timeout_ms, "config.timeoutMs", LONGEST_MS)
    _optional(config.first_byte_timeout_ms, "config.firstByteTimeoutMs", LONGEST_MS)
    within(config.sticky_limit, "config.stickyLimit", least=1, most=MOST_STICKY)
    _optional(config.max_retries, "config.maxRetries", MOST_RETRIES, least=0)
    _optional(config.retry_delay_ms, "config.retryDelayMs", LONGEST_MS, least=0)
    _optional(config.hedge_after_ms, "config.hedgeAfterMs", LONGEST_MS, least=0)
    if config.checks is not None:
        _check_checks(config.checks)
    made: JsonObject = msgspec.to_builtins(config)
    return made


def _check_checks(checks: AnswerChecks) -> None:
    within(checks.min_characters, "config.checks.minCharacters", least=0, most=MOST_CHARACTERS)
    if checks.pattern is None:
        return
    line(checks.pattern, "config.checks.pattern", most=LONGEST_PATTERN)
    try:
        re.compile(checks.pattern)
    except re.error as error:
        raise fault("config.checks.pattern", f"pattern is not a regular expression: {error}") from None


def _optional(value: int | None, name: str, most: int, *, least: int = 1) -> None:
    if value is not None:
        within(value, name, least=least, most=most)
