"""The configuration as one document: exported, planned and applied."""

from collections.abc import Mapping, Sequence
from typing import Any

from omniroute.api.operation import Call
from omniroute.api.shapes import shape
from omniroute.kit.json import JsonObject
from omniroute.services.collection import Services
from omniroute.services.differences import Difference


@shape
class ToApply:
    """A document. `plan`: only tell what it would change; `prune`: remove what its sections do not name."""

    document: Mapping[str, Any]
    plan: bool = False
    prune: bool = False


@shape
class NewKey:
    """A key that was made on the way, with its text: the only time that it is shown."""

    name: str
    key: str


@shape
class Applied:
    """What a document changes, or would. `others` is what its sections do not name."""

    applied: bool
    differences: Sequence[Difference]
    others: Sequence[str]
    keys: Sequence[NewKey]


async def export(services: Services, _call: Call[None, None]) -> JsonObject:
    """Export it."""
    return await services.configuration.export()


async def apply(services: Services, call: Call[ToApply, None]) -> Applied:
    """Apply a document, or plan it."""
    asked, author = call.body, call.visitor.address
    run = services.configuration.plan if asked.plan else services.configuration.apply
    done = await run(dict(asked.document), prune=asked.prune, author=author)
    return Applied(
        applied=done.applied,
        differences=done.differences,
        others=done.others,
        keys=[NewKey(name=one.name, key=one.text.reveal()) for one in done.keys],
    )
