"""Reads a generateContent request as Google does: unknown fields, turn order, function pairs, thought signatures.

Field names come in camelCase or snake_case, and mixed, as the real API's JSON parser takes them.
"""

import base64
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from omniroute.upstream.demo.ask import Ask, Medium, Offer, fingerprint
from omniroute.upstream.demo.words import tokens
from tests.fakes import gemini_schema
from tests.fakes.openai_rim import dumps
from tests.fakes.reply import Json, Memory, Rejected
from tests.fakes.sealing import opened

VENDOR_NAME = "gemini"
SKIPS = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}")
_TOP = (
    "contents systemInstruction tools toolConfig safetySettings generationConfig cachedContent model serviceTier store"
)
_PART = "text inlineData fileData functionCall functionResponse executableCode codeExecutionResult"
_PART_EXTRAS = "thought thoughtSignature videoMetadata mediaResolution partMetadata"
_CONFIG = """
    audioTimestamp candidateCount enableAffectiveDialog enableEnhancedCivicAnswers frequencyPenalty imageConfig logprobs
    maxOutputTokens mediaResolution presencePenalty responseFormat responseJsonSchema responseLogprobs responseMimeType
    responseModalities responseSchema seed speechConfig stopSequences temperature thinkingConfig topK topP
"""
_TOOL = (
    "functionDeclarations googleSearch googleSearchRetrieval codeExecution urlContext computerUse fileSearch googleMaps"
)
_FUNCTION = "name description parameters parametersJsonSchema response responseJsonSchema behavior"


@dataclass(slots=True)
class Talk:
    """What the contents came to so far."""

    text: str = ""
    media: list[Medium] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)  # names called by the previous turn
    spoken: bool = False  # a user or function turn came before
    tokens: int = 0


def invalid(message: str) -> Rejected:
    """Google's refusal of a request."""
    return Rejected(400, message, kind="INVALID_ARGUMENT")


def read(body: Any, model: str, memory: Memory, *, stream: bool) -> Ask:
    """Read a request to `model`."""
    if not isinstance(body, dict):
        raise invalid("Invalid JSON payload received. Expected an object.")
    body = fields(body, _TOP, "")
    contents = body.get("contents")
    if not isinstance(contents, list) or not contents:
        raise invalid("* GenerateContentRequest.contents: contents is not specified")
    talk = Talk(tokens=_system_tokens(body.get("systemInstruction")))
    turns = [_turn(content, index) for index, content in enumerate(contents)]
    for turn in turns:
        _read_turn(talk, turn)
    if model.startswith("gemini-3"):
        _demand_signatures(turns)
    config = fields(body.get("generationConfig") or {}, _CONFIG, "generation_config")
    offers = _read_tools(body.get("tools"))
    choice, offers = _read_choice(body.get("toolConfig"), offers)
    if offers:
        talk.tokens += tokens(dumps(body["tools"]).decode())
    thinking = fields(
        config.get("thinkingConfig") or {}, "includeThoughts thinkingBudget thinkingLevel", "thinking_config"
    )
    cached = memory.cached(dumps([body.get("systemInstruction"), body.get("tools"), contents[0]]).decode())
    return Ask(
        model=model,
        text=talk.text,
        stream=stream,
        count=config.get("candidateCount") or 1,
        max_tokens=config.get("maxOutputTokens"),
        stop=_read_stop(config.get("stopSequences")),
        offers=offers,
        choice=choice,
        results=tuple(talk.results),
        media=tuple(talk.media),
        json_schema=_read_format(config),
        thinking=thinking.get("includeThoughts") is True,
        prompt_tokens=talk.tokens,
        cached_tokens=min(cached, talk.tokens),
    )


def camel(name: str) -> str:
    """Spell a field's name in camelCase."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def fields(value: Any, known: str, path: str) -> Json:
    """Return an object with its names in camelCase, refusing names that are not in `known`."""
    if not isinstance(value, dict):
        raise invalid(f"Invalid value at '{path}': expected an object.")
    allowed = known.split()
    named = {camel(name): inner for name, inner in value.items()}
    for original, name in zip(value, named, strict=False):
        if name not in allowed:
            place = f" at '{path}'" if path else ""
            raise invalid(f'Invalid JSON payload received. Unknown name "{original}"{place}: Cannot find field.')
    return named


# ── contents ────────────────────────────────────────────────────────────────────────────────────────────────────


def _turn(content: Any, index: int) -> Json:
    turn = fields(content, "role parts", f"contents[{index}]")
    turn.setdefault("role", "user")
    if turn["role"] not in ("user", "model", "function"):
        raise invalid("Please use a valid role: user, model.")
    parts = turn.get("parts")
    if not isinstance(parts, list) or not parts:
        raise invalid(f"* GenerateContentRequest.contents[{index}].parts: contents.parts must not be empty.")
    turn["parts"] = [_part(part, f"contents[{index}].parts[{place}]") for place, part in enumerate(parts)]
    return turn


def _part(part: Any, path: str) -> Json:
    named = fields(part, f"{_PART} {_PART_EXTRAS}", path)
    data = [name for name in named if name in _PART.split()]
    if len(data) != 1:
        raise invalid(f"* {path}.data: required oneof field 'data' must have one initialized field")
    signature = named.get("thoughtSignature")
    if signature is not None and signature not in SKIPS:
        sealed = opened(VENDOR_NAME, signature)
        if sealed is None:
            raise invalid("Thought signature is not valid.")
        call = named.get("functionCall")
        if isinstance(call, dict) and sealed != f"call:{call.get('name')}":
            raise invalid("Thought signature does not match the function call it stands on.")
    return named


def _read_turn(talk: Talk, turn: Json) -> None:
    parts: list[Json] = turn["parts"]
    calls = [str(part["functionCall"].get("name")) for part in parts if "functionCall" in part]
    answers = [_answer(part["functionResponse"]) for part in parts if "functionResponse" in part]
    _check_order(talk, turn, calls, answers)
    texts = [part["text"] for part in parts if isinstance(part.get("text"), str)]
    media = [_blob(part) for part in parts if "inlineData" in part or "fileData" in part]
    talk.tokens += 3 + tokens("\n".join(texts)) + 85 * len(media)
    written = [dumps(part["functionCall"].get("args") or {}).decode() for part in parts if "functionCall" in part]
    talk.tokens += sum(1 + tokens(text) for text in written) + sum(tokens(text) for _, text in answers)
    talk.calls = calls
    if turn["role"] == "model":
        talk.results = []
        return
    talk.spoken = True
    talk.results = [text for _, text in answers]
    if not answers:
        talk.text, talk.media = "\n".join(texts), media


def _check_order(talk: Talk, turn: Json, calls: list[str], answers: list[tuple[str, str]]) -> None:
    if calls and (turn["role"] != "model" or not talk.spoken):
        raise invalid(
            "Please ensure that function call turn comes immediately after a user turn or after a function "
            "response turn."
        )
    if answers and not talk.calls:
        raise invalid("Please ensure that function response turn comes immediately after a function call turn.")
    if talk.calls and len(answers) != len(talk.calls):
        raise invalid(
            "Please ensure that the number of function response parts is equal to the number of function call parts "
            "of the function call turn."
        )
    if sorted(name for name, _ in answers) != sorted(talk.calls):
        raise invalid("Please ensure that function responses have the names of the functions called.")


def _answer(response: Any) -> tuple[str, str]:
    named = fields(response, "id name response parts willContinue scheduling", "function_response")
    if not isinstance(named.get("name"), str) or not named["name"]:
        raise invalid("* GenerateContentRequest.contents.parts.function_response.name: Name cannot be empty.")
    if not isinstance(named.get("response"), dict):
        raise invalid("Invalid value at 'function_response.response' (type.googleapis.com/google.protobuf.Struct)")
    return named["name"], dumps(named["response"]).decode()


def _blob(part: Json) -> Medium:
    if "fileData" in part:
        named = fields(part["fileData"], "mimeType fileUri displayName", "file_data")
        return Medium(kind="file", media_type=named.get("mimeType", "file"), label=str(named.get("fileUri")))
    named = fields(part["inlineData"], "mimeType data displayName", "inline_data")
    media_type = named.get("mimeType")
    if not isinstance(media_type, str) or not media_type:
        raise invalid("* GenerateContentRequest.contents.parts.inline_data.mime_type: must not be empty")
    try:
        # Google's parser takes both alphabets of base64; its Python client sends the URL-safe one.
        raw = base64.b64decode(str(named.get("data")).replace("-", "+").replace("_", "/"), validate=True)
    except ValueError as error:
        raise invalid(
            "Invalid value at 'contents.parts.inline_data.data' (TYPE_BYTES), Base64 decoding failed"
        ) from error
    return Medium(kind=media_type.split("/")[0], media_type=media_type, label=fingerprint(raw))


def _demand_signatures(turns: list[Json]) -> None:
    """Gemini 3: in the running turn, the first call of each step must carry its signature."""
    asked = [
        index
        for index, turn in enumerate(turns)
        if turn["role"] == "user" and not any("functionResponse" in part for part in turn["parts"])
    ]
    for index in range(asked[-1] if asked else 0, len(turns)):
        calls = [part for part in turns[index]["parts"] if "functionCall" in part]
        if calls and not calls[0].get("thoughtSignature"):
            name = calls[0]["functionCall"].get("name")
            raise invalid(
                f"Function call is missing a thought_signature in functionCall parts. Function call `{name}`."
            )


def _system_tokens(system: Any) -> int:
    if system is None:
        return 0
    turn = fields(system, "role parts", "system_instruction")
    return sum(tokens(part.get("text", "")) for part in turn.get("parts") or ())


# ── settings ────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_tools(tools: Any) -> tuple[Offer, ...]:
    offers: list[Offer] = []
    for index, tool in enumerate(tools or ()):
        named = fields(tool, _TOOL, f"tools[{index}]")
        for place, function in enumerate(named.get("functionDeclarations") or ()):
            offers.append(_function(function, f"tools[{index}].function_declarations[{place}]"))
    return tuple(offers)


def _function(function: Any, path: str) -> Offer:
    named = fields(function, _FUNCTION, path)
    if not _NAME.fullmatch(str(named.get("name", ""))):
        raise invalid(
            f"* GenerateContentRequest.{path}.name: Invalid function name. Must start with a letter or an underscore."
        )
    schema = named.get("parametersJsonSchema")
    if "parameters" in named:
        if schema is not None:
            raise invalid(f"* {path}: parameters and parameters_json_schema must not both be set.")
        schema = named["parameters"]
        gemini_schema.check(schema, f"{path}.parameters")
    return Offer(name=named["name"], schema=schema or {})


def _read_choice(
    config: Any, offers: tuple[Offer, ...]
) -> tuple[Literal["auto", "none", "required"], tuple[Offer, ...]]:
    if config is None:
        return "auto", offers
    named = fields(config, "functionCallingConfig retrievalConfig includeServerSideToolInvocations", "tool_config")
    calling = fields(named.get("functionCallingConfig") or {}, "mode allowedFunctionNames", "function_calling_config")
    mode = calling.get("mode", "AUTO")
    if mode not in ("AUTO", "ANY", "NONE", "VALIDATED", "MODE_UNSPECIFIED"):
        raise invalid(f"Invalid value at 'tool_config.function_calling_config.mode', \"{mode}\"")
    names = calling.get("allowedFunctionNames")
    if names and mode not in ("ANY", "VALIDATED"):
        raise invalid("Allowed function names can only be set when function calling mode is ANY.")
    if mode == "NONE":
        return "none", offers
    allowed = tuple(offer for offer in offers if not names or offer.name in names)
    return ("required" if mode == "ANY" else "auto"), allowed


def _read_format(config: Json) -> Json | None:
    schema, plain = config.get("responseSchema"), config.get("responseJsonSchema")
    kind = config.get("responseMimeType", "text/plain")
    if schema is not None:
        gemini_schema.check(schema, "generation_config.response_schema")
    if (schema is not None or plain is not None) and kind not in ("application/json", "text/x.enum"):
        raise invalid("Only `application/json` mime type supports response schema.")
    found: Json | None = schema if schema is not None else plain
    return found if found is not None else {} if kind == "application/json" else None


def _read_stop(stops: Any) -> tuple[str, ...]:
    if stops is not None and len(stops) > 5:
        raise invalid("* GenerateContentRequest.generation_config.stop_sequences: at most 5 are allowed.")
    return tuple(stops or ())
