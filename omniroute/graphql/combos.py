"""Combos: names for several targets, and how they fare."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.outcome import Deleted, Done, Failed, mutation
from omniroute.graphql.scalars import Long
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.routing.checks import AnswerChecks
from omniroute.routing.conditions import Condition
from omniroute.routing.strategies import Strategy
from omniroute.services.combo_metrics import ComboMetrics, TargetMetrics
from omniroute.services.combos import (
    Combo,
    ComboChange,
    ComboConfig,
    ComboDraft,
    ComboTarget,
    ComboTest,
    TargetResult,
)
from omniroute.services.providers import Connection

enumerate_(
    Strategy,
    "RoutingStrategy",
    "How one of several is chosen; the others follow when it fails.",
    PRIORITY="In the operator's order.",
    WEIGHTED="By chance, as often as its weight says.",
    ROUND_ROBIN="One after the other.",
    RANDOM="By chance.",
    LEAST_USED="The one that was used least.",
    COST_OPTIMIZED="The cheapest first.",
    LATENCY_OPTIMIZED="The quickest first.",
    TWO_CHOICES="The less busy one of two drawn by chance.",
    FILL_FIRST="The first until it is full or fails.",
    LAST_KNOWN_GOOD="The one that answered last.",
    CONTEXT_OPTIMIZED="In the operator's order, without those whose context window is too small.",
    CASCADE="In the operator's order, and one further when the answer does not pass the combo's checks.",
)

_LOW, _HIGH = "With at least so many input tokens, as estimated.", "With at most so many input tokens, as estimated."
_TOOLS, _IMAGES = "With tools (true) or without (false).", "With images (true) or without (false)."
_STREAM = "Streaming (true) or not (false)."
_MODEL = "Any name that a client could write: a provider's model, an alias, another combo."
_WEIGHT = "How often it is chosen, where that is by weight: 0 to 1,000."
_PRIORITY = "Lower is tried first: 1 to 1,000."
_WINDOW = "How many tokens the model takes; left out: as far as known."
_WHICH = "Which requests it takes; left out: all."
_ATTEMPTS = "How many tries at most; null: as the gateway is set."
_TIMEOUT = "Until an answer is complete or its stream has begun, in milliseconds, whatever was tried; null: no limit."
_FIRST = "For each try until its first byte, in milliseconds; null: as the gateway is set."
_RETRIES = "How often the same target is tried again; without it, what holds for all requests."
_PAUSE = "About how many milliseconds lie between tries at the same target."
_HEDGE = "After how many milliseconds without an answer a second target is asked as well; 0 never."
_CHECKS = "What an answer must be like with CASCADE; null: the plain checks."
_LENGTH = "It has as many characters of text."
_JSON = "It is JSON, and of the schema, where the request asked for that."
_PATTERN = "The regular expression is found in its text."
_COMPLETE = "It was not cut by a limit of length or a content filter."
_REFUSAL = "The model did not refuse."
_STICKY = "How many requests round-robin gives a target in a row: 1 to 1,000."


@asked("The connection; null when any of the model's will do.")
async def _connection(self: ComboTarget, info: Asked) -> Connection | None:
    return None if self.connection is None else await info.context.loaders.connections.load(self.connection)


@asked("How it fares since the gateway began.")
async def _metrics(self: Combo, info: Asked) -> ComboMetrics | None:
    return await info.context.loaders.combo_metrics.load(self.name)


expose(
    Condition,
    "TargetCondition",
    "Which requests a target takes; null does not matter.",
    min_input_tokens=_LOW,
    max_input_tokens=_HIGH,
    needs_tools=_TOOLS,
    needs_images=_IMAGES,
    stream=_STREAM,
)
expose(
    ComboTarget,
    "ComboTarget",
    "One of a combo's targets.",
    model=_MODEL,
    connection=Shown(words="The id of the only connection to use.", kind=strawberry.ID | None),
    weight=_WEIGHT,
    priority=_PRIORITY,
    context_window=_WINDOW,
    condition=_WHICH,
    also={"connection_entry": _connection},
)
expose(
    AnswerChecks,
    "AnswerChecks",
    "What an answer must be like to be taken.",
    min_characters=_LENGTH,
    valid_json=_JSON,
    pattern=_PATTERN,
    complete=_COMPLETE,
    no_refusal=_REFUSAL,
)
expose(
    ComboConfig,
    "ComboConfig",
    "A combo's limits.",
    max_attempts=_ATTEMPTS,
    timeout_ms=_TIMEOUT,
    first_byte_timeout_ms=_FIRST,
    sticky_limit=_STICKY,
    max_retries=_RETRIES,
    retry_delay_ms=_PAUSE,
    hedge_after_ms=_HEDGE,
    checks=_CHECKS,
)
expose(
    Combo,
    "Combo",
    "A name for several targets, with a strategy that says which is tried first.",
    id=Shown(words="Stable id.", kind=strawberry.ID),
    name="The name that clients write as a model.",
    strategy="How a target is chosen.",
    models="The names of its targets.",
    targets="Its targets.",
    config="Its limits.",
    is_active="Whether clients may use it.",
    created_at="When it was made.",
    updated_at="When it was last changed.",
    also={"metrics": _metrics},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionInput(Condition):
    """A condition as it comes in: a class is a type or an input, never both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetInput(ComboTarget):
    """A target as it comes in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksInput(AnswerChecks):
    """Checks as they come in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigInput(ComboConfig):
    """Limits as they come in."""


accept(
    ConditionInput,
    "TargetConditionInput",
    "Which requests a target takes; what is left out does not matter.",
    min_input_tokens=_LOW,
    max_input_tokens=_HIGH,
    needs_tools=_TOOLS,
    needs_images=_IMAGES,
    stream=_STREAM,
)
accept(
    TargetInput,
    "ComboTargetInput",
    "One target.",
    model=_MODEL,
    connection=Taken(words="The id of the only connection to use.", kind=strawberry.ID | None, read=str),
    weight=_WEIGHT,
    priority=_PRIORITY,
    context_window=_WINDOW,
    condition=Taken(words=_WHICH, kind=ConditionInput | None),
)
accept(
    ChecksInput,
    "AnswerChecksInput",
    "What an answer must be like to be taken.",
    min_characters=_LENGTH,
    valid_json=_JSON,
    pattern=_PATTERN,
    complete=_COMPLETE,
    no_refusal=_REFUSAL,
)
accept(
    ConfigInput,
    "ComboConfigInput",
    "A combo's limits.",
    max_attempts=_ATTEMPTS,
    timeout_ms=_TIMEOUT,
    first_byte_timeout_ms=_FIRST,
    sticky_limit=_STICKY,
    max_retries=_RETRIES,
    retry_delay_ms=_PAUSE,
    hedge_after_ms=_HEDGE,
    checks=Taken(words=_CHECKS, kind=ChecksInput | None),
)
_TARGETS = Taken(words="Its targets: 1 to 32.", kind=list[TargetInput], read=tuple)
_CONFIG = Taken(words="Its limits.", kind=ConfigInput)
accept(
    ComboDraft,
    "ComboInput",
    "A new combo.",
    name="The name that clients write as a model: 1 to 100 letters, digits and any of _/.-",
    targets=_TARGETS,
    strategy="How a target is chosen.",
    config=_CONFIG,
    is_active="Whether clients may use it.",
)
accept(
    ComboChange,
    "ComboChange",
    "What to change of a combo; what is left out stays. Targets and limits are replaced as a whole.",
    name="The name that clients write as a model.",
    targets=_TARGETS,
    strategy="How a target is chosen.",
    config=_CONFIG,
    is_active="Whether clients may use it.",
)


@strawberry.type(description="How one of a combo's targets fares.")
class NamedTargetMetrics:
    """A target's figures with its name."""

    target: str = strawberry.field(description="The target's model, and @connection where it names one.")
    metrics: TargetMetrics = strawberry.field(description="Its figures.")


def _by_target(found: Mapping[str, TargetMetrics]) -> list[NamedTargetMetrics]:
    return [NamedTargetMetrics(target=target, metrics=metrics) for target, metrics in found.items()]


expose(
    TargetMetrics,
    "TargetMetrics",
    "What became of the tries at one target.",
    requests=Shown(words="How many were begun.", kind=Long),
    successes=Shown(words="How many were answered.", kind=Long),
    failures=Shown(words="How many failed.", kind=Long),
    in_flight="How many are under way.",
    total_latency_ms="The sum of their times, in milliseconds.",
    avg_latency_ms="Their mean time, in milliseconds.",
    success_rate="The share that was answered, in whole percents.",
    last_status="`ok`, or the last failure's kind.",
    last_used_at="When it was last tried.",
)
expose(
    ComboMetrics,
    "ComboMetrics",
    "What became of a combo's requests since the gateway began.",
    strategy="How a target is chosen.",
    total_requests=Shown(words="How many ended.", kind=Long),
    total_successes=Shown(words="How many were answered.", kind=Long),
    total_failures=Shown(words="How many failed.", kind=Long),
    total_fallbacks=Shown(words="How many were answered after a failed try.", kind=Long),
    total_latency_ms="The sum of their times, in milliseconds.",
    avg_latency_ms="Their mean time, in milliseconds.",
    success_rate="The share that was answered, in whole percents.",
    fallback_rate="The share that was answered after a failed try, in whole percents.",
    last_used_at="When the last one ended.",
    by_model=Shown(words="The same by target.", kind=list[NamedTargetMetrics], read=_by_target),
)
expose(
    TargetResult,
    "TargetTestResult",
    "How one target answered a test.",
    model="The target's model.",
    connection=Shown(words="The id of the only connection to use.", kind=strawberry.ID | None),
    status="`ok` or `error`.",
    status_code="The status that the gateway answered with.",
    latency_ms="How long it took, in milliseconds.",
    error="The failure's words.",
)
expose(
    ComboTest,
    "ComboTest",
    "How a combo's targets answered a small real request.",
    combo_name="The combo's name.",
    strategy="How a target is chosen.",
    resolved_by="The first target that answered; null: none did.",
    results="How each target answered.",
    tested_at="When that was.",
)

CreateResult = Annotated[Combo | Failed, strawberry.union("CreateComboResult")]
UpdateResult = Annotated[Combo | Failed, strawberry.union("UpdateComboResult")]
DeleteResult = Annotated[Deleted | Failed, strawberry.union("DeleteComboResult")]
TestResult = Annotated[ComboTest | Failed, strawberry.union("TestComboResult")]
ResetResult = Annotated[Done | Failed, strawberry.union("ResetComboMetricsResult")]


@strawberry.type
class Query:
    """Combos."""

    @asked("All combos, the oldest first.")
    async def combos(self, info: Asked) -> list[Combo]:
        return list(await services_of(info).combos.list())

    @asked("One combo; null when there is none with this id.")
    async def combo(self, info: Asked, id: strawberry.ID) -> Combo | None:
        return await info.context.loaders.combos.load(id)


@strawberry.type
class Mutation:
    """Combos."""

    @mutation("Make a combo.")
    async def create_combo(self, info: Asked, input: ComboDraft) -> CreateResult:
        return await services_of(info).combos.create(input)

    @mutation("Change a combo.")
    async def update_combo(self, info: Asked, id: strawberry.ID, input: ComboChange) -> UpdateResult:
        return await services_of(info).combos.update(id, input)

    @mutation("Delete a combo.")
    async def delete_combo(self, info: Asked, id: strawberry.ID) -> DeleteResult:
        await services_of(info).combos.delete(id)
        return Deleted(id=id)

    @mutation("Send a small real request to each of a combo's targets.")
    async def test_combo(self, info: Asked, name: str) -> TestResult:
        return await services_of(info).combos.test(name)

    @mutation("Begin to count anew, for one combo or for all.")
    def reset_combo_metrics(self, info: Asked, name: str | None = None) -> ResetResult:
        services_of(info).combo_measures.reset(name)
        return Done(message="metrics reset")
