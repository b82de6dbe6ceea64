"""The operations on money and limits: budgets, prices, limits of all calls. Rows of the operation table."""

from omniroute.api import budgets, limits, pricing
from omniroute.api.operation import Operation
from omniroute.api.shapes import Done
from omniroute.edge.admission import Policy
from omniroute.kit.errors import NotFound

# What changes as calls are made, without anybody setting a budget.
_SPENT = (
    "spent",
    "reserved",
    "remaining",
    "percent",
    "warningReached",
    "exceeded",
    "periodStartsAt",
    "resetsAt",
    "dailyTotal",
    "monthlyTotal",
    "budgetCheck",
)

_BUDGETS = (
    Operation(
        id="listBudgets",
        method="GET",
        path="/api/usage/budget",
        tag="money",
        summary="Show budgets: limit, spent, remaining, and when they begin anew",
        policy=Policy.ADMIN,
        handler=budgets.show,
        query=budgets.BudgetQuery,
        answer=budgets.BudgetsOfKeys,
        volatile=_SPENT,
        errors=(NotFound,),
    ),
    Operation(
        id="setBudget",
        method="POST",
        also=("PUT",),
        path="/api/usage/budget",
        tag="money",
        summary="Set how much a key, or all calls together, may use in a day, a week or a month",
        policy=Policy.ADMIN,
        handler=budgets.put,
        body=budgets.BudgetInput,
        answer=budgets.BudgetList,
        errors=(NotFound,),
        example={"keyId": "global", "limit": 25, "period": "daily"},
    ),
    Operation(
        id="deleteBudget",
        method="DELETE",
        path="/api/usage/budget",
        tag="money",
        summary="Remove budgets",
        policy=Policy.ADMIN,
        handler=budgets.delete,
        query=budgets.BudgetName,
        answer=Done,
        errors=(NotFound,),
        asked={"keyId": "global", "period": "daily"},
    ),
)

_PRICES = (
    Operation(
        id="listPrices",
        method="GET",
        path="/api/pricing",
        tag="money",
        summary="Show what models cost, in US dollars for a million tokens",
        policy=Policy.ADMIN,
        handler=pricing.show,
        query=pricing.PriceQuery,
        answer=pricing.PriceTable,
    ),
    Operation(
        id="setPrices",
        method="PUT",
        also=("PATCH",),
        path="/api/pricing",
        tag="money",
        summary="Set own prices over those of the catalog",
        policy=Policy.ADMIN,
        handler=pricing.put,
        body=pricing.NewPrices,
        answer=pricing.PriceTable,
        example={"openai": {"gpt-4o": {"input": 2.5, "output": 10, "cached": 1.25}}},
    ),
    Operation(
        id="resetPrices",
        method="DELETE",
        path="/api/pricing",
        tag="money",
        summary="Remove own prices, so that those of the catalog hold again",
        policy=Policy.ADMIN,
        handler=pricing.delete,
        query=pricing.PriceName,
        answer=Done,
        errors=(NotFound,),
        asked={"provider": "openai", "model": "gpt-4o"},
    ),
    Operation(
        id="rerate",
        method="POST",
        path="/api/pricing/rerate",
        tag="money",
        summary="Reckon the requests of a time anew, by the prices that hold now",
        policy=Policy.ADMIN,
        handler=pricing.rerate,
        body=pricing.RerateInput,
        answer=pricing.ShownRerate,
        example={"since": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z", "model": "gpt-4o"},
    ),
)

_LIMITS = (
    Operation(
        id="getRateLimit",
        method="GET",
        path="/api/rate-limit",
        tag="money",
        summary="Show the limits of all calls together, of models and of connections",
        policy=Policy.ADMIN,
        handler=limits.show,
        answer=limits.RateLimits,
        volatile=("status",),
    ),
    Operation(
        id="updateRateLimit",
        method="PUT",
        also=("PATCH",),
        path="/api/rate-limit",
        tag="money",
        summary="Change them; what is left out stays",
        policy=Policy.ADMIN,
        handler=limits.update,
        body=limits.RateLimitUpdate,
        answer=limits.RateLimits,
        example={"requestsPerMinute": 600, "concurrentRequests": 50},
    ),
)

OPERATIONS = (*_BUDGETS, *_PRICES, *_LIMITS)
