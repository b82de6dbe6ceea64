"""Combos: names for several targets."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Annotated, Any

from pydantic import MISSING, Discriminator, Field, Tag

from omniroute.api.operation import Call
from omniroute.api.shapes import WHOLE, Done, adopt, shape
from omniroute.routing.checks import AnswerChecks
from omniroute.routing.conditions import Condition
from omniroute.services.collection import Services
from omniroute.services.combo_metrics import ComboMetrics
from omniroute.services.combos import (
    LONGEST_MS,
    LONGEST_PATTERN,
    MOST_ATTEMPTS,
    MOST_CHARACTERS,
    MOST_PRIORITY,
    MOST_RETRIES,
    MOST_STICKY,
    MOST_TARGETS,
    MOST_TOKENS,
    MOST_WEIGHT,
    NAME_PATTERN,
    Combo,
    ComboChange,
    ComboConfig,
    ComboDraft,
    ComboTarget,
    ComboTest,
)
from omniroute.services.names import LONGEST_MODEL
from omniroute.services.rules import fault

_Name = Annotated[str, Field(pattern=NAME_PATTERN)]
_Model = Annotated[str, Field(min_length=1, max_length=LONGEST_MODEL)]
_Tokens = Annotated[int, Field(ge=0, le=MOST_TOKENS), WHOLE]
_Weight = Annotated[int, Field(ge=0, le=MOST_WEIGHT), WHOLE]
_Limit = Annotated[int, Field(ge=1, le=LONGEST_MS), WHOLE]
_Delay = Annotated[int, Field(ge=0, le=LONGEST_MS), WHOLE]


@shape
class TargetCondition(Condition):
    """Which requests a target takes; what is left out does not matter."""

    min_input_tokens: _Tokens | None = None
    max_input_tokens: _Tokens | None = None


@shape
class NewTarget(ComboTarget):
    """One target: any model name, over one connection only when that is named by its id."""

    model: _Model
    connection: str | None = None
    weight: _Weight = 1
    priority: Annotated[int, Field(ge=1, le=MOST_PRIORITY), WHOLE] = 1
    context_window: Annotated[int, Field(ge=1, le=MOST_TOKENS), WHOLE] | None = None
    condition: TargetCondition | None = None


@shape
class WeightedModel:
    """A target by its name and weight alone."""

    model: _Model
    weight: _Weight = 1


@shape
class NewChecks(AnswerChecks):
    """What an answer must be like with cascade; what is left out is as the plain checks have it."""

    min_characters: Annotated[int, Field(ge=0, le=MOST_CHARACTERS), WHOLE] = 1
    pattern: Annotated[str, Field(max_length=LONGEST_PATTERN)] | None = None


@shape
class NewConfig(ComboConfig):
    """Limits of one request."""

    max_attempts: Annotated[int, Field(ge=1, le=MOST_ATTEMPTS), WHOLE] | None = None
    timeout_ms: _Limit | None = None
    first_byte_timeout_ms: _Limit | None = None
    sticky_limit: Annotated[int, Field(ge=1, le=MOST_STICKY), WHOLE] = 1
    max_retries: Annotated[int, Field(ge=0, le=MOST_RETRIES), WHOLE] | None = None
    retry_delay_ms: _Delay | None = None
    hedge_after_ms: _Delay | None = None
    checks: NewChecks | None = None


_Targets = Annotated[Sequence[NewTarget], Field(max_length=MOST_TARGETS)]
# Told apart by what they are, so that a fault is told of the one that was meant.
_Named = Annotated[
    Annotated[_Model, Tag("name")] | Annotated[WeightedModel, Tag("weighted")],
    Discriminator(lambda value: "name" if isinstance(value, str) else "weighted"),
]
_Models = Annotated[Sequence[_Named], Field(max_length=MOST_TARGETS)]


@shape
class NewCombo(ComboDraft):
    """A new combo. Its targets stand in `targets`, or in `models` as names, with or without weights."""

    name: _Name
    targets: _Targets = ()
    models: _Models = ()
    config: NewConfig = field(default_factory=NewConfig)


@shape
class ComboUpdate(ComboChange):
    """What to change; what is left out stays. Targets and config are replaced as a whole."""

    name: _Name | MISSING = MISSING
    targets: _Targets | MISSING = MISSING
    models: _Models | MISSING = MISSING
    config: NewConfig | MISSING = MISSING


@shape
class ShownCombo(Combo):
    """One combo."""


@shape
class ShownTest(ComboTest):
    """How a combo's targets answered; `resolvedBy` is the first that did."""


@shape
class ComboList:
    """All combos."""

    combos: Sequence[Combo]


@shape
class ComboName:
    """Which combo to test."""

    combo_name: str


@shape
class MetricsQuery:
    """Which combo; all without it."""

    combo: str | None = None


@shape
class MetricsByCombo:
    """The figures of combos by name, since the gateway began."""

    metrics: Mapping[str, ComboMetrics]


async def show_all(services: Services, _call: Call[None, None]) -> ComboList:
    """List all combos."""
    return ComboList(combos=await services.combos.list())


async def create(services: Services, call: Call[NewCombo, None]) -> ShownCombo:
    """Make a combo."""
    body = call.body
    if body.models:
        _refuse_both(given=bool(body.targets))
        body = replace(body, targets=_named(body.models))
    return adopt(ShownCombo, await services.combos.create(body))


async def show(services: Services, call: Call[None, None]) -> ShownCombo:
    """Show one combo."""
    return adopt(ShownCombo, await services.combos.get(call.params["id"]))


async def update(services: Services, call: Call[ComboUpdate, None]) -> ShownCombo:
    """Change a combo."""
    body = call.body
    models = body.models
    if models is not MISSING:
        _refuse_both(given=body.targets is not MISSING)
        body = replace(body, targets=_named(models))
    return adopt(ShownCombo, await services.combos.update(call.params["id"], body))


async def delete(services: Services, call: Call[None, None]) -> Done:
    """Delete a combo."""
    await services.combos.delete(call.params["id"])
    return Done(message="combo deleted")


async def test(services: Services, call: Call[ComboName, None]) -> ShownTest:
    """Send a small real request to each target."""
    return adopt(ShownTest, await services.combos.test(call.body.combo_name))


async def metrics(services: Services, call: Call[None, MetricsQuery]) -> MetricsByCombo:
    """Show how combos fared."""
    name = call.query.combo
    if name is None:
        return MetricsByCombo(metrics=services.combo_measures.all())
    return MetricsByCombo(metrics={name: services.combo_measures.one(name)})


async def reset_metrics(services: Services, call: Call[None, MetricsQuery]) -> Done:
    """Begin to count anew."""
    services.combo_measures.reset(call.query.combo)
    return Done(message="metrics reset")


def _named(models: Sequence[Any]) -> tuple[NewTarget, ...]:
    return tuple(
        NewTarget(model=one) if isinstance(one, str) else NewTarget(model=one.model, weight=one.weight)
        for one in models
    )


def _refuse_both(*, given: bool) -> None:
    if given:
        raise fault("models", "models is another spelling of targets: give one of the two")
