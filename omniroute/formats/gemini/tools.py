"""Tools and the choice among them, both ways."""

from typing import assert_never

from omniroute.formats.gemini.fields import GeminiFields
from omniroute.formats.gemini.json_schema import json_schema
from omniroute.formats.hub import CustomTool, Format, FunctionTool, Json, Request, ServerTool, Tool, ToolChoice
from omniroute.formats.losses import Losses
from omniroute.formats.reading import invalid
from omniroute.formats.schemas import reduce_parameters
from omniroute.formats.wrapping import as_function

_HOME = Format.GEMINI.value
_MODES = {"AUTO": "auto", "ANY": "required", "NONE": "none", "VALIDATED": "auto", "MODE_UNSPECIFIED": "auto"}


# ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_tools(body: GeminiFields) -> tuple[Tool, ...]:
    """All tools: declared functions, and those that Google runs, each under its own key."""
    tools: list[Tool] = []
    for entry in body.children("tools"):
        tools += [_read_function(function) for function in entry.children("functionDeclarations")]
        tools += [ServerTool(origin=_HOME, kind=kind, raw={kind: value}) for kind, value in entry.rest().items()]
    return tuple(tools)


def _read_function(fields: GeminiFields) -> FunctionTool:
    schema = fields.object("parametersJsonSchema")
    parameters = fields.object("parameters")
    if schema is None and parameters is not None:
        schema = json_schema(parameters, fields.at("parameters"))
    found = FunctionTool(name=fields.need("name"), description=fields.text("description"), schema=schema)
    fields.close()
    return found


def read_choice(body: GeminiFields) -> tuple[ToolChoice | None, Json]:
    """The choice, and what else toolConfig says."""
    config = body.child("toolConfig")
    calling = config.child("functionCallingConfig") if config is not None else None
    if config is None or calling is None:
        return None, {"toolConfig": config.rest()} if config is not None and config.rest() else {}
    mode = calling.word("mode") or "AUTO"
    if mode not in _MODES:
        raise invalid(calling.at("mode"), "must be AUTO, ANY, NONE or VALIDATED")
    names = calling.texts("allowedFunctionNames")
    left = calling.rest()
    if mode == "VALIDATED" and not names:
        left["mode"] = mode  # with names it is what "auto among these" is written as
    more = {**config.rest(), **({"functionCallingConfig": left} if left else {})}
    choice = _choice(mode, names)
    return choice, {"toolConfig": more} if more else {}


def _choice(mode: str, names: tuple[str, ...]) -> ToolChoice:
    match _MODES[mode]:
        case "required":
            return ToolChoice(mode="required", names=names)
        case "none":
            return ToolChoice(mode="none")
        case _:
            return ToolChoice(mode="auto", names=names)


# ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_tools(request: Request, losses: Losses) -> Json:
    """`tools` and `toolConfig`."""
    functions: list[Json] = []
    others: list[Json] = []
    for number, tool in enumerate(request.tools):
        path = f"tools[{number}]"
        match tool:
            case FunctionTool():
                functions.append(_write_function(tool, path, losses))
            case CustomTool():
                losses.change(path, "a custom tool becomes a function with one text")
                if tool.grammar is not None:
                    losses.drop(f"{path}.grammar", "Gemini's functions take no grammar")
                functions.append(_write_function(as_function(tool), path, losses))
            case ServerTool() if tool.origin == _HOME:
                others.append(tool.raw)
            case ServerTool():
                losses.drop(path, f"only {tool.origin} runs the tool {tool.kind}")
            case _:
                assert_never(tool)
    if request.parallel_tool_calls is False:
        losses.drop("parallel_tool_calls", "Gemini cannot be held to one call at a time")
    if request.tool_choice is not None and not functions:
        losses.drop("tool_choice", "there are no functions to choose from")
    tools = [*([{"functionDeclarations": functions}] if functions else []), *others]
    return {**({"tools": tools} if tools else {}), **(_write_choice(request.tool_choice) if functions else {})}


def _write_function(tool: FunctionTool, path: str, losses: Losses) -> Json:
    if tool.namespace is not None:
        losses.drop(f"{path}.namespace", "Gemini does not group tools")
    if tool.strict:
        losses.drop(f"{path}.strict", "Gemini has no word for it")
    if tool.cache is not None:
        losses.drop(f"{path}.cache", "Gemini has no cache marks")
    function: Json = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.schema is not None:
        parameters = reduce_parameters(tool.schema, f"{path}.schema", losses)
        if parameters is not None:
            function["parameters"] = parameters
    return function


def _write_choice(choice: ToolChoice | None) -> Json:
    if choice is None:
        return {}
    match choice.mode:
        case "none":
            config: Json = {"mode": "NONE"}
        case "required":
            config = {"mode": "ANY"}
        case "auto":
            # Names may only stand beside ANY and VALIDATED; the latter leaves the model free to answer in text.
            config = {"mode": "VALIDATED" if choice.names else "AUTO"}
        case _:
            assert_never(choice.mode)
    if choice.names and choice.mode != "none":
        config["allowedFunctionNames"] = list(choice.names)
    return {"toolConfig": {"functionCallingConfig": config}}
