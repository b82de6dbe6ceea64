"""How each format spells the choice of a tool."""

from typing import Any

from omniroute.formats.hub import Format

_NAME = "rain_in_mm"

# Where a format's default is meant, leaving it out is as good.
CHOSEN: dict[Format, dict[str, tuple[Any, ...]]] = {
    Format.OPENAI_CHAT: {
        "auto": ("auto", None),
        "none": ("none",),
        "required": ("required",),
        _NAME: ({"type": "function", "function": {"name": _NAME}},),
    },
    Format.OPENAI_RESPONSES: {
        "auto": ("auto", None),
        "none": ("none",),
        "required": ("required",),
        _NAME: ({"type": "function", "name": _NAME},),
    },
    Format.ANTHROPIC: {
        "auto": ({"type": "auto"}, None),
        "none": ({"type": "none"},),
        "required": ({"type": "any"},),
        _NAME: ({"type": "tool", "name": _NAME},),
    },
    Format.GEMINI: {
        "auto": ({"mode": "AUTO"}, None),
        "none": ({"mode": "NONE"},),
        "required": ({"mode": "ANY"},),
        _NAME: ({"mode": "ANY", "allowedFunctionNames": [_NAME]},),
    },
}
