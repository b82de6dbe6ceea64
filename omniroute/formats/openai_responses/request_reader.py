"""A client's Responses request to the hub.

Input items become messages: what the model made in one go (reasoning, text, calls, its vendor's tools) is one
assistant message, the tool outputs that follow are one tool message. `instructions` are the first system message.
"""

from omniroute.formats.hub import (
    Json,
    Media,
    Message,
    Opaque,
    OutputFormat,
    Part,
    Reasoning,
    Request,
    Role,
    Sampling,
    Text,
    ToolResult,
)
from omniroute.formats.openai_responses.carried import settle
from omniroute.formats.openai_responses.content import ORIGIN, read_content
from omniroute.formats.openai_responses.items import read_item, read_opaque
from omniroute.formats.openai_responses.tools import read_tool_choice, read_tools
from omniroute.formats.reading import Fields, invalid

ENCRYPTED = "reasoning.encrypted_content"
LOGPROBS = "message.output_text.logprobs"
_OUTPUTS = {"function_call_output": False, "custom_tool_call_output": True}
# One of these says what to answer to.
_SOURCES = ("input", "previous_response_id", "prompt", "conversation")


def decode_request(body: Json) -> Request:
    """Read a request; what the hub has no word for goes to `extras`, and deeper down to `unread`."""
    fields = Fields(body)
    if all(body.get(name) is None for name in _SOURCES):
        raise invalid("input", "is missing; give a string or a list of items")
    messages = (*_instructions(fields), *_input(fields))
    reasoning, reasoning_rest = _reasoning(fields)
    output, verbosity, text_rest = _text(fields)
    choice, choice_rest = read_tool_choice(fields)
    wanted, include_rest = _include(fields)
    if reasoning is None and ENCRYPTED in wanted:
        reasoning = Reasoning()  # Codex asks for the state of whatever reasoning there is, and says nothing of how much
    return Request(
        model=fields.need("model"),
        messages=messages,
        tools=read_tools(fields),
        tool_choice=choice,
        parallel_tool_calls=fields.flag("parallel_tool_calls"),
        sampling=_sampling(fields, logprobs=LOGPROBS in wanted),
        reasoning=reasoning,
        output=output,
        stream=bool(fields.flag("stream")),
        service_tier=fields.text("service_tier"),
        verbosity=verbosity,
        user=_user(fields),
        metadata=_metadata(fields),
        cache_key=fields.text("prompt_cache_key"),
        previous_response_id=fields.text("previous_response_id"),
        store=fields.flag("store"),
        origin=ORIGIN,
        extras={**fields.rest(), **choice_rest, **include_rest, **reasoning_rest, **text_rest},
        unread=tuple(fields.notes),
    )


# ── input ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _instructions(fields: Fields) -> tuple[Message, ...]:
    text = fields.text("instructions")
    return () if text is None else (Message(role=Role.SYSTEM, parts=(Text(text=text),)),)


def _input(fields: Fields) -> tuple[Message, ...]:
    value = fields.raw("input")
    if value is None:
        return ()
    if isinstance(value, str):
        return (Message(role=Role.USER, parts=(Text(text=value),)),)
    if not isinstance(value, list):
        raise invalid("input", "must be a string or a list of items")
    turns = _Turns()
    for raw in fields.children("input"):
        turns.take(raw)
    return turns.end()


class _Turns:
    """Gathers items to messages: neighbours of the assistant in one, neighbouring tool outputs in one."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._role: Role | None = None
        self._parts: list[Part] = []

    def take(self, raw: Fields) -> None:
        """Take the next item."""
        kind = raw.text("type") or ("message" if raw.raw("role") is not None else "item_reference")
        if kind == "message":
            self._message(raw)
        elif kind in _OUTPUTS:
            self._add(Role.TOOL, (_read_output(raw, custom=_OUTPUTS[kind]),))
        elif kind.endswith(("_output", "_approval_response")):
            self._add(Role.USER, (read_opaque(raw, kind),))
        else:
            self._add(Role.ASSISTANT, read_item(raw, kind))

    def _message(self, raw: Fields) -> None:
        role = _role(raw)
        if role is Role.ASSISTANT:
            self._add(role, read_item(raw, "message"))
            return
        self._close()
        raw.skip("type", "id", "status")
        self._messages.append(Message(role=role, parts=read_content(raw, "content")))
        raw.close()

    def _add(self, role: Role, parts: tuple[Part, ...]) -> None:
        if role is not self._role:
            self._close()
            self._role = role
        self._parts.extend(parts)

    def _close(self) -> None:
        if self._role is not None:
            self._messages.append(Message(role=self._role, parts=settle(self._parts)))
        self._role, self._parts = None, []

    def end(self) -> tuple[Message, ...]:
        """Return the messages."""
        self._close()
        return tuple(self._messages)


def _role(raw: Fields) -> Role:
    value = raw.need("role")
    if value in (Role.USER, Role.ASSISTANT, Role.SYSTEM, Role.DEVELOPER):
        return Role(value)
    raise invalid(raw.at("role"), "must be user, assistant, system or developer")


def _read_output(raw: Fields, *, custom: bool) -> ToolResult:
    raw.skip("type", "id", "status")
    parts = read_content(raw, "output")
    result = ToolResult(
        call_id=raw.need("call_id"),
        parts=tuple(part for part in parts if isinstance(part, Text | Media | Opaque) and part != Text(text="")),
        name=raw.text("name"),
        custom=custom,
    )
    raw.skip("namespace")  # the call has it
    raw.close()
    return result


# ── settings ────────────────────────────────────────────────────────────────────────────────────────────────────


def _sampling(fields: Fields, *, logprobs: bool) -> Sampling:
    return Sampling(
        max_tokens=fields.integer("max_output_tokens"),
        temperature=fields.number("temperature"),
        top_p=fields.number("top_p"),
        logprobs=logprobs or None,
        top_logprobs=fields.integer("top_logprobs"),
    )


def _reasoning(fields: Fields) -> tuple[Reasoning | None, Json]:
    """Read `reasoning`; what else stands in it is returned as an extra of that name."""
    raw = fields.child("reasoning")
    if raw is None:
        return None, {}
    effort, summary, older = raw.text("effort"), raw.text("summary"), raw.text("generate_summary")
    rest = raw.rest()
    return Reasoning(effort=effort, summary=summary or older), {"reasoning": rest} if rest else {}


def _text(fields: Fields) -> tuple[OutputFormat | None, str | None, Json]:
    """Read `text`: the output's format, the verbosity, and the rest of it as an extra of that name."""
    raw = fields.child("text")
    if raw is None:
        return None, None, {}
    verbosity = raw.text("verbosity")
    output, unknown = _output_format(raw.child("format"))
    rest = {**raw.rest(), **unknown}
    return output, verbosity, {"text": rest} if rest else {}


def _output_format(raw: Fields | None) -> tuple[OutputFormat | None, Json]:
    if raw is None:
        return None, {}
    match raw.need("type"):
        case "text":
            return None, {}
        case "json_object":
            return OutputFormat(kind="json"), {}
        case "json_schema":
            output = OutputFormat(
                kind="schema",
                schema=raw.object("schema"),
                name=raw.text("name"),
                description=raw.text("description"),
                strict=raw.flag("strict"),
            )
            raw.close()
            return output, {}
        case _:
            return None, {"format": raw.all()}


def _include(fields: Fields) -> tuple[tuple[str, ...], Json]:
    """Read `include`; what the hub says by itself (log probabilities, the state of reasoning) is no extra."""
    wanted = fields.texts("include")
    rest = [name for name in wanted if name not in {LOGPROBS, ENCRYPTED}]
    return wanted, {"include": rest} if rest else {}


def _user(fields: Fields) -> str | None:
    """Read `user`, or safety_identifier, its newer name; both at once are two things."""
    user = fields.text("user")
    return user if user is not None else fields.text("safety_identifier")


def _metadata(fields: Fields) -> dict[str, str] | None:
    pairs = fields.object("metadata")
    if pairs is None:
        return None
    for key, value in pairs.items():
        if not isinstance(value, str):
            raise invalid(f"metadata.{key}", "must be a string")
    return pairs
