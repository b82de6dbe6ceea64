"""Gemini's generateContent (https://ai.google.dev/api/generate-content), token counts, model list and error."""

from omniroute.api.operation import Described
from omniroute.api.shapes import shape
from omniroute.api.wire.schema import either, none_or, number, several, text, thing, whole

_PART = thing(text=text("Words."))
_CONTENT = thing(
    need=["parts"], role=text("Who speaks.", enum=["user", "model", "function"]), parts=several("The parts.", _PART)
)

REQUEST = Described(
    name="GenerateContentRequest",
    schema=thing(
        "A conversation to be continued, or to be counted.",
        contents=several("The conversation so far, in order; countTokens takes it here too.", _CONTENT),
        systemInstruction=thing("What the model is told before all else."),
        generationConfig=thing(
            "How to answer.",
            temperature=number("How freely the model chooses, 0 to 2.", minimum=0, maximum=2),
            topP=number("The share of likely words it chooses from, 0 to 1.", minimum=0, maximum=1),
            topK=number("How many of the likeliest words it chooses from.", minimum=0),
            maxOutputTokens=whole("The longest answer, in tokens.", minimum=1),
            stopSequences=several("Texts at which to stop.", {"type": "string"}),
        ),
        tools=several("What the model may call.", thing()),
        toolConfig=thing("Whether it must call."),
        safetySettings=several("What is to be refused.", thing()),
        generateContentRequest=thing("countTokens: the whole request to be counted."),
    ),
)

_ANSWER = thing(
    "An answer, or a piece of one.",
    candidates=several(
        "The answers; one unless candidateCount asked for more.",
        thing(content=thing("What the model says."), finishReason=text("Why it ended: STOP, MAX_TOKENS, SAFETY …")),
    ),
    usageMetadata=thing(
        "What it took.",
        promptTokenCount=whole("Tokens read, cached ones included."),
        candidatesTokenCount=whole("Tokens written, without thinking."),
        thoughtsTokenCount=whole("Tokens of thinking."),
        totalTokenCount=whole("All together."),
    ),
    modelVersion=text("The model that answered."),
    totalTokens=whole("countTokens: how many tokens that is."),
)

ANSWER = Described(
    name="GenerateContentResponse",
    schema=either(
        "An answer; a list of pieces from streamGenerateContent without `alt=sse`; a count from countTokens.",
        _ANSWER,
        several("The pieces.", _ANSWER),
    ),
)

_LISTED = thing(
    "A model.",
    need=["name"],
    name=text("`models/` and the name to ask for."),
    displayName=text("The name."),
    description=text("Who serves it."),
    supportedGenerationMethods=several("What can be asked of it.", {"type": "string"}),
)
MODEL_ANSWER = Described(name="GeminiModel", schema=_LISTED)
MODELS_ANSWER = Described(
    name="GeminiModelList",
    schema=thing("All models that can be asked for.", need=["models"], models=several("The models.", _LISTED)),
)

ERROR = Described(
    name="GeminiError",
    schema=thing(
        "A failure, as Google's clients read it.",
        need=["error"],
        error=thing(
            "What went wrong.",
            need=["code", "message", "status"],
            code=whole("The HTTP status."),
            message=text("In words."),
            status=text("The kind, such as INVALID_ARGUMENT or RESOURCE_EXHAUSTED."),
            details=none_or(several("More about it.", thing())),
        ),
    ),
)


@shape
class GenerateQuery:
    """How a stream comes."""

    alt: str | None = None
