"""The one table of operations. Routes, policies and the OpenAPI document are made from it and from nothing else."""

from functools import cache

from omniroute.api.describe import described
from omniroute.api.docs_page import page
from omniroute.api.operation import HTML, Call, Described, Operation, Reply
from omniroute.api.table import (
    answers,
    audit,
    auth,
    backups,
    checks,
    cli_tools,
    configuration,
    evals,
    explain,
    inference,
    jobs,
    keys,
    media,
    money,
    oauth,
    policies,
    providers,
    proxies,
    resilience,
    routing,
    settings,
    sync,
    system,
    telemetry,
    translation,
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


async def _show_docs(_services: Services, _call: Call[None, None]) -> Reply:
    text, headers = page()
    return Reply(value=text, headers=headers)


_CONTRACT = (
    Operation(
        id="showDocs",
        method="GET",
        path="/docs",
        tag="system",
        summary="This document, to be read by people",
        policy=Policy.PUBLIC,
        handler=_show_docs,
        media=HTML,
    ),
    Operation(
        id="getOpenApi",
        method="GET",
        path="/openapi.json",
        tag="system",
        summary="This document",
        policy=Policy.PUBLIC,
        handler=_describe,
        answer=Described(
            name="OpenApi",
            schema={"type": "object", "additionalProperties": True, "description": "An OpenAPI 3.1 document."},
        ),
    ),
)

OPERATIONS: tuple[Operation, ...] = (
    *auth.OPERATIONS,
    *providers.OPERATIONS,
    *oauth.OPERATIONS,
    *checks.OPERATIONS,
    *routing.OPERATIONS,
    *policies.OPERATIONS,
    *settings.OPERATIONS,
    *configuration.OPERATIONS,
    *resilience.OPERATIONS,
    *explain.OPERATIONS,
    *translation.OPERATIONS,
    *keys.OPERATIONS,
    *money.OPERATIONS,
    *proxies.OPERATIONS,
    *usage.OPERATIONS,
    *telemetry.OPERATIONS,
    *answers.OPERATIONS,
    *backups.OPERATIONS,
    *cli_tools.OPERATIONS,
    *evals.OPERATIONS,
    *sync.OPERATIONS,
    *jobs.OPERATIONS,
    *audit.OPERATIONS,
    *system.OPERATIONS,
    *_CONTRACT,
    *inference.OPERATIONS,
    *media.OPERATIONS,
)
