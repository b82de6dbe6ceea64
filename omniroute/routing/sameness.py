"""When two requests are the same, so that the answer to one answers the other too. Pure: values in, a digest out.

Everything in a body counts, unknown fields too, except what is listed here with its reason. What the gateway adds
(the targets that the model's name leads to, headers that go upstream, whose key it is) counts as well.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from omniroute.formats.hub import Format, Json, Request
from omniroute.kit.json import canonical

# What has no part in the answer. In OpenAI chat: how the answer is delivered (stream, stream_options), who asks, for
# the vendor's abuse watch (user, safety_identifier), labels (metadata), and where the vendor's prompt cache keeps the
# prefix (prompt_cache_key, prompt_cache_retention). An answer in the Responses format repeats all of these but the
# delivery, so there they count. Anthropic's metadata is the user's id; Ollama's keep_alive says how long the model
# stays loaded; Gemini's labels are for the bill.
_IGNORED: Mapping[Format, frozenset[str]] = {
    Format.OPENAI_CHAT: frozenset(
        {
            "stream",
            "stream_options",
            "user",
            "safety_identifier",
            "metadata",
            "prompt_cache_key",
            "prompt_cache_retention",
        }
    ),
    Format.OPENAI_RESPONSES: frozenset({"stream", "stream_options"}),
    Format.ANTHROPIC: frozenset({"stream", "metadata"}),
    Format.GEMINI: frozenset({"labels"}),
    Format.OLLAMA: frozenset({"stream", "keep_alive"}),
}
# Where a format keeps temperature and seed; None: at the top.
_SAMPLING: Mapping[Format, tuple[str, ...] | None] = {
    Format.OPENAI_CHAT: None,
    Format.OPENAI_RESPONSES: None,
    Format.ANTHROPIC: None,
    Format.GEMINI: ("generationConfig", "generation_config"),
    Format.OLLAMA: ("options",),
}
# What ties a request to something that a vendor keeps, or that changes from call to call.
_TIES = frozenset(
    {
        "previous_response_id",
        "conversation",
        "background",
        "prompt",
        "container",
        "mcp_servers",
        "web_search_options",
        "audio",
        "store",
    }
)
_NO_TIES: Mapping[Format, frozenset[str]] = {Format.OLLAMA: frozenset({"prompt"})}
_OWN_TOOLS: Mapping[Format, frozenset[str]] = {
    Format.OPENAI_CHAT: frozenset({"function", "custom"}),
    Format.OPENAI_RESPONSES: frozenset({"function", "custom", "namespace"}),
    Format.ANTHROPIC: frozenset({"custom"}),
    Format.OLLAMA: frozenset({"function"}),
}
_DECLARATIONS = frozenset({"functionDeclarations", "function_declarations"})
# A vendor's private state as a field of compact JSON; in a text the quotes are escaped, so nobody can write it there.
_STATE = re.compile(rb'"(?:signature|encrypted_content|thoughtSignature|thought_signature)":"')
_REDACTED = b'"type":"redacted_thinking"'


@dataclass(slots=True, kw_only=True)
class Asked:
    """A request, and what besides its body decides on the answer. Not frozen, as that takes longer than hashing it.

    `owner` is the key whose answers these are, None when all share them; `scope` names the targets it may go to.
    """

    format: Format
    body: Json
    model: str
    scope: str
    owner: str | None
    headers: Mapping[str, str]
    strict: bool = False


def is_deterministic(form: Format, body: Json) -> bool:
    """Whether the client asked for an answer that is the same every time: temperature 0, or a seed."""
    places = _SAMPLING[form]
    if places is None:
        return _is_fixed(body)
    return any(_is_fixed(one) for place in places if isinstance(one := body.get(place), dict))


def _is_fixed(sampling: Json) -> bool:
    temperature, seed = sampling.get("temperature"), sampling.get("seed")
    return (temperature == 0 and temperature is not False) or (isinstance(seed, int) and not isinstance(seed, bool))


def stands_alone(form: Format, body: Json) -> bool:
    """Whether the answer depends on the body alone: no vendor's memory, and no tool that the vendor itself runs."""
    if not _TIES.isdisjoint(body) and any(body.get(name) for name in _TIES - _NO_TIES.get(form, frozenset())):
        return False
    tools = body.get("tools")
    return not isinstance(tools, list) or all(_is_own(form, tool) for tool in tools)


def _is_own(form: Format, tool: object) -> bool:
    """Whether the client runs the tool."""
    if not isinstance(tool, dict):
        return False
    if form is Format.GEMINI:
        return tool.keys() <= _DECLARATIONS
    kind = tool.get("type", "custom" if form is Format.ANTHROPIC else "function")
    return isinstance(kind, str) and kind in _OWN_TOOLS[form]


def digest_of(asked: Asked) -> bytes | None:
    """Return what stands for a request, 32 bytes; None when it holds a vendor's private state."""
    ignored = _IGNORED[asked.format]
    text = canonical({name: _plain(value) for name, value in asked.body.items() if name not in ignored})
    if _STATE.search(text) or _REDACTED in text:
        return None
    made = sha256(canonical(scope_of(asked)))
    made.update(text)
    return made.digest()


def _plain(value: object) -> object:
    """Return 0 for 0.0: JSON knows one kind of number, and clients write both. Settings lie one object deep at most."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {name: int(one) if isinstance(one, float) and one.is_integer() else one for name, one in value.items()}
    return value


def body_digest(body: Json) -> bytes:
    """Return what stands for a whole body, to tell whether a key came back with another one."""
    return sha256(canonical(body)).digest()


def frame_digest(around: Request, scope: Sequence[object]) -> bytes:
    """Return what stands for all that surrounds a single question: `around` is the request without it."""
    made = sha256(canonical(list(scope)))
    made.update(canonical(around))
    return made.digest()


def scope_of(asked: Asked) -> list[object]:
    """Return what besides the body decides on an answer."""
    return [asked.format.value, asked.model, asked.scope, asked.owner, dict(asked.headers), asked.strict]
