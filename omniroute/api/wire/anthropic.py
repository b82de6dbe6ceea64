"""Anthropic's Messages (https://docs.anthropic.com/en/api/messages), token counts and error."""

from omniroute.api.operation import Described
from omniroute.api.wire.schema import MODEL, STREAM, constant, either, none_or, number, several, text, thing, whole

_BLOCK = thing(need=["type"], type=text("text, image, document, tool_use, tool_result, thinking and others."))
_MESSAGE = thing(
    need=["role", "content"],
    role=text("Who speaks.", enum=["user", "assistant"]),
    content=either("The words, or blocks.", {"type": "string"}, several("Blocks.", _BLOCK)),
)
_SYSTEM = either("What the model is told before all else.", {"type": "string"}, several("Blocks of text.", _BLOCK))
_TOOL = thing(
    need=["name"],
    name=text("Its name."),
    description=text("What it does, for the model."),
    input_schema=thing("Its arguments, as a JSON schema."),
)
_MESSAGES = several("The conversation so far, in order.", _MESSAGE, minItems=1)
_TOOLS = several("What the model may call.", _TOOL)

REQUEST = Described(
    name="MessagesRequest",
    schema=thing(
        "A conversation to be continued.",
        need=["model", "messages", "max_tokens"],
        model=MODEL,
        messages=_MESSAGES,
        max_tokens=whole("The longest answer, in tokens.", minimum=1),
        system=_SYSTEM,
        stream=STREAM,
        temperature=number("How freely the model chooses, 0 to 1.", minimum=0, maximum=1),
        top_p=number("The share of likely words it chooses from, 0 to 1.", minimum=0, maximum=1),
        top_k=whole("How many of the likeliest words it chooses from.", minimum=0),
        stop_sequences=several("Texts at which to stop.", {"type": "string"}),
        tools=_TOOLS,
        tool_choice=thing("Whether it must call.", need=["type"], type=text("auto, any, tool or none.")),
        thinking=thing("Whether and how long to think.", type=text("enabled, disabled or adaptive.")),
        metadata=thing("About the end user."),
    ),
)

ANSWER = Described(
    name="Message",
    schema=thing(
        "The assistant's answer.",
        need=["id", "type", "role", "model", "content", "stop_reason", "usage"],
        id=text("The answer's id."),
        type=constant("message", "What this is."),
        role=constant("assistant", "Who speaks."),
        model=text("The model that answered, as its provider calls it."),
        content=several("The blocks it is made of, in order.", _BLOCK),
        stop_reason=none_or(text("Why it ended: end_turn, max_tokens, stop_sequence, tool_use, refusal.")),
        stop_sequence=none_or(text("The text at which it stopped.")),
        usage=thing(
            "What it took.",
            need=["input_tokens", "output_tokens"],
            input_tokens=whole("Tokens read, without those of the cache."),
            output_tokens=whole("Tokens written, thinking included."),
            cache_read_input_tokens=none_or(whole("Tokens read from the cache.")),
            cache_creation_input_tokens=none_or(whole("Tokens written to the cache.")),
        ),
    ),
)

COUNT_REQUEST = Described(
    name="CountTokensRequest",
    schema=thing(
        "What to count.",
        need=["model", "messages"],
        model=MODEL,
        messages=_MESSAGES,
        system=_SYSTEM,
        tools=_TOOLS,
    ),
)

COUNT_ANSWER = Described(
    name="TokenCount",
    schema=thing("The count.", need=["input_tokens"], input_tokens=whole("How many tokens that is.")),
)

ERROR = Described(
    name="AnthropicError",
    schema=thing(
        "A failure, as Anthropic's clients read it.",
        need=["type", "error"],
        type=constant("error", "What this is."),
        error=thing(
            "What went wrong.",
            need=["type", "message"],
            type=text("The kind, such as invalid_request_error or overloaded_error."),
            message=text("In words."),
        ),
    ),
)
