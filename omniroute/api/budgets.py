"""Budgets: how much may be used in a period, and how much of it was."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from omniroute.api.operation import Call
from omniroute.api.shapes import WHOLE, Done, shape
from omniroute.kit.errors import Unprocessable
from omniroute.routing.ledger import Unit
from omniroute.routing.periods import Period
from omniroute.services.budgets import DEFAULT_THRESHOLDS, MOST_THRESHOLDS, MOST_TOKENS, BudgetDraft, BudgetState
from omniroute.services.collection import Services

# How all calls together are named where a key's id is expected.
GLOBAL = "global"

_Key = Annotated[str, Field(min_length=1, max_length=40)]
_Amount = Annotated[float, Field(ge=0, le=MOST_TOKENS)]
_Thresholds = Annotated[
    Sequence[Annotated[int, Field(ge=1, le=100), WHOLE]], Field(min_length=0, max_length=MOST_THRESHOLDS)
]


@shape
class BudgetInput:
    """A budget. `keyId` global (or null) means all calls together; `limit` is US dollars, or tokens by `unit`.

    `apiKeyId` with `dailyLimitUsd`, `monthlyLimitUsd` and `warningThreshold` (a share from 0 to 1) is another way to
    say the same of one key.
    """

    key_id: _Key | None = None
    limit: _Amount | None = None
    period: Period = Period.MONTHLY
    unit: Unit = Unit.USD
    thresholds: _Thresholds = DEFAULT_THRESHOLDS
    api_key_id: _Key | None = None
    daily_limit_usd: _Amount | None = None
    monthly_limit_usd: _Amount | None = None
    warning_threshold: Annotated[float, Field(gt=0, le=1)] | None = None


@shape
class BudgetQuery:
    """Whose budgets: a key's, by either name, or without one all."""

    key_id: _Key | None = None
    api_key_id: _Key | None = None


@shape
class BudgetName:
    """Which budget: all of a key (global: those of all calls together), or of one period and unit only."""

    key_id: _Key
    period: Literal["daily", "weekly", "monthly"] | None = None
    unit: Literal["usd", "tokens"] | None = None


@shape
class BudgetList:
    """Budgets and how they stand."""

    budgets: Sequence[BudgetState]


@shape
class KeyBudget:
    """The dollar budgets of one key in short."""

    daily_limit_usd: float | None
    monthly_limit_usd: float | None
    warning_threshold: float | None


@shape
class BudgetCheck:
    """Whether a key may go on, and if not, why."""

    allowed: bool
    daily_used: float
    daily_limit: float | None
    warning_reached: bool
    reason: str | None = None


@shape
class BudgetsOfKeys(BudgetList):
    """Budgets and how they stand; the rest is told where one key was asked for."""

    daily_total: float | None = None
    monthly_total: float | None = None
    total_entries: int | None = None
    budget: KeyBudget | None = None
    budget_check: BudgetCheck | None = None


async def show(services: Services, call: Call[None, BudgetQuery]) -> BudgetsOfKeys:
    """Show budgets."""
    key_id = call.query.key_id or call.query.api_key_id
    if key_id is None or key_id == GLOBAL:
        return BudgetsOfKeys(budgets=[one for one in await services.budgets.list() if key_id is None or not one.key_id])
    return _in_short(await services.budgets.list(key_id))


def _in_short(budgets: Sequence[BudgetState]) -> BudgetsOfKeys:
    money = {one.period: one for one in budgets if one.unit is Unit.USD}
    daily, monthly = money.get(Period.DAILY), money.get(Period.MONTHLY)
    over = next((one for one in budgets if one.exceeded), None)
    thresholds = [one.thresholds[0] / 100 for one in money.values() if one.thresholds]
    return BudgetsOfKeys(
        budgets=budgets,
        daily_total=daily.spent if daily else None,
        monthly_total=monthly.spent if monthly else None,
        total_entries=len(budgets),
        budget=KeyBudget(
            daily_limit_usd=daily.limit if daily else None,
            monthly_limit_usd=monthly.limit if monthly else None,
            warning_threshold=min(thresholds, default=None),
        )
        if money
        else None,
        budget_check=BudgetCheck(
            allowed=over is None,
            daily_used=daily.spent if daily else 0.0,
            daily_limit=daily.limit if daily else None,
            warning_reached=any(one.warning_reached is not None for one in budgets),
            reason=None if over is None else f"the {over.period.value} budget is used up",
        ),
    )


async def put(services: Services, call: Call[BudgetInput, None]) -> BudgetList:
    """Set a budget, or a key's daily and monthly one at once."""
    return BudgetList(budgets=await services.budgets.set(_drafts(call.body)))


def _drafts(body: BudgetInput) -> list[BudgetDraft]:
    if body.key_id is not None and body.api_key_id is not None:
        raise Unprocessable("give keyId or apiKeyId, not both", param="apiKeyId")
    thresholds = body.thresholds
    if body.warning_threshold is not None:
        thresholds = (max(1, round(body.warning_threshold * 100)), *((100,) if body.warning_threshold < 1 else ()))
    key_id = body.key_id or body.api_key_id
    given: Mapping[Period, float | None] = {
        Period.DAILY: body.daily_limit_usd,
        Period.MONTHLY: body.monthly_limit_usd,
    }
    drafts = [
        BudgetDraft(key_id=_whose(key_id), limit=limit, period=period, thresholds=thresholds)
        for period, limit in given.items()
        if limit is not None
    ]
    if body.limit is not None:
        drafts.append(
            BudgetDraft(
                key_id=_whose(key_id), limit=body.limit, period=body.period, unit=body.unit, thresholds=thresholds
            )
        )
    if not drafts:
        raise Unprocessable("say how much: limit, or dailyLimitUsd or monthlyLimitUsd", param="limit")
    return drafts


def _whose(key_id: str | None) -> str | None:
    return None if key_id == GLOBAL else key_id


async def delete(services: Services, call: Call[None, BudgetName]) -> Done:
    """Remove budgets."""
    query = call.query
    period = None if query.period is None else Period(query.period)
    unit = None if query.unit is None else Unit(query.unit)
    await services.budgets.delete(_whose(query.key_id), period, unit)
    return Done(message="budget removed")
