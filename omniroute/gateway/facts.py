"""What is known of a request before it is sent anywhere: how large it is, and what it needs. Tokens are estimates."""

from omniroute.formats.counting import measure
from omniroute.formats.hub import Media, Request, ToolResult
from omniroute.routing.conditions import Facts

# About what English text and code come to with today's vocabularies; counting for real takes too long here.
LETTERS_A_TOKEN = 4
# What a request that names no limit is taken to be answered with.
ANSWER_TOKENS = 500


def facts_of(request: Request) -> Facts:
    """Return what is known of a request."""
    measured = measure(request)
    return Facts(
        input_tokens=-(-measured.characters // LETTERS_A_TOKEN) + measured.tokens,
        output_tokens=request.sampling.max_tokens or ANSWER_TOKENS,
        tools=bool(request.tools),
        images=_has_images(request),
        stream=request.stream,
    )


def _has_images(request: Request) -> bool:
    parts = [part for message in request.messages for part in message.parts]
    inner = [one for part in parts if isinstance(part, ToolResult) for one in part.parts]
    return any(isinstance(one, Media) and one.kind == "image" for one in (*parts, *inner))
