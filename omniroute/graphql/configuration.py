"""The configuration as one document."""

from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.outcome import Failed, mutation
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.services.configuration import Outcome
from omniroute.services.configuration_rules import KeyText
from omniroute.services.differences import Action, Difference, FieldChange

enumerate_(
    Action,
    "ConfigurationAction",
    "What becomes of a thing.",
    CREATE="It is made.",
    UPDATE="It is changed.",
    REMOVE="It is removed.",
)
expose(
    FieldChange,
    "ConfigurationFieldChange",
    "A field that changes; secrets are masked.",
    field="The field, as the document spells it.",
    before=Shown(words="Its value before; null: its default.", kind=JSON | None),
    after=Shown(words="Its value afterwards; null: its default.", kind=JSON | None),
)
expose(
    Difference,
    "ConfigurationDifference",
    "What becomes of one thing.",
    section="The document's section that it belongs to.",
    name="The name that it goes by in the document.",
    action="What becomes of it.",
    changes="Its fields that change.",
)
expose(
    KeyText,
    "NewKeyText",
    "A key that was made on the way, with its text: the only time that it is shown.",
    name="The key's name.",
    text=Shown(words="The whole key. Keep it now: the gateway does not.", kind=str, read=lambda text: text.reveal()),
)
expose(
    Outcome,
    "ConfigurationOutcome",
    "What a document changes.",
    applied="Whether it was changed: false for a plan.",
    differences="What becomes of what, in the order in which it is done; empty: everything is so already.",
    others="What the document's sections do not name: it stays, unless the document prunes.",
    keys="The texts of new keys.",
)
ConfigurationResult = Annotated[Outcome | Failed, strawberry.union("ConfigurationResult")]
_Document = Annotated[JSON, strawberry.argument(description="The document, as `configuration` gives it.")]
_Prune = Annotated[bool, strawberry.argument(description="Whether to remove what the document's sections do not name.")]


@strawberry.type
class Query:
    """The document."""

    @asked("The whole configuration as one document, by names and without secrets.")
    async def configuration(self, info: Asked) -> JSON:
        made = await services_of(info).configuration.export()
        return JSON(made)

    @asked("What applying a document would change, or why it would fail. Nothing is changed.")
    async def configuration_plan(
        self,
        info: Asked,
        document: _Document,
        prune: _Prune = False,  # noqa: FBT002 - an argument of the schema
    ) -> ConfigurationResult:
        author = info.context.visitor.address
        return await services_of(info).configuration.plan(document, prune=prune, author=author)


@strawberry.type
class Mutation:
    """Applying a document."""

    @mutation("Make the configuration as a document says: all of it, or on any error nothing.")
    async def apply_configuration(
        self,
        info: Asked,
        document: _Document,
        prune: _Prune = False,  # noqa: FBT002 - an argument of the schema
    ) -> ConfigurationResult:
        author = info.context.visitor.address
        return await services_of(info).configuration.apply(document, prune=prune, author=author)
