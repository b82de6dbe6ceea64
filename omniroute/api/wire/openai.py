"""OpenAI's Chat Completions and model list (https://platform.openai.com/docs/api-reference), and its error."""

from omniroute.api.operation import Described
from omniroute.api.wire.schema import (
    MODEL,
    STREAM,
    constant,
    either,
    none_or,
    number,
    several,
    switch,
    text,
    thing,
    whole,
)

_ROLES = ["system", "developer", "user", "assistant", "tool", "function"]
_PART = thing(need=["type"], type=text("What the part is: text, image_url, input_audio, file, refusal."))
_CONTENT = either("The words, or parts of several kinds.", {"type": ["string", "null"]}, several("Parts.", _PART))
_FUNCTION = thing(
    "The function.",
    need=["name"],
    name=text("Its name."),
    description=text("What it does, for the model."),
    parameters=thing("Its arguments, as a JSON schema."),
)
_CALL = thing(
    need=["id", "type", "function"],
    id=text("The call's id, to which the result refers."),
    type=constant("function", "Always function."),
    function=thing(
        "What is called.",
        need=["name", "arguments"],
        name=text("The function's name."),
        arguments=text("The arguments, as JSON in a text."),
    ),
)
_MESSAGE = thing(
    need=["role"],
    role=text("Who speaks.", enum=_ROLES),
    content=_CONTENT,
    tool_calls=several("The calls that the assistant made.", _CALL),
    tool_call_id=text("Which call a tool's message answers."),
    name=text("The speaker's name."),
)
_TOOL = thing(need=["type"], type=text("function or custom."), function=_FUNCTION)

REQUEST = Described(
    name="ChatCompletionRequest",
    schema=thing(
        "A conversation to be continued.",
        need=["model", "messages"],
        model=MODEL,
        messages=several("The conversation so far, in order.", _MESSAGE, minItems=1),
        stream=none_or(STREAM),
        stream_options=thing("How to stream.", include_usage=switch("Tell the usage in a last chunk.")),
        temperature=none_or(number("How freely the model chooses, 0 to 2.", minimum=0, maximum=2)),
        top_p=none_or(number("The share of likely words it chooses from, 0 to 1.", minimum=0, maximum=1)),
        max_tokens=none_or(whole("The longest answer, in tokens; the older name.", minimum=1)),
        max_completion_tokens=none_or(whole("The longest answer, thinking included, in tokens.", minimum=1)),
        stop=either("Where to stop.", {"type": ["string", "null"]}, several("Up to four texts.", {"type": "string"})),
        tools=several("What the model may call.", _TOOL),
        tool_choice=either("Whether it must call.", text("none, auto or required."), thing("One tool.")),
        response_format=thing(
            "Text, a JSON object, or JSON by a schema.", type=text("text, json_object, json_schema.")
        ),
        reasoning_effort=none_or(text("How long to think: none, minimal, low, medium, high.")),
        seed=none_or(whole("For answers that can be repeated.")),
        user=text("The end user's id, handed to the provider."),
    ),
)

_TOKENS = thing("Tokens by kind.")
USAGE = thing(
    "What it took.",
    need=["prompt_tokens", "completion_tokens", "total_tokens"],
    prompt_tokens=whole("Tokens read, cached ones included."),
    completion_tokens=whole("Tokens written, thinking included."),
    total_tokens=whole("Both together."),
    prompt_tokens_details=_TOKENS,
    completion_tokens_details=_TOKENS,
)
_CHOICE = thing(
    need=["index", "message", "finish_reason"],
    index=whole("The number of the answer, from 0."),
    message=thing(
        "What the assistant says.",
        need=["role"],
        role=text("Always assistant."),
        content=none_or(text("The words.")),
        reasoning_content=none_or(text("The thoughts, where the model shows them.")),
        tool_calls=several("The calls it makes.", _CALL),
        refusal=none_or(text("Why it declines.")),
    ),
    finish_reason=none_or(text("Why it ended: stop, length, tool_calls, content_filter.")),
)

ANSWER = Described(
    name="ChatCompletion",
    schema=thing(
        "The assistant's answer.",
        need=["id", "object", "created", "model", "choices"],
        id=text("The answer's id."),
        object=constant("chat.completion", "What this is."),
        created=whole("When it was made, in seconds since 1970."),
        model=text("The model that answered, as its provider calls it."),
        choices=several("The answers; one unless `n` asked for more.", _CHOICE),
        usage=USAGE,
    ),
)

_LISTED = thing(
    "A model.",
    need=["id", "object", "created", "owned_by"],
    id=text("The name to ask for."),
    object=constant("model", "What this is."),
    created=whole("Not known: 0. In seconds since 1970."),
    owned_by=text("The provider, or `combo` or `alias`."),
    type=text("model, as Anthropic's clients read it; of one that does not chat, its kind."),
    display_name=text("The name, for Anthropic's clients."),
    created_at=text("As `created`, for Anthropic's clients."),
)

MODEL_ANSWER = Described(name="Model", schema=_LISTED)

MODELS_ANSWER = Described(
    name="ModelList",
    schema=thing(
        "All models that can be asked for.",
        need=["object", "data"],
        object=constant("list", "What this is."),
        data=several("The models.", _LISTED),
        has_more=switch("Always false: the list is whole."),
        first_id=text("The first model, for Anthropic's clients."),
        last_id=text("The last model, for Anthropic's clients."),
    ),
)

ERROR = Described(
    name="OpenAIError",
    schema=thing(
        "A failure, as OpenAI's clients read it.",
        need=["error"],
        error=thing(
            "What went wrong.",
            need=["message", "type"],
            message=text("In words."),
            type=text("The kind, such as invalid_request_error or rate_limit_error."),
            param=none_or(text("The field at fault.")),
            code=none_or(text("The kind, more closely.")),
        ),
    ),
)
