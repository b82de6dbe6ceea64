"""The operations on resilience: profiles, breakers, availability, learned limits. Rows of the operation table."""

from omniroute.api import availability, rate_limits, resilience
from omniroute.api.operation import Operation
from omniroute.edge.admission import Policy
from omniroute.kit.errors import Invalid, NotFound

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="getResilience",
        method="GET",
        path="/api/resilience",
        tag="resilience",
        summary="Show profiles, request limits, breakers and learned limits",
        policy=Policy.ADMIN,
        handler=resilience.show,
        answer=resilience.ShownResilience,
        volatile=("circuitBreakers", "rateLimitStatus"),
    ),
    Operation(
        id="updateResilience",
        method="PUT",
        also=("PATCH",),
        path="/api/resilience",
        tag="resilience",
        summary="Change profiles and request limits; what is left out stays",
        policy=Policy.ADMIN,
        handler=resilience.update,
        body=resilience.ResilienceUpdate,
        answer=resilience.ResilienceSet,
        example={
            "profiles": {"apikey": {"circuitBreakerThreshold": 3, "circuitBreakerReset": 20000}},
            "requests": {"hedgeAfterMs": 2000},
            "heedLimits": True,
        },
    ),
    Operation(
        id="resetResilience",
        method="POST",
        path="/api/resilience/reset",
        tag="resilience",
        summary="Forget what is held against one provider, connection or model, or against all",
        policy=Policy.ADMIN,
        handler=resilience.reset,
        body=resilience.NewReset,
        needs_body=False,
        answer=resilience.ResetDone,
        errors=(NotFound,),
        example={"provider": "openai"},
    ),
    Operation(
        id="getModelAvailability",
        method="GET",
        path="/api/models/availability",
        tag="resilience",
        summary="Which models can answer now",
        policy=Policy.ADMIN,
        handler=availability.show_all,
        answer=availability.ShownAvailability,
    ),
    Operation(
        id="checkModelAvailability",
        method="POST",
        path="/api/models/availability",
        tag="resilience",
        summary="Whether one model, alias or combo can answer now; or clear what is held against it",
        policy=Policy.ADMIN,
        handler=availability.ask,
        body=availability.ModelQuestion,
        answer=availability.ShownCheck | availability.Cleared,
        errors=(Invalid, NotFound),
        example={"model": "openai/gpt-5"},
    ),
    Operation(
        id="getRateLimits",
        method="GET",
        path="/api/rate-limits",
        tag="resilience",
        summary="The limits that providers told, account by account",
        policy=Policy.ADMIN,
        handler=rate_limits.show_all,
        answer=rate_limits.ShownRateLimits,
    ),
)
