"""The one table of operations. Routes, policies and the OpenAPI document are made from it and from nothing else."""

from functools import cache

from omniroute.api.describe import described
from omniroute.api.operation import Call, Described, Operation
from omniroute.api.table import (
    answers,
    auth,
    explain,
    inference,
    keys,
    money,
    policies,
    providers,
    resilience,
    routing,
    settings,
    system,
    telemetry,
    usage,
)
from omniroute.edge.admission import Policy
from omniroute.kit.json import JsonObject
from omniroute.services.collection import Services


@cache
def _document() -> JsonObject:
    return described(OPERATIONS)


async def _describe(_services: Services, _call: Call[None, None]) -> JsonObject:
    return _document()


_CONTRACT = (
    Operation(
        id="getOpenApi",
        method="GET",
        path="/openapi.json",
        tag="system",
        summary="This document",
        policy=Policy.PUBLIC,
        handler=_describe,
        answer=Described(name="OpenApi", schema={"type": "object", "additionalProperties": True}),
    ),
)

OPERATIONS: tuple[Operation, ...] = (
    *auth.OPERATIONS,
    *providers.OPERATIONS,
    *routing.OPERATIONS,
    *policies.OPERATIONS,
    *settings.OPERATIONS,
    *resilience.OPERATIONS,
    *explain.OPERATIONS,
    *keys.OPERATIONS,
    *money.OPERATIONS,
    *usage.OPERATIONS,
    *telemetry.OPERATIONS,
    *answers.OPERATIONS,
    *system.OPERATIONS,
    *_CONTRACT,
    *inference.OPERATIONS,
)
