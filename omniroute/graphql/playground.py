"""The playground: a question is made by a mutation, and sent by whoever watches its answer."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import accept
from omniroute.graphql.outcome import Failed, mutation
from omniroute.graphql.subscribing import feed
from omniroute.graphql.types import Shown, expose
from omniroute.services.playground import (
    PlaygroundCall,
    PlaygroundDraft,
    PlaygroundEnd,
    PlaygroundNews,
    PlaygroundRun,
)

accept(
    PlaygroundDraft,
    "PlaygroundInput",
    "What to ask a model.",
    model="Any name of a model or combo that a client could write.",
    text="What the user says.",
    system="What the system says.",
    tools="The tools, as the text of a JSON list in OpenAI's spelling.",
    image="An image beside the text: its address, or a data URL.",
    temperature="How freely it answers, 0 to 2.",
    max_tokens="How many tokens the answer may have.",
)
expose(
    PlaygroundRun,
    "PlaygroundRun",
    "A question that waits to be watched; nothing was sent yet.",
    id=Shown(words="What to watch, once.", kind=strawberry.ID),
)
expose(
    PlaygroundCall,
    "PlaygroundCall",
    "A tool that the model wants called.",
    name="The tool's name.",
    arguments="The arguments as the model wrote them.",
)
expose(
    PlaygroundEnd,
    "PlaygroundEnd",
    "How a question ended; null means not known.",
    request_id=Shown(words="The request's id in the log.", kind=strawberry.ID),
    outcome="`ok`, `failed`, `truncated`, `client_closed` or `refused`.",
    status="The status that a client would have got.",
    provider="The provider that answered.",
    model="The model, as the provider calls it.",
    latency_ms="From the question to the answer's last piece, in milliseconds.",
    first_token_ms="Until the answer's first meaningful piece, in milliseconds.",
    input_tokens="Tokens that went in.",
    output_tokens="Tokens that came out.",
    reasoning_tokens="Tokens of the output that the model thought with.",
    cost_usd="What it cost, in US dollars.",
    attempts="How many tries it took.",
    calls="The tools that the model wants called.",
    error="The failure's words.",
)
expose(
    PlaygroundNews,
    "PlaygroundNews",
    "More of an answer.",
    text="More of the text.",
    thinking="More of the thoughts before it.",
    end="How it ended; comes with the last message.",
)

PrepareResult = Annotated[PlaygroundRun | Failed, strawberry.union("PreparePlaygroundResult")]


@strawberry.type
class Mutation:
    """Questions."""

    @mutation("Check a question to a model. It is sent when its answer is watched.")
    def prepare_playground(self, info: Asked, input: PlaygroundDraft) -> PrepareResult:
        return services_of(info).playground.prepare(input)


@strawberry.type
class Subscription:
    """Answers."""

    @feed("Send a question and watch its answer; leaving ends it.", PlaygroundNews)
    async def playground(self, info: Asked, id: strawberry.ID) -> AsyncGenerator[Any, None]:
        return services_of(info).playground.run(id)
