"""Short words for the JSON schemas of wire formats, whose objects all stay open for fields that come later."""

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]


def thing(description: str = "", /, *, need: Sequence[str] = (), **properties: Schema) -> dict[str, Any]:
    """Return the schema of an open object; `need` names the fields it cannot do without."""
    made: dict[str, Any] = {"type": "object", "additionalProperties": True}
    if description:
        made["description"] = description
    if need:
        made["required"] = list(need)
    if properties:
        made["properties"] = {name.rstrip("_"): one for name, one in properties.items()}
    return made


def text(description: str, **more: Any) -> dict[str, Any]:
    """Return the schema of a text."""
    return {"type": "string", "description": description, **more}


def whole(description: str, **more: Any) -> dict[str, Any]:
    """Return the schema of a whole number."""
    return {"type": "integer", "description": description, **more}


def number(description: str, **more: Any) -> dict[str, Any]:
    """Return the schema of a number."""
    return {"type": "number", "description": description, **more}


def switch(description: str) -> dict[str, Any]:
    """Return the schema of a yes or no."""
    return {"type": "boolean", "description": description}


def several(description: str, item: Schema, **more: Any) -> dict[str, Any]:
    """Return the schema of a list."""
    return {"type": "array", "description": description, "items": item, **more}


def either(description: str, *kinds: Schema) -> dict[str, Any]:
    """Return the schema of a value of one of several kinds."""
    return {"description": description, "anyOf": list(kinds)}


def none_or(schema: Schema) -> dict[str, Any]:
    """Return the schema of a value that may be null."""
    made = dict(schema)
    made["type"] = [made["type"], "null"]
    return made


def constant(value: str, description: str) -> dict[str, Any]:
    """Return the schema of one fixed text."""
    return {"const": value, "description": description}


MODEL = text(
    "`provider/model`, a custom node's prefix before a model, an alias, a combo, or a model that one provider serves.",
    minLength=1,
    examples=["demo/echo"],
)
STREAM = switch("Answer piece by piece, as it comes.")
