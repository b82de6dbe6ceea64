"""Tools and the choice among them, in and out."""

from collections.abc import Mapping

from omniroute.formats.hub import (
    CustomTool,
    Format,
    FunctionTool,
    Json,
    Request,
    ServerTool,
    Tool,
    ToolCall,
    ToolChoice,
)
from omniroute.formats.losses import Losses
from omniroute.formats.openai_chat.parts import drop_cache, read_cache
from omniroute.formats.reading import Fields, invalid
from omniroute.formats.tool_names import ToolNames

NATIVE = Format.OPENAI_CHAT.value


# ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_tools(body: Fields) -> tuple[Tool, ...]:
    """The tools, and behind them the functions of before there were tools."""
    tools = [_read_tool(tool) for tool in body.children("tools")]
    tools += [_read_function(function) for function in body.children("functions")]
    return tuple(tools)


def _read_tool(tool: Fields) -> Tool:
    kind = tool.need("type")
    if kind == "function":
        return _read_function(_part(tool, "function"), tool)
    if kind == "custom":
        custom = _part(tool, "custom")
        found = CustomTool(
            name=custom.need("name"), description=custom.text("description"), grammar=custom.object("format")
        )
        custom.close()
        return found
    return ServerTool(origin=NATIVE, kind=kind, raw=tool.all())


def _read_function(function: Fields, tool: Fields | None = None) -> FunctionTool:
    found = FunctionTool(
        name=function.need("name"),
        description=function.text("description"),
        schema=function.object("parameters"),
        strict=function.flag("strict"),
        cache=read_cache(tool or function),
    )
    function.close()
    if tool is not None:
        tool.close()
    return found


def read_choice(body: Fields) -> ToolChoice | None:
    """tool_choice, or function_call of before there were tools."""
    choice = body.raw("tool_choice")
    if choice is None:
        return _read_old_choice(body)
    if isinstance(choice, str):
        return _word(choice, body.at("tool_choice"))
    given = Fields(choice, body.at("tool_choice"), body.notes)
    kind = given.need("type")
    if kind in {"function", "custom"}:
        return ToolChoice(mode="required", names=(_part(given, kind).need("name"),))
    if kind == "allowed_tools":
        return _read_allowed(_part(given, "allowed_tools"))
    if kind in {"auto", "none", "required", "any"}:  # clients that mix Anthropic's spelling in
        return _word(kind, given.at("type"))
    raise invalid(given.at("type"), "must be function, custom or allowed_tools")


def _read_allowed(allowed: Fields) -> ToolChoice:
    names = []
    for tool in allowed.children("tools"):
        kind = tool.need("type")
        inner = tool.child(kind) if kind in {"function", "custom"} else None
        if inner is None:
            tool.close()
        else:
            names.append(inner.need("name"))
    mode = allowed.text("mode") or "auto"
    if mode not in {"auto", "required"}:
        raise invalid(allowed.at("mode"), "must be auto or required")
    return ToolChoice(mode="required" if mode == "required" else "auto", names=tuple(names))


def _read_old_choice(body: Fields) -> ToolChoice | None:
    choice = body.raw("function_call")
    if choice is None:
        return None
    if isinstance(choice, str):
        return _word(choice, body.at("function_call"))
    return ToolChoice(mode="required", names=(Fields(choice, body.at("function_call")).need("name"),))


def _word(word: str, path: str) -> ToolChoice:
    match word:
        case "auto":
            return ToolChoice(mode="auto")
        case "none":
            return ToolChoice(mode="none")
        case "required" | "any":  # Mistral says any
            return ToolChoice(mode="required")
        case _:
            raise invalid(path, "must be none, auto, required or an object")


def _part(fields: Fields, key: str) -> Fields:
    child = fields.child(key)
    if child is None:
        raise invalid(fields.at(key), "is missing; give an object")
    return child


# ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_tools(request: Request, names: ToolNames, losses: Losses) -> Json:
    """The body's fields about tools."""
    given = ((tool, f"tools[{index}]") for index, tool in enumerate(request.tools))
    tools = [written for tool, path in given if (written := _write_tool(tool, names, path, losses)) is not None]
    if not tools:
        # OpenAI refuses both fields without tools.
        losses.drop_given(request, dict.fromkeys(("tool_choice", "parallel_tool_calls"), "there are no tools"))
        return {}
    fields: Json = {"tools": tools}
    if request.tool_choice is not None:
        fields["tool_choice"] = _write_choice(request, request.tool_choice, names)
    if request.parallel_tool_calls is not None:
        fields["parallel_tool_calls"] = request.parallel_tool_calls
    return fields


def _write_tool(tool: Tool, names: ToolNames, path: str, losses: Losses) -> Json | None:
    match tool:
        case FunctionTool():
            drop_cache(tool.cache, path, losses)
            said = {"description": tool.description, "parameters": tool.schema, "strict": tool.strict}
            return _named("function", plain_name(tool, names, path, losses), said)
        case CustomTool():
            said = {"description": tool.description, "format": tool.grammar}
            return _named("custom", plain_name(tool, names, path, losses), said)
        case ServerTool():
            if tool.origin == NATIVE:
                return tool.raw
            losses.drop(path, f"only {tool.origin} runs the tool {tool.kind}")
            return None


def _named(kind: str, name: str, said: Mapping[str, object]) -> Json:
    given = {key: value for key, value in said.items() if value is not None}
    return {"type": kind, kind: {"name": name, **given}}


def plain_name(given: FunctionTool | CustomTool | ToolCall, names: ToolNames, path: str, losses: Losses) -> str:
    """The name by which the upstream knows a tool; the client is told its own again."""
    name = names.plain(given.namespace, given.name)
    if name != given.name or given.namespace is not None:
        losses.change(f"{path}.name", f"OpenAI chat takes plain names of 64 characters; told as {name}")
    return name


def _write_choice(request: Request, choice: ToolChoice, names: ToolNames) -> str | Json:
    if choice.mode == "none" or not choice.names:
        return choice.mode
    spaces = {tool.name: tool.namespace for tool in request.tools if isinstance(tool, FunctionTool | CustomTool)}
    custom = {tool.name for tool in request.tools if isinstance(tool, CustomTool)}
    tools = [
        _named("custom" if name in custom else "function", names.plain(spaces.get(name), name), {})
        for name in choice.names
    ]
    if choice.mode == "required" and len(tools) == 1:
        return tools[0]
    return {"type": "allowed_tools", "allowed_tools": {"mode": choice.mode, "tools": tools}}
