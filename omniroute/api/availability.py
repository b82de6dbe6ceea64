"""Which models can answer now, and why not."""

from typing import Annotated, Literal

from pydantic import Field

from omniroute.api.operation import Call
from omniroute.api.shapes import adopt, shape
from omniroute.kit.errors import Invalid, Unprocessable
from omniroute.services.availability import Availability, ModelCheck
from omniroute.services.collection import Services
from omniroute.services.names import LONGEST_MODEL


@shape
class ShownAvailability(Availability):
    """The models that nobody can be asked for now, and those that can be."""


@shape
class ModelQuestion:
    """Which model to look at, or to clear. A provider without an action means clear, as in older versions."""

    model: Annotated[str, Field(min_length=1, max_length=LONGEST_MODEL)]
    provider: str | None = None
    action: Literal["check", "clear"] | None = None


@shape
class ShownCheck(ModelCheck):
    """Whether a name can be answered now, and each of its targets."""


@shape
class Cleared:
    """What was held against the model is forgotten."""

    success: bool = True
    removed: int


async def show_all(services: Services, _call: Call[None, None]) -> ShownAvailability:
    """Show every model's state."""
    return adopt(ShownAvailability, services.availability.all())


async def ask(services: Services, call: Call[ModelQuestion, None]) -> ShownCheck | Cleared:
    """Check one model, or clear what is held against it."""
    try:
        return _asked(services, call.body)
    except Invalid as error:
        # The question is well put; what it names cannot be asked.
        raise Unprocessable(error.message, code=error.code, param="model") from error


def _asked(services: Services, body: ModelQuestion) -> ShownCheck | Cleared:
    action = body.action or ("check" if body.provider is None else "clear")
    if action == "clear":
        return Cleared(removed=services.availability.clear(body.model, body.provider))
    name = body.model if body.provider is None else f"{body.provider}/{body.model}"
    return adopt(ShownCheck, services.availability.check(name))
