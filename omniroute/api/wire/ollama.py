"""Ollama's API (https://docs.ollama.com/api) and its error."""

from omniroute.api.operation import Described
from omniroute.api.wire.schema import MODEL, STREAM, either, several, switch, text, thing, whole

_MESSAGE = thing(
    need=["role"],
    role=text("Who speaks.", enum=["system", "user", "assistant", "tool"]),
    content=text("The words."),
    images=several("Images, in base64.", {"type": "string"}),
)
_STREAM = {**STREAM, "description": "Answer piece by piece, as it comes; true unless said otherwise."}
_OPTIONS = thing("How to answer: temperature, num_predict, stop and others.")
_FORM = either("JSON, or JSON by a schema.", {"type": "string", "enum": ["json", ""]}, thing("The schema."))
_THINK = either("Whether and how long to think.", {"type": "boolean"}, {"type": "string"})
_KEEP = either("How long a model stays loaded; not of use here.", {"type": "string"}, {"type": "number"})

CHAT_REQUEST = Described(
    name="OllamaChatRequest",
    schema=thing(
        "A conversation to be continued.",
        need=["model", "messages"],
        model=MODEL,
        messages=several("The conversation so far, in order.", _MESSAGE),
        stream=_STREAM,
        options=_OPTIONS,
        format=_FORM,
        tools=several("What the model may call.", thing()),
        think=_THINK,
        keep_alive=_KEEP,
    ),
)

_FIGURES = {
    "model": text("The model that was asked for."),
    "created_at": text("When this was made."),
    "done": switch("Whether it is the last piece."),
    "done_reason": text("Why it ended: stop, length, load."),
    "total_duration": whole("How long it took, in nanoseconds."),
    "load_duration": whole("Not known here; in nanoseconds."),
    "prompt_eval_count": whole("Tokens read."),
    "prompt_eval_duration": whole("How long reading took, in nanoseconds."),
    "eval_count": whole("Tokens written."),
    "eval_duration": whole("How long writing took, in nanoseconds."),
}

CHAT_ANSWER = Described(
    name="OllamaChatResponse",
    schema=thing(
        "An answer, or a piece of one.",
        need=["model", "created_at", "message", "done"],
        message=thing(
            "What the assistant says.", need=["role", "content"], role=text("assistant"), content=text("The words.")
        ),
        **_FIGURES,
    ),
)

GENERATE_REQUEST = Described(
    name="OllamaGenerateRequest",
    schema=thing(
        "A prompt to be answered.",
        need=["model"],
        model=MODEL,
        prompt=text("The words; without them the model is only loaded."),
        system=text("What the model is told before all else."),
        images=several("Images, in base64.", {"type": "string"}),
        stream=_STREAM,
        options=_OPTIONS,
        format=_FORM,
        think=_THINK,
        keep_alive=_KEEP,
    ),
)

GENERATE_ANSWER = Described(
    name="OllamaGenerateResponse",
    schema=thing(
        "An answer, or a piece of one.",
        need=["model", "created_at", "response", "done"],
        response=text("The words."),
        **_FIGURES,
    ),
)

_DETAILS = thing("What is known of it.", family=text("The provider."), families=several("None.", {"type": "string"}))

TAGS = Described(
    name="OllamaTags",
    schema=thing(
        "All models that can be asked for.",
        need=["models"],
        models=several(
            "The models.",
            thing(
                need=["name", "model", "modified_at", "size", "digest", "details"],
                name=text("The name to ask for."),
                model=text("The same."),
                modified_at=text("Not known: 1970."),
                size=whole("Not known: 0. In bytes."),
                digest=text("Not known: empty."),
                details=_DETAILS,
            ),
        ),
    ),
)

VERSION = Described(
    name="OllamaVersion",
    schema=thing(
        "Which version of Ollama's API is spoken.",
        need=["version"],
        version=text("Ollama's version."),
        omniroute=text("The gateway's version."),
    ),
)

SHOW_REQUEST = Described(
    name="OllamaShowRequest",
    schema=thing("Which model.", need=["model"], model=MODEL, verbose=switch("Makes no difference here.")),
)

SHOW = Described(
    name="OllamaShow",
    schema=thing(
        "What is known of a model.",
        need=["details", "capabilities"],
        modelfile=text("A file that would name it."),
        parameters=text("None."),
        template=text("None."),
        license=text("None."),
        details=_DETAILS,
        model_info=thing("None."),
        capabilities=several("What it may be asked for.", {"type": "string"}),
        modified_at=text("Not known: 1970."),
    ),
)

ERROR = Described(
    name="OllamaError",
    schema=thing("A failure, as Ollama's clients read it.", need=["error"], error=text("What went wrong, in words.")),
)
