"""A request of one format shown in another, with what it loses."""

from enum import StrEnum
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from omniroute.formats.hub import Loss
from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import Taken, accept
from omniroute.graphql.outcome import Failed
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.services.translation import Translated, TranslationDraft


class LossAction(StrEnum):
    """What became of something that the other format has no word for."""

    DROPPED = "dropped"
    MAPPED = "mapped"


enumerate_(
    LossAction,
    "LossAction",
    "What became of something that the other format has no word for.",
    DROPPED="It is left out.",
    MAPPED="It is said in another way, near but not the same.",
)
expose(
    Loss,
    "Loss",
    "Something that the other format cannot carry.",
    path="Where it stood.",
    reason="Why, for people.",
    action=Shown(words="What became of it.", kind=LossAction, read=LossAction),
)
expose(
    Translated,
    "Translation",
    "A request in another format's words.",
    body=Shown(words="The body.", kind=JSON),
    losses="What could not be said there, or is said in another way.",
)
accept(
    TranslationDraft,
    "TranslationInput",
    "A request to show in another format.",
    source="The format that it is in.",
    target="The format to show it in.",
    body=Taken(words="Its body.", kind=JSON),
)


@strawberry.type
class Query:
    """Translating."""

    @asked("A request of one format in another, and what it loses; nothing is sent.")
    async def translate(
        self, info: Asked, input: TranslationDraft
    ) -> Annotated[Translated | Failed, strawberry.union("TranslateResult")]:
        return services_of(info).translation.request(input)
