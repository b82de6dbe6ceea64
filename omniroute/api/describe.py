"""The OpenAPI 3.1 document, made from operations."""

import re
from collections.abc import Iterable

from omniroute import __version__
from omniroute.api.files import UPLOAD_SCHEMA
from omniroute.api.glossary import PARAMETERS
from omniroute.api.operation import EVENTS, FORM, ID_PATTERN, Operation, edited, expanded
from omniroute.api.schemas import Schemas
from omniroute.edge.admission import COOKIE, Policy
from omniroute.edge.rim import JSON
from omniroute.formats.hub import Format
from omniroute.kit.errors import (
    Forbidden,
    Invalid,
    OmniError,
    Outdated,
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
_PHRASES = {200: "Success", 201: "Created", 202: "It has begun", 503: "Cannot serve now"}

_HEADERS: JsonObject = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
_ETAG: JsonObject = {"ETag": {"$ref": "#/components/headers/ETag"}}
_IF_MATCH: JsonObject = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the version that is to be changed; 412 when there is a newer one.",
    "schema": {"type": "string"},
}
_TEXT: JsonObject = {"schema": {"type": "string"}}
# A reader may take an event for its data alone, or for its name and its data.
_STREAMS: JsonObject = {EVENTS: {"schema": {"type": ["string", "object"]}}}
_SHARED_HEADERS: JsonObject = {
    "ETag": {"description": "The version; send it as If-Match with a change.", "schema": {"type": "string"}},
    "RequestId": {"description": "The request's id; the gateway's log has the same.", "schema": {"type": "string"}},
}

_SECURITY: dict[Policy, list[JsonObject]] = {
    Policy.PUBLIC: [],
    Policy.SETUP: [],
    Policy.ADMIN: [{"session": []}, {"bearer": []}, {"apiKey": []}],
    Policy.METRICS: [{"session": []}, {"bearer": []}, {"apiKey": []}],
    Policy.INFERENCE: [{"bearer": []}, {"apiKey": []}],
}

_TAGS = {
    "auth": "Signing in and out, and the first password.",
    "providers": "Accounts at providers, endpoints of one's own, and what they can do.",
    "oauth": "Signing in at providers, and the clients with which the gateway does.",
    "routing": "Combos, aliases and the catalogue of models.",
    "policies": "Rules for AI requests, and what is locked.",
    "keys": "The gateway's own keys.",
    "money": "Budgets, prices, and limits of all calls.",
    "resilience": "How patient the gateway is with what fails, and what it leaves alone for now.",
    "cache": "Answers that the gateway gives by itself.",
    "monitoring": "How quick providers are, and who is being served.",
    "cliTools": "Client tools on the gateway's machine, and their settings.",
    "evals": "Suites of questions with known answers, and what models make of them.",
    "backups": "Copies of everything in the database, and putting one back.",
    "sync": "The configuration on several instances, and what peers ask of one another.",
    "audit": "Who did what, and that nobody changed the record of it.",
    "jobs": "What is done by the clock, and how it went.",
    "settings": "What an operator sets at run time.",
    "usage": "What was asked, and what it cost.",
    "system": "The gateway as a whole.",
    "inference": "What AI clients call, in the wire formats of five vendors.",
    "media": "What AI clients call besides chat: embeddings, pictures, sound, moderation, rerank.",
}

_ABOUT = """\
One self-hosted endpoint for many AI providers.

Everything below `/v1` is also served below `/api/v1`. Errors of the management API have one shape, with the id of the
request; those of AI clients have the shape of the client's own wire format. Times are ISO 8601 in UTC, money is in US
dollars. Fields that are not known are refused by name. What an operator changes carries an `ETag`; send it as
`If-Match` with a change, and the change is refused with 412 if someone else was quicker."""

_SCHEMES: JsonObject = {
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key of the gateway."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "The same key, as some send it."},
}


def described(operations: Iterable[Operation]) -> JsonObject:
    """Return the OpenAPI document of these operations."""
    rows = expanded(operations)
    schemas, tagged = Schemas(rows), edited(rows)
    paths: dict[str, JsonObject] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, schemas, is_tagged=row.path in tagged)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OmniRoute",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag, "description": _TAGS.get(tag, tag)} for tag in dict.fromkeys(row.tag for row in rows)],
        "paths": paths,
        "components": {
            "schemas": {name: schemas.named[name] for name in sorted(schemas.named)},
            "headers": _SHARED_HEADERS,
            "securitySchemes": _SCHEMES,
        },
    }


def _operation(row: Operation, schemas: Schemas, *, is_tagged: bool) -> JsonObject:
    made: JsonObject = {
        "operationId": row.id,
        "tags": [row.tag],
        "summary": row.summary,
        "security": _SECURITY[row.policy],
        "responses": _responses(row, schemas, is_tagged=is_tagged),
    }
    if row.description:
        made["description"] = row.description
    parameters = [*_path_parameters(row), *schemas.parameters(row)]
    if is_tagged and row.method != "GET":
        parameters.append(_IF_MATCH)
    if parameters:
        made["parameters"] = parameters
    if row.uploads:
        made["requestBody"] = {"required": True, "content": {FORM: {"schema": UPLOAD_SCHEMA}}}
    if row.body is not None:
        content: JsonObject = {"schema": schemas.body(row)}
        if row.example is not None and not row.files:
            content["example"] = row.example
        media = FORM if row.files else JSON
        made["requestBody"] = {"required": row.needs_body, "content": {media: content}}
    return made


def _path_parameters(row: Operation) -> list[JsonObject]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PARAMETERS.get(name, ""),
            "schema": {"type": "string", "pattern": _pattern(row)},
            **({"example": row.named[name]} if name in row.named else {}),
        }
        for name in _PARAM.findall(row.path)
    ]


def _pattern(row: Operation) -> str:
    if row.format is None:
        return f"^{ID_PATTERN}$"
    if row.format is Format.GEMINI and row.method == "POST":
        return "^.+:(generateContent|streamGenerateContent|countTokens)$"
    return "^.+$" if row.path.endswith(("/models/{id}", "/models/{path}")) else "^[^/]+$"


def _responses(row: Operation, schemas: Schemas, *, is_tagged: bool) -> JsonObject:
    responses: JsonObject = {}
    late = (Outdated,) if is_tagged and row.method != "GET" else ()
    for kind in sorted({*_errors(row), *late}, key=lambda kind: kind.status):
        responses[str(kind.status)] = {
            "description": _sentence(kind),
            "headers": _HEADERS,
            "content": {JSON: {"schema": schemas.error(row)}},
        }
    for status in (row.status, *row.variants):
        responses[str(status)] = {
            "description": _PHRASES[status],
            "headers": {**_HEADERS, **_ETAG} if is_tagged and row.method != "DELETE" else _HEADERS,
            "content": _content(row, schemas),
            **({"links": _links(row)} if row.links else {}),
        }
    return dict(sorted(responses.items()))


def _links(row: Operation) -> JsonObject:
    return {
        one.to: {"operationId": one.to, "parameters": {one.parameter: f"$response.body#{one.at}"}} for one in row.links
    }


def _content(row: Operation, schemas: Schemas) -> JsonObject:
    if row.media != JSON:
        kind = {"type": "string"} if row.media.startswith("text/") else {"type": "string", "format": "binary"}
        return {row.media.partition(";")[0]: {"schema": kind}}
    return {JSON: {"schema": schemas.answer(row)}, **{media: _STREAMS.get(media, _TEXT) for media in row.streams}}


def _errors(row: Operation) -> Iterable[type[OmniError]]:
    yield from row.errors
    if row.format is not None:
        return
    if row.body is not None or row.uploads:
        yield from _WITH_BODY
    if row.query is not None:
        yield from _WITH_QUERY
    if row.policy in {Policy.ADMIN, Policy.METRICS}:
        yield from (*_GUARDED, Invalid)


def _sentence(kind: type[OmniError]) -> str:
    return (kind.__doc__ or kind.code).strip()
