"""The JSON schemas of all types that operations read and write, under the names they have in the OpenAPI document."""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from omniroute.api.inference import ERROR_ANSWER
from omniroute.api.operation import Described, Operation
from omniroute.api.shapes import adapter
from omniroute.kit.json import JsonObject

ERROR = "Error"
CLIENT_ERROR = ERROR_ANSWER.name

_REF = "#/components/schemas/{model}"
_ERROR: JsonObject = {
    "type": "object",
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
                "details": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["field", "message"],
                        "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                    },
                },
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
        self.named[CLIENT_ERROR] = dict(ERROR_ANSWER.schema)
        for operation in operations:
            for kind in (operation.body, operation.answer):
                if isinstance(kind, Described):
                    self.named[kind.name] = dict(kind.schema)

    def body(self, operation: Operation) -> JsonObject:
        """Return the schema of what the operation reads."""
        return self._of(operation.body, "validation")

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
            {"name": name, "in": "query", "required": name in required, "schema": _inlined(one, defined)}
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
