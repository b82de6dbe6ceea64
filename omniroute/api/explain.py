"""Questions about routing that send nothing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

from pydantic import AwareDatetime, Field

from omniroute.api.operation import Call
from omniroute.api.shapes import WHOLE, adopt, shape
from omniroute.kit.errors import Invalid, Unprocessable
from omniroute.services.collection import Services
from omniroute.services.combos import MOST_TARGETS
from omniroute.services.explain import (
    MOST_REPLAYED,
    MOST_SEED,
    USUALLY_REPLAYED,
    DryRun,
    DryRunDraft,
    Replay,
    ReplayDraft,
)
from omniroute.services.names import LONGEST_MODEL

_Model = Annotated[str, Field(min_length=1, max_length=LONGEST_MODEL)]


@shape
class NewDryRun(DryRunDraft):
    """A request that is not sent: a model, and if it matters a body in one of the five formats."""

    model: _Model
    key: Annotated[str, Field(max_length=64)] | None = None
    session: Annotated[str, Field(max_length=256)] | None = None


@shape
class NewReplay(ReplayDraft):
    """A combo, or a strategy over targets, and over which recorded requests."""

    combo: Annotated[str, Field(max_length=100)] | None = None
    targets: Annotated[Sequence[_Model], Field(max_length=MOST_TARGETS)] = ()
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_REPLAYED), WHOLE] = USUALLY_REPLAYED
    seed: Annotated[int, Field(ge=0, le=MOST_SEED), WHOLE] = 1


@shape
class ShownDryRun(DryRun):
    """Where the request would go now, and why."""


@shape
class ShownReplay(Replay):
    """What would have been, beside what was."""


async def dry_run(services: Services, call: Call[NewDryRun, None]) -> ShownDryRun:
    """Say where a request would go."""
    with _well_put():
        return adopt(ShownDryRun, await services.explain.dry_run(call.body))


async def replay(services: Services, call: Call[NewReplay, None]) -> ShownReplay:
    """Replay recorded requests."""
    with _well_put():
        return adopt(ShownReplay, await services.explain.replay(call.body))


@contextmanager
def _well_put() -> Iterator[None]:
    """The question is right in form; what it names may lead nowhere now."""
    try:
        yield
    except Invalid as error:
        raise Unprocessable(error.message, code=error.error_code, param=error.param) from error
