"""A custom tool (free text in) told to a vendor that knows only functions (JSON in), and its calls told back.

The function takes one string, `input`. A request that offers a custom tool thus gets calls of a plain function, and
whoever answers the client takes the text out of them again.
"""

from omniroute.formats.hub import CustomTool, FunctionTool, Json, Request, ToolCall
from omniroute.formats.tool_names import tool_names
from omniroute.kit.json import BadJson, dumps, loads

_FIELD = "input"


def as_function(tool: CustomTool) -> FunctionTool:
    """The function that stands for a custom tool."""
    schema: Json = {"type": "object", "properties": {_FIELD: {"type": "string"}}, "required": [_FIELD]}
    return FunctionTool(name=tool.name, description=tool.description, schema=schema, namespace=tool.namespace)


def wrap(text: str) -> Json:
    """The input object that stands for free text."""
    return {_FIELD: text}


def unwrap(arguments: str) -> str:
    """The free text in a call's arguments; arguments of any other shape are the text themselves."""
    try:
        value = loads(arguments)
    except BadJson:
        return arguments
    text = value.get(_FIELD) if isinstance(value, dict) and len(value) == 1 else None
    return text if isinstance(text, str) else arguments


class OfferedTools:
    """The tools that a client offered, to tell it of calls in its own words."""

    def __init__(self, request: Request) -> None:
        self._names = tool_names(request.tools)
        self._custom = frozenset((tool.namespace, tool.name) for tool in request.tools if isinstance(tool, CustomTool))

    def name(self, call: ToolCall) -> str:
        """The called tool's name as the client knows it."""
        return call.name if call.namespace is not None else self._names.restore(call.name)[1]

    def is_wrapped(self, call: ToolCall) -> bool:
        """Whether this call of a function stands for one of a custom tool."""
        return not call.custom and bool(self._custom) and self._names.restore(call.name) in self._custom


def object_of(arguments: str) -> tuple[Json, bool]:
    """Arguments as the object that some vendors demand, and whether they were one: "" is {}, other text is wrapped."""
    if not arguments.strip():
        return {}, True
    try:
        value = loads(arguments)
    except BadJson:
        return wrap(arguments), False
    return (value, True) if isinstance(value, dict) else (wrap(arguments), False)


def text_of_object(value: object) -> str:
    """The JSON text of an input object, or the text itself where a vendor already sent text."""
    return value if isinstance(value, str) else dumps({} if value is None else value).decode()
