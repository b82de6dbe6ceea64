"""Tools and the choice among them, in and out."""

from omniroute.formats.anthropic.blocks_in import read_cache
from omniroute.formats.anthropic.blocks_out import plain_name, write_cache
from omniroute.formats.hub import CustomTool, Format, FunctionTool, Json, Request, ServerTool, Tool, ToolChoice
from omniroute.formats.losses import Losses
from omniroute.formats.reading import Fields, invalid
from omniroute.formats.tool_names import ToolNames
from omniroute.formats.wrapping import as_function

NATIVE = Format.ANTHROPIC.value


# ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_tools(body: Fields) -> tuple[Tool, ...]:
    """The client's own tools, and those that Anthropic runs or defines."""
    return tuple(_read_tool(tool) for tool in body.children("tools"))


def _read_tool(tool: Fields) -> Tool:
    kind = tool.text("type")
    if kind not in {None, "custom"}:
        return ServerTool(origin=NATIVE, kind=str(kind), raw=tool.all())
    found = FunctionTool(
        name=tool.need("name"),
        description=tool.text("description"),
        schema=tool.object("input_schema"),
        strict=tool.flag("strict"),
        cache=read_cache(tool),
    )
    tool.close()
    return found


def read_choice(body: Fields) -> tuple[ToolChoice | None, bool | None]:
    """The choice, and whether calls may come in parallel, which Anthropic says in the same object."""
    choice = body.child("tool_choice")
    if choice is None:
        return None, None
    alone = choice.flag("disable_parallel_tool_use")
    parallel = None if alone is None else not alone
    match choice.need("type"):
        case "auto":
            found = ToolChoice(mode="auto")
        case "any":
            found = ToolChoice(mode="required")
        case "none":
            found = ToolChoice(mode="none")
        case "tool":
            found = ToolChoice(mode="required", names=(choice.need("name"),))
        case _:
            raise invalid(choice.at("type"), "must be auto, any, tool or none")
    choice.close()
    return found, parallel


# ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_tools(request: Request, names: ToolNames, losses: Losses) -> Json:
    """The body's fields about tools."""
    choice = request.tool_choice
    allowed = frozenset(choice.names) if choice is not None and choice.mode != "none" else frozenset()
    exact = choice is not None and choice.mode == "required" and len(allowed) == 1
    if allowed and not exact:
        losses.change("tool_choice.names", "Anthropic takes one name or none; only the allowed tools are offered")
    tools: list[Json] = []
    for index, tool in enumerate(request.tools):
        path = f"tools[{index}]"
        if allowed and not exact and _name(tool) not in allowed:
            losses.change(path, "left out, as tool_choice does not allow it")
            continue
        written = _write_tool(tool, names, path, losses)
        tools += [] if written is None else [written]
    fields: Json = {"tools": tools} if tools else {}
    written_choice = _write_choice(request, names, losses, tools=bool(tools), exact=exact)
    return {**fields, "tool_choice": written_choice} if written_choice else fields


def _name(tool: Tool) -> object:
    return tool.raw.get("name") if isinstance(tool, ServerTool) else tool.name


def _write_tool(tool: Tool, names: ToolNames, path: str, losses: Losses) -> Json | None:
    match tool:
        case FunctionTool():
            return _write_function(tool, names, path, losses)
        case CustomTool():
            losses.change(path, "Anthropic has no tools with free text as input; told as a function of one text")
            return _write_function(as_function(tool), names, path, losses)
        case ServerTool():
            if tool.origin == NATIVE:
                return tool.raw
            losses.drop(path, f"only {tool.origin} runs the tool {tool.kind}")
            return None


def _write_function(tool: FunctionTool, names: ToolNames, path: str, losses: Losses) -> Json:
    raw: Json = {"name": plain_name(tool, names, path, losses)}
    if tool.description is not None:
        raw["description"] = tool.description
    raw["input_schema"] = _schema(tool.schema)
    if tool.strict:
        raw["strict"] = True
    return raw | write_cache(tool.cache, path, losses)


def _schema(schema: Json | None) -> Json:
    """Anthropic demands a schema, and its type: an object."""
    if not schema:
        return {"type": "object", "properties": {}}
    return schema if "type" in schema else {"type": "object", **schema}


def _write_choice(request: Request, names: ToolNames, losses: Losses, *, tools: bool, exact: bool) -> Json | None:
    choice, parallel = request.tool_choice, request.parallel_tool_calls
    if not tools:
        # Anthropic refuses a tool_choice without tools.
        losses.drop_given(request, dict.fromkeys(("tool_choice", "parallel_tool_calls"), "there are no tools"))
        return None
    if choice is None and parallel is None:
        return None
    if choice is not None and choice.mode == "none":
        if parallel is not None:
            losses.drop("parallel_tool_calls", "no tool may be called")
        return {"type": "none"}
    raw: Json = {"type": "any" if choice is not None and choice.mode == "required" else "auto"}
    if choice is not None and exact:
        spaces = {tool.name: tool.namespace for tool in request.tools if not isinstance(tool, ServerTool)}
        name = choice.names[0]
        raw = {"type": "tool", "name": names.plain(spaces.get(name), name)}
    return raw if parallel is None else {**raw, "disable_parallel_tool_use": not parallel}
