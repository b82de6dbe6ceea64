"""What AI clients call; served by the data plane, documented here."""

from omniroute.api.operation import EVENTS, LINES, Described, Operation, links
from omniroute.api.wire import anthropic, gemini, ollama, openai, responses
from omniroute.edge.admission import Policy
from omniroute.formats.hub import Format
from omniroute.kit.errors import (
    Forbidden,
    Invalid,
    NotAllowed,
    NotFound,
    OmniError,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    UpstreamFailed,
    UpstreamTimeout,
)

_CALLER: tuple[type[OmniError], ...] = (Unauthenticated, Forbidden)
_ASKING: tuple[type[OmniError], ...] = (
    *_CALLER,
    Invalid,
    NotFound,
    TooLarge,
    TooMany,
    UpstreamFailed,
    Unavailable,
    UpstreamTimeout,
)
_HELLO = [{"role": "user", "content": "Hello"}]
_ECHO = "demo/echo"


def _ask(name: str, path: str, form: Format, summary: str, **more: object) -> Operation:
    """Return the row of an operation that asks a model."""
    return Operation(
        id=name,
        method="POST",
        path=path,
        tag="inference",
        summary=summary,
        policy=Policy.INFERENCE,
        format=form,
        errors=(*_ASKING, NotAllowed) if form is Format.GEMINI else _ASKING,
        **more,  # type: ignore[arg-type]  # the fields of Operation
    )


def _see(
    name: str, path: str, form: Format, summary: str, answer: Described, *errors: type[OmniError], **more: object
) -> Operation:
    """Return the row of an operation that looks something up."""
    return Operation(
        id=name,
        method="GET",
        path=path,
        tag="inference",
        summary=summary,
        policy=Policy.INFERENCE,
        format=form,
        answer=answer,
        errors=(*_CALLER, *errors),
        **more,  # type: ignore[arg-type]  # the fields of Operation
    )


_OPENAI = (
    _ask(
        "createChatCompletion",
        "/v1/chat/completions",
        Format.OPENAI_CHAT,
        "Chat in OpenAI's format, whole or as server-sent events",
        body=openai.REQUEST,
        answer=openai.ANSWER,
        streams=(EVENTS,),
        example={"model": _ECHO, "messages": _HELLO},
    ),
    _ask(
        "createPinnedChatCompletion",
        "/v1/providers/{provider}/chat/completions",
        Format.OPENAI_CHAT,
        "Chat with models of one provider only",
        description="The provider's prefix is added to the model where it is missing; another provider's is refused.",
        body=openai.REQUEST,
        answer=openai.ANSWER,
        streams=(EVENTS,),
        example={"model": "echo", "messages": _HELLO},
        named={"provider": "demo"},
    ),
    _see(
        "listModels",
        "/v1/models",
        Format.OPENAI_CHAT,
        "List the models of the active connections, the combos and the aliases",
        openai.MODELS_ANSWER,
        links=links("/data/0/id", "getModel"),
    ),
    _see(
        "getModel",
        "/v1/models/{id}",
        Format.OPENAI_CHAT,
        "Show one model; its id may hold slashes",
        openai.MODEL_ANSWER,
        NotFound,
        named={"id": _ECHO},
    ),
)

_RESPONSES = (
    _ask(
        "createResponse",
        "/v1/responses",
        Format.OPENAI_RESPONSES,
        "A turn in OpenAI's Responses format, whole or as server-sent events",
        body=responses.REQUEST,
        answer=responses.ANSWER,
        streams=(EVENTS,),
        example={"model": _ECHO, "input": "Hello"},
        links=links("/id", "getResponse", "listInputItems", "deleteResponse"),
    ),
    _see(
        "getResponse",
        "/v1/responses/{id}",
        Format.OPENAI_RESPONSES,
        "Show an answer that was stored",
        responses.ANSWER,
        NotFound,
        Unavailable,
    ),
    _see(
        "listInputItems",
        "/v1/responses/{id}/input_items",
        Format.OPENAI_RESPONSES,
        "List what a stored answer was made of",
        responses.ITEMS,
        Invalid,
        NotFound,
        Unavailable,
        query=responses.ItemsQuery,
        asked={"limit": "20", "order": "asc"},
    ),
    Operation(
        id="deleteResponse",
        method="DELETE",
        path="/v1/responses/{id}",
        tag="inference",
        summary="Forget a stored answer",
        policy=Policy.INFERENCE,
        format=Format.OPENAI_RESPONSES,
        answer=responses.DELETED,
        errors=(*_CALLER, NotFound, Unavailable),
    ),
)

_ANTHROPIC = (
    _ask(
        "createMessage",
        "/v1/messages",
        Format.ANTHROPIC,
        "Chat in Anthropic's format, whole or as server-sent events",
        body=anthropic.REQUEST,
        answer=anthropic.ANSWER,
        streams=(EVENTS,),
        example={"model": _ECHO, "max_tokens": 100, "messages": _HELLO},
    ),
    _ask(
        "countTokens",
        "/v1/messages/count_tokens",
        Format.ANTHROPIC,
        "Count the tokens of a request in Anthropic's format",
        description="Asks the provider where it can count, else counts here; the header X-OmniRoute-Count says which.",
        body=anthropic.COUNT_REQUEST,
        answer=anthropic.COUNT_ANSWER,
        example={"model": _ECHO, "messages": _HELLO},
    ),
)

_GEMINI = (
    _see(
        "listGeminiModels",
        "/v1beta/models",
        Format.GEMINI,
        "List models in Gemini's format",
        gemini.MODELS_ANSWER,
        places=("/api/v1beta/models",),
    ),
    _see(
        "getGeminiModel",
        "/v1beta/models/{path}",
        Format.GEMINI,
        "Show one model in Gemini's format",
        gemini.MODEL_ANSWER,
        NotFound,
        places=("/api/v1beta/models/{path}",),
        named={"path": _ECHO},
    ),
    _ask(
        "generateContent",
        "/v1beta/models/{path}",
        Format.GEMINI,
        "Chat or count tokens in Gemini's format",
        description=(
            "`path` is a model and what to do, after a colon: `demo/echo:generateContent`, `:streamGenerateContent` "
            "(server-sent events with `alt=sse`, else one JSON list) or `:countTokens`."
        ),
        body=gemini.REQUEST,
        answer=gemini.ANSWER,
        query=gemini.GenerateQuery,
        streams=(EVENTS,),
        places=("/api/v1beta/models/{path}", "/v1/models/{id}"),
        example={"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]},
        named={"path": f"{_ECHO}:generateContent", "id": f"{_ECHO}:generateContent"},
    ),
)

_OLLAMA = (
    _ask(
        "ollamaChat",
        "/api/chat",
        Format.OLLAMA,
        "Chat in Ollama's format, as JSON lines unless `stream` is false",
        body=ollama.CHAT_REQUEST,
        answer=ollama.CHAT_ANSWER,
        streams=(LINES,),
        places=("/v1/api/chat",),
        example={"model": _ECHO, "messages": _HELLO, "stream": False},
    ),
    _ask(
        "ollamaGenerate",
        "/api/generate",
        Format.OLLAMA,
        "Answer a prompt in Ollama's format, as JSON lines unless `stream` is false",
        body=ollama.GENERATE_REQUEST,
        answer=ollama.GENERATE_ANSWER,
        streams=(LINES,),
        places=("/v1/api/generate",),
        example={"model": _ECHO, "prompt": "Hello", "stream": False},
    ),
    _see(
        "ollamaTags",
        "/api/tags",
        Format.OLLAMA,
        "List models in Ollama's format",
        ollama.TAGS,
        places=("/v1/api/tags",),
    ),
    _see(
        "ollamaVersion",
        "/api/version",
        Format.OLLAMA,
        "Say which version of Ollama's API is spoken",
        ollama.VERSION,
        places=("/v1/api/version",),
    ),
    _ask(
        "ollamaShow",
        "/api/show",
        Format.OLLAMA,
        "Show one model in Ollama's format",
        body=ollama.SHOW_REQUEST,
        answer=ollama.SHOW,
        places=("/v1/api/show",),
        example={"model": _ECHO},
    ),
)

OPERATIONS: tuple[Operation, ...] = (*_OPENAI, *_RESPONSES, *_ANTHROPIC, *_GEMINI, *_OLLAMA)
