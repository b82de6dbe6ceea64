"""Errors as GraphQL clients hear them: what the caller did wrong in full, what the gateway did wrong by number only."""

from collections.abc import Sequence

import structlog
from graphql import GraphQLError

from omniroute.edge.rim import known
from omniroute.kit.errors import OmniError
from omniroute.kit.json import JsonObject

log = structlog.get_logger(__name__)


class Wrong(Exception):
    """The document does not fit the schema: everything that is wrong with it."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__("the document does not fit the schema")
        self.errors = tuple(errors)


def masked(errors: Sequence[OmniError | GraphQLError | Wrong], request_id: str) -> list[JsonObject]:
    """Return errors as they are sent; what should not have happened is logged under the request's id."""
    made: list[JsonObject] = []
    for error in errors:
        if isinstance(error, Wrong):
            made += masked(error.errors, request_id)
        elif isinstance(error, OmniError):
            made.append(_told(error, request_id))
        else:
            made.append(_located(error, request_id))
    return made


def _located(error: GraphQLError, request_id: str) -> JsonObject:
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if cause is None or isinstance(cause, GraphQLError):
        # graphql-core's own words: about the document or its variables, never about what lies behind.
        formatted: JsonObject = dict(error.formatted)
        formatted["extensions"] = {"code": "bad_document", "requestId": request_id}
        return formatted
    told = _told(known(cause, request_id), request_id)
    if error.path:
        told["path"] = list(error.path)
    if error.locations:
        told["locations"] = [{"line": one.line, "column": one.column} for one in error.locations]
    return told


def _told(error: OmniError, request_id: str) -> JsonObject:
    extensions: JsonObject = {"code": error.error_code, "requestId": request_id}
    if error.details:
        extensions["fields"] = [{"field": one.field, "message": one.message} for one in error.details]
    if error.retry_after_s is not None:
        extensions["retryAfterSeconds"] = error.retry_after_s
    return {"message": error.message, "extensions": extensions}
