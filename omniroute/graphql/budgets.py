"""Budgets: how much a key, or all calls together, may use in a period."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.outcome import Deleted, Failed, mutation
from omniroute.graphql.scalars import money
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.routing.ledger import Unit
from omniroute.routing.periods import Period
from omniroute.services.budgets import BudgetDraft, BudgetState
from omniroute.services.keys import Key

_KEY = "The id of the key; null: all calls together."

enumerate_(
    Period,
    "BudgetPeriod",
    "When a budget begins anew, by UTC.",
    DAILY="At midnight.",
    WEEKLY="On Monday.",
    MONTHLY="On the first of the month.",
)
enumerate_(Unit, "BudgetUnit", "What a budget is in.", USD="US dollars.", TOKENS="Tokens, in and out.")


@asked("The key; null: all calls together.")
async def _key(self: BudgetState, info: Asked) -> Key | None:
    return None if self.key_id is None else await info.context.loaders.keys.load(self.key_id)


def _amount(words: str) -> Shown:
    return Shown(words=f"{words}, in US dollars or tokens by `unit`.", kind=Decimal, read=money)


expose(
    BudgetState,
    "Budget",
    "A budget and how it stands.",
    key_id=Shown(words=_KEY, kind=strawberry.ID | None),
    key_name="The key's name.",
    period="When it begins anew.",
    unit="What it is in.",
    limit=_amount("How much may be used"),
    spent=_amount("How much was used in the period under way"),
    reserved=_amount("How much is set aside for calls that are under way"),
    remaining=_amount("How much is left"),
    percent="How much of it was used, in percent.",
    thresholds="At which percentages it warns.",
    warning_reached="The highest of these that was reached; null: none yet.",
    exceeded="Whether calls are refused.",
    period_starts_at="When the period under way began.",
    resets_at="When it begins anew.",
    also={"key": _key},
)
accept(
    BudgetDraft,
    "BudgetInput",
    "A budget to set, over the one of the same key, period and unit.",
    key_id=Taken(words=_KEY, kind=strawberry.ID | None, read=str),
    limit=Taken(
        words="How much may be used: dollars up to 1,000,000,000, or whole tokens up to 10^15.",
        kind=Decimal,
        read=float,
    ),
    period="When it begins anew.",
    unit="What it is in.",
    thresholds=Taken(
        words="At which percentages to warn, 1 to 100: at most 10; left out: 80 and 100.", kind=list[int] | None
    ),
)


@strawberry.type(description="Budgets as they were set.")
class Budgets:
    """A union has no room for a list."""

    budgets: Sequence[BudgetState] = strawberry.field(description="The budgets, and how they stand.")


SetResult = Annotated[Budgets | Failed, strawberry.union("SetBudgetsResult")]
DeleteResult = Annotated[Deleted | Failed, strawberry.union("DeleteBudgetsResult")]


@strawberry.type
class Query:
    """Budgets."""

    @asked("All budgets and how they stand, those of all calls together first; or those of one key.")
    async def budgets(self, info: Asked, key_id: strawberry.ID | None = None) -> list[BudgetState]:
        return list(await services_of(info).budgets.list(key_id))


@strawberry.type
class Mutation:
    """Budgets."""

    @mutation("Set budgets, all of them or none.")
    async def set_budgets(self, info: Asked, input: list[BudgetDraft]) -> SetResult:
        return Budgets(budgets=await services_of(info).budgets.set(input))

    @mutation("Remove a key's budgets, or those of all calls together; all of them, or the one of a period and unit.")
    async def delete_budgets(
        self,
        info: Asked,
        key_id: strawberry.ID | None = None,
        period: Period | None = None,
        unit: Unit | None = None,
    ) -> DeleteResult:
        await services_of(info).budgets.delete(key_id, period, unit)
        return Deleted(id=key_id or strawberry.ID(""))
