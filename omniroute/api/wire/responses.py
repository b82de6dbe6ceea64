"""OpenAI's Responses (https://platform.openai.com/docs/api-reference/responses)."""

from omniroute.api.operation import Described
from omniroute.api.shapes import shape
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

_ITEM = thing(type=text("message, function_call, function_call_output, reasoning and others."))
_INPUT = either("The words, or the items of a conversation.", {"type": "string"}, several("Items.", _ITEM))

REQUEST = Described(
    name="ResponsesRequest",
    schema=thing(
        "A turn of a conversation.",
        need=["model", "input"],
        model=MODEL,
        input=_INPUT,
        instructions=none_or(text("What the model is told before all else.")),
        previous_response_id=none_or(text("The stored answer that this goes on from.")),
        store=none_or(switch("Keep the answer, so that a later turn can go on from it; true unless said otherwise.")),
        stream=none_or(STREAM),
        max_output_tokens=none_or(whole("The longest answer, thinking included, in tokens.", minimum=1)),
        temperature=none_or(number("How freely the model chooses, 0 to 2.", minimum=0, maximum=2)),
        top_p=none_or(number("The share of likely words it chooses from, 0 to 1.", minimum=0, maximum=1)),
        tools=several("What the model may call.", thing(need=["type"], type=text("function, custom and others."))),
        tool_choice=either("Whether it must call.", text("none, auto or required."), thing("One tool.")),
        reasoning=thing("How to think.", effort=text("none, minimal, low, medium, high.")),
        text=thing("The answer's form, such as JSON by a schema."),
        metadata=thing("Notes of the client's own, up to 16."),
    ),
)

ANSWER = Described(
    name="Response",
    schema=thing(
        "The answer to a turn.",
        need=["id", "object", "created_at", "status", "model", "output"],
        id=text("The answer's id, for previous_response_id."),
        object=constant("response", "What this is."),
        created_at=number("When it was made, in seconds since 1970."),
        status=text("completed, incomplete or failed."),
        model=text("The model that answered, as its provider calls it."),
        output=several("The items it is made of, in order.", _ITEM),
        usage=thing(
            "What it took.",
            input_tokens=whole("Tokens read, cached ones included."),
            output_tokens=whole("Tokens written, thinking included."),
            total_tokens=whole("Both together."),
        ),
        error=thing("What went wrong."),
        incomplete_details=thing("Why it is not whole."),
    ),
)
# Fields that may be null say so at the vendor's; in an open object nothing hangs on it.
for _name in ("usage", "error", "incomplete_details"):
    ANSWER.schema["properties"][_name]["type"] = ["object", "null"]

DELETED = Described(
    name="DeletedResponse",
    schema=thing(
        "A stored answer is gone.",
        need=["id", "object", "deleted"],
        id=text("The answer's id."),
        object=constant("response", "What this was."),
        deleted=switch("Always true."),
    ),
)

ITEMS = Described(
    name="InputItems",
    schema=thing(
        "What a stored answer was made of, page by page.",
        need=["object", "data", "has_more"],
        object=constant("list", "What this is."),
        data=several("The items.", _ITEM),
        first_id=none_or(text("The first item's id.")),
        last_id=none_or(text("The last item's id, for `after`.")),
        has_more=switch("Whether there is another page."),
    ),
)


@shape
class ItemsQuery:
    """Which items to list."""

    limit: str | None = None
    order: str | None = None
    after: str | None = None
