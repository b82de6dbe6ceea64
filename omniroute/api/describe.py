"""The OpenAPI 3.1 document, made from operations."""

import re
from collections.abc import Iterable

from omniroute import __version__
from omniroute.api.operation import HTML, Operation, expanded
from omniroute.api.schemas import CLIENT_ERROR, ERROR, Schemas, reference
from omniroute.edge.admission import COOKIE, Policy
from omniroute.edge.rim import JSON
from omniroute.kit.errors import (
    Forbidden,
    Invalid,
    OmniError,
    TooLarge,
    Unauthenticated,
    Unprocessable,
    UnsupportedMedia,
)
from omniroute.kit.json import JsonObject

_PARAM = re.compile(r"\{(\w+)\}")

_WITH_BODY: tuple[type[OmniError], ...] = (Invalid, TooLarge, UnsupportedMedia, Unprocessable)
_WITH_QUERY: tuple[type[OmniError], ...] = (Invalid, Unprocessable)
_GUARDED: tuple[type[OmniError], ...] = (Unauthenticated, Forbidden)

# Not http.HTTPStatus: its wording changed between Python versions, and the document is compared letter by letter.
_PHRASES = {200: "Success", 201: "Created", 503: "Cannot serve now"}

_SECURITY: dict[Policy, list[JsonObject]] = {
    Policy.PUBLIC: [],
    Policy.SETUP: [],
    Policy.ADMIN: [{"session": []}, {"bearer": []}, {"apiKey": []}],
    Policy.INFERENCE: [{"bearer": []}, {"apiKey": []}],
}

_SCHEMES: JsonObject = {
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key of the gateway."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "The same key, as some send it."},
}


def described(operations: Iterable[Operation]) -> JsonObject:
    """Return the OpenAPI document of these operations."""
    rows = expanded(operations)
    schemas = Schemas(rows)
    paths: dict[str, JsonObject] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OmniRoute",
            "version": __version__,
            "description": "One self-hosted endpoint for many AI providers.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(row.tag for row in rows)],
        "paths": paths,
        "components": {
            "schemas": {name: schemas.named[name] for name in sorted(schemas.named)},
            "securitySchemes": _SCHEMES,
        },
    }


def _operation(row: Operation, schemas: Schemas) -> JsonObject:
    made: JsonObject = {
        "operationId": row.id,
        "tags": [row.tag],
        "summary": row.summary,
        "security": _SECURITY[row.policy],
        "responses": _responses(row, schemas),
    }
    parameters = [*_path_parameters(row), *schemas.parameters(row)]
    if parameters:
        made["parameters"] = parameters
    if row.body is not None:
        content: JsonObject = {"schema": schemas.body(row)}
        if row.example is not None:
            content["example"] = row.example
        made["requestBody"] = {"required": row.needs_body, "content": {JSON: content}}
    return made


def _path_parameters(row: Operation) -> list[JsonObject]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAM.findall(row.path)
    ]


def _responses(row: Operation, schemas: Schemas) -> JsonObject:
    responses: JsonObject = {}
    error = {JSON: {"schema": reference(CLIENT_ERROR if row.policy is Policy.INFERENCE else ERROR)}}
    for kind in sorted(set(_errors(row)), key=lambda kind: kind.status):
        responses[str(kind.status)] = {"description": _sentence(kind), "content": error}
    for status in (row.status, *row.variants):
        responses[str(status)] = {"description": _PHRASES[status], "content": _content(row, schemas)}
    return {**dict(sorted(responses.items())), "default": {"description": "Any other failure", "content": error}}


def _content(row: Operation, schemas: Schemas) -> JsonObject:
    if row.media == HTML:
        return {"text/html": {"schema": {"type": "string"}}}
    return {JSON: {"schema": schemas.answer(row)}}


def _errors(row: Operation) -> Iterable[type[OmniError]]:
    yield from row.errors
    if row.body is not None:
        yield from _WITH_BODY
    if row.query is not None:
        yield from _WITH_QUERY
    if row.policy is Policy.ADMIN:
        yield from _GUARDED


def _sentence(kind: type[OmniError]) -> str:
    return (kind.__doc__ or kind.code).strip()
