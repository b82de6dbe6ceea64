"""Tools, both ways. Ollama knows functions and no choice among them: the choice is made by what is offered."""

from typing import assert_never

from omniroute.formats.hub import CustomTool, FunctionTool, Json, Request, ServerTool, Tool
from omniroute.formats.losses import Losses
from omniroute.formats.reading import Fields, invalid
from omniroute.formats.wrapping import as_function


def read_tools(body: Fields) -> tuple[FunctionTool, ...]:
    """All tools."""
    tools: list[FunctionTool] = []
    for fields in body.children("tools"):
        if (fields.text("type") or "function") != "function" or (function := fields.child("function")) is None:
            raise invalid(fields.path, "must be a function: {type: function, function: {name, …}}")
        schema = function.object("parameters")
        tools.append(FunctionTool(name=function.need("name"), description=function.text("description"), schema=schema))
        function.close()
        fields.close()
    return tuple(tools)


def write_tools(request: Request, losses: Losses) -> Json:
    """The tools that the model may call."""
    if request.parallel_tool_calls is False:
        losses.drop("parallel_tool_calls", "Ollama cannot be held to one call at a time")
    choice = request.tool_choice
    if choice is not None and choice.mode == "none" and request.tools:
        losses.change("tool_choice", "Ollama knows no choice: no tools are offered")
        return {}
    if choice is not None and choice.mode == "required":
        losses.drop("tool_choice", "Ollama's models call tools when they like")
    if choice is not None and choice.names:
        losses.change("tool_choice.names", "Ollama knows no choice: only these tools are offered")
    names = choice.names if choice is not None else ()
    written = (_write_tool(tool, f"tools[{number}]", names, losses) for number, tool in enumerate(request.tools))
    offered = [tool for tool in written if tool is not None]
    return {"tools": offered} if offered else {}


def _write_tool(tool: Tool, path: str, names: tuple[str, ...], losses: Losses) -> Json | None:
    """One tool; None where it is not offered."""
    match tool:
        case ServerTool():
            losses.drop(path, f"only {tool.origin} runs the tool {tool.kind}")
            return None
        case CustomTool() | FunctionTool() if names and tool.name not in names:
            return None
        case CustomTool():
            losses.change(path, "a custom tool becomes a function with one text")
            if tool.grammar is not None:
                losses.drop(f"{path}.grammar", "Ollama's functions take no grammar")
            return _write_function(as_function(tool), path, losses)
        case FunctionTool():
            return _write_function(tool, path, losses)
        case _:
            assert_never(tool)


def _write_function(tool: FunctionTool, path: str, losses: Losses) -> Json:
    for name, reason in (("namespace", "groups of tools"), ("strict", "strictness"), ("cache", "cache marks")):
        if getattr(tool, name) not in (None, False):
            losses.drop(f"{path}.{name}", f"Ollama has no {reason}")
    function: Json = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    # Without parameters the templates of some models fail on an object that is not there.
    function["parameters"] = tool.schema or {"type": "object", "properties": {}}
    return {"type": "function", "function": function}
