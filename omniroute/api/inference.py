"""The OpenAI-format operations that the data plane serves, as far as the OpenAPI document describes them.

The wire format is OpenAI's own and grows by itself: fields that are not named here pass through.
"""

from typing import Any

from omniroute.api.operation import Described

_OBJECT = "object"
_FREE: dict[str, Any] = {"type": _OBJECT, "additionalProperties": True}

CHAT_REQUEST = Described(
    name="ChatCompletionRequest",
    schema={
        "type": _OBJECT,
        "required": ["model", "messages"],
        "additionalProperties": True,
        "properties": {
            "model": {"type": "string", "description": "`provider/model`, a node's prefix before a model, or a model."},
            "messages": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": _OBJECT,
                    "required": ["role"],
                    "additionalProperties": True,
                    "properties": {"role": {"type": "string"}, "content": {}},
                },
            },
            "stream": {"type": "boolean", "description": "Answer with server-sent events."},
            "stream_options": _FREE,
            "temperature": {"type": ["number", "null"]},
            "top_p": {"type": ["number", "null"]},
            "max_tokens": {"type": ["integer", "null"]},
            "max_completion_tokens": {"type": ["integer", "null"]},
            "stop": {"type": ["string", "array", "null"], "items": {"type": "string"}},
            "tools": {"type": "array", "items": _FREE},
            "tool_choice": {"type": ["string", _OBJECT]},
            "response_format": _FREE,
        },
    },
)

CHAT_ANSWER = Described(
    name="ChatCompletion",
    schema={
        "type": _OBJECT,
        "required": ["id", "object", "created", "model", "choices"],
        "additionalProperties": True,
        "properties": {
            "id": {"type": "string"},
            "object": {"const": "chat.completion"},
            "created": {"type": "integer"},
            "model": {"type": "string"},
            "choices": {"type": "array", "items": _FREE},
            "usage": _FREE,
        },
    },
)

_MODEL: dict[str, Any] = {
    "type": _OBJECT,
    "required": ["id", "object", "created", "owned_by"],
    "additionalProperties": True,
    "properties": {
        "id": {"type": "string"},
        "object": {"const": "model"},
        "created": {"type": "integer"},
        "owned_by": {"type": "string"},
    },
}

MODEL_ANSWER = Described(name="Model", schema=_MODEL)

MODELS_ANSWER = Described(
    name="ModelList",
    schema={
        "type": _OBJECT,
        "required": ["object", "data"],
        "additionalProperties": True,
        "properties": {"object": {"const": "list"}, "data": {"type": "array", "items": _MODEL}},
    },
)

ERROR_ANSWER = Described(
    name="OpenAIError",
    schema={
        "type": _OBJECT,
        "required": ["error"],
        "additionalProperties": True,
        "properties": {
            "error": {
                "type": _OBJECT,
                "required": ["message", "type"],
                "additionalProperties": True,
                "properties": {
                    "message": {"type": "string"},
                    "type": {"type": "string"},
                    "param": {"type": ["string", "null"]},
                    "code": {"type": ["string", "null"]},
                },
            }
        },
    },
)
