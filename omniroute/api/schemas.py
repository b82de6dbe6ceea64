"""The JSON schemas of all types that operations read and write, under the names they have in the OpenAPI document."""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from omniroute.api.glossary import PARAMETERS, WORDS
from omniroute.api.operation import Described, Operation
from omniroute.api.shapes import adapter
from omniroute.api.wire.errors import ERRORS
from omniroute.kit.json import JsonObject

ERROR = "Error"

_REF = "#/components/schemas/{model}"
_FAULTS: JsonObject = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["field", "message"],
        "additionalProperties": False,
        "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
    },
}
_ERROR: JsonObject = {
    "type": "object",
    "description": "A failure.",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "requestId"],
            "additionalProperties": False,
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "details": _FAULTS,
                "requestId": {"type": "string"},
            },
        }
    },
}


class _Plain(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes of field names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the signature is pydantic's
        return False


def reference(name: str) -> JsonObject:
    """Return a reference to a named schema."""
    return {"$ref": _REF.format(model=name)}


class Schemas:
    """The schemas of a set of operations."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._made, self.named = _generated(operations)
        self.named[ERROR] = _ERROR
        for operation in operations:
            kinds = (operation.body, operation.answer, None if operation.format is None else ERRORS[operation.format])
            for kind in kinds:
                if isinstance(kind, Described):
                    self.named[kind.name] = dict(kind.schema)
        self.named = {name: _explained(schema, name) for name, schema in self.named.items()}

    def body(self, operation: Operation) -> JsonObject:
        """Return the schema of what the operation reads."""
        return self._of(operation.body, "validation")

    def error(self, operation: Operation) -> JsonObject:
        """Return the schema of the operation's failures, in the format of whoever calls it."""
        return reference(ERROR if operation.format is None else ERRORS[operation.format].name)

    def answer(self, operation: Operation) -> JsonObject:
        """Return the schema of what the operation answers."""
        return self._of(operation.answer, "serialization")

    def parameters(self, operation: Operation) -> list[JsonObject]:
        """Return the query's parameters."""
        if operation.query is None:
            return []
        schema = adapter(operation.query).json_schema(schema_generator=_Plain)
        required, defined = schema.get("required", ()), schema.get("$defs", {})
        return [
            {
                "name": name,
                "in": "query",
                "required": name in required,
                **({"description": PARAMETERS[name]} if name in PARAMETERS else {}),
                "schema": _inlined(_without_null(one), defined),
                **({"example": operation.asked[name]} if name in operation.asked else {}),
            }
            for name, one in schema["properties"].items()
        ]

    def _of(self, kind: Any, mode: JsonSchemaMode) -> JsonObject:
        return reference(kind.name) if isinstance(kind, Described) else self._made[kind, mode]


def _inlined(schema: Any, defined: JsonObject) -> Any:
    """Put what a schema refers to in its place: a parameter has no definitions of its own."""
    if isinstance(schema, list):
        return [_inlined(one, defined) for one in schema]
    if not isinstance(schema, dict):
        return schema
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name in defined:
        return _inlined(defined[name], defined)
    return {word: _inlined(one, defined) for word, one in schema.items()}


def _without_null(schema: JsonObject) -> JsonObject:
    """Return the schema of a parameter, which is left out rather than null."""
    kinds = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {**{name: value for name, value in schema.items() if name not in {"anyOf", "default"}}, **kinds[0]}


def _explained(schema: JsonObject, name: str) -> JsonObject:
    """Return a schema whose fields all say what they mean, those below too."""
    made: JsonObject = {key: _explained(one, name) if key == "items" and one else one for key, one in schema.items()}
    if "anyOf" in made:
        made["anyOf"] = [_explained(one, name) for one in made["anyOf"]]
    if "properties" in made:
        made["properties"] = {word: _told(one, name, word) for word, one in made["properties"].items()}
    return made


def _told(schema: JsonObject, name: str, word: str) -> JsonObject:
    made = _explained(schema, name)
    words = WORDS.get(f"{name}.{word}") or WORDS.get(word)
    return made if "description" in made or words is None else {**made, "description": words}


def _generated(operations: Sequence[Operation]) -> tuple[dict[tuple[Any, JsonSchemaMode], JsonObject], JsonObject]:
    """Let pydantic make the schemas of all types at once, so that a name means one thing."""
    wanted: dict[tuple[Any, JsonSchemaMode], TypeAdapter[Any]] = {}
    for operation in operations:
        pairs: tuple[tuple[Any, JsonSchemaMode], ...] = (
            (operation.body, "validation"),
            (operation.answer, "serialization"),
        )
        for kind, mode in pairs:
            if kind is not None and not isinstance(kind, Described):
                wanted[kind, mode] = adapter(kind)
    inputs = [(kind, mode, one) for (kind, mode), one in wanted.items()]
    made, defined = TypeAdapter.json_schemas(inputs, ref_template=_REF, schema_generator=_Plain)
    return dict(made), dict(defined.get("$defs", {}))
