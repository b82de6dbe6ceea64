"""The exceptions that each SDK raises for a status, by the class's name: what its users catch."""

from collections.abc import Mapping

from omniroute.formats.hub import Format

# What the client hears for what the upstream says: an account that is refused is the operator's trouble, not its own.
HEARD_FOR: Mapping[str, int] = {
    "400": 400, "401": 502, "403": 502, "404": 404, "413": 413, "422": 422, "429": 429, "500": 502, "503": 503,
    "529": 503,
}  # fmt: skip

_OPENAI = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    413: "APIStatusError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    502: "InternalServerError",
    503: "InternalServerError",
}
_GOOGLE = {status: "ClientError" if status < 500 else "ServerError" for status in _OPENAI}

CLASSES: Mapping[str, Mapping[int, str]] = {
    Format.OPENAI_CHAT: _OPENAI,
    Format.OPENAI_RESPONSES: _OPENAI,
    Format.ANTHROPIC: {**_OPENAI, 413: "ContentTooLargeError", 503: "ServiceUnavailableError"},
    Format.GEMINI: _GOOGLE,
    Format.OLLAMA: dict.fromkeys(_OPENAI, "ResponseError"),
    "js-openai-chat": {**_OPENAI, 413: "APIError"},
    "js-openai-responses": {**_OPENAI, 413: "APIError"},
    "js-anthropic": {**_OPENAI, 413: "ContentTooLargeError", 503: "ServiceUnavailableError"},
    "js-gemini": dict.fromkeys(_OPENAI, "ApiError"),
    "js-ollama": dict.fromkeys(_OPENAI, "ResponseError"),
}

# What is raised in the middle of a stream.
STREAM_CLASSES: Mapping[str, str] = {
    Format.OPENAI_CHAT: "APIError",
    Format.OPENAI_RESPONSES: "APIError",
    Format.ANTHROPIC: "APIStatusError",
    Format.GEMINI: "ServerError",
    Format.OLLAMA: "ResponseError",
    "js-openai-chat": "APIError",
    "js-openai-responses": "APIError",
    "js-anthropic": "APIError",
    "js-gemini": "ApiError",
    "js-ollama": "Error",
}
