"""Conversations that the gateway keeps for clients of the Responses format, whatever format the upstream speaks.

`previous_response_id` is taken apart before anything else sees it: what was said before goes into the input, so that
every upstream gets the whole conversation and needs no memory. An id that the gateway does not know may be a vendor's
own: such a request goes as it is, to upstreams of this format only.
"""

import dataclasses
import re
from functools import partial

from omniroute.formats.hub import Format, Json
from omniroute.formats.state import holds_marked
from omniroute.gateway.call import Call
from omniroute.gateway.capture import Capture
from omniroute.gateway.downstream import Downstream
from omniroute.gateway.kept import Kept
from omniroute.gateway.snapshot import Plan
from omniroute.kit import json
from omniroute.kit.errors import Invalid, TooLarge
from omniroute.storage.rows import ResponseRow

_PREVIOUS = "previous_response_id"
# How formats/openai_responses names the items of an answer that it translated: kind, answer, place.
_OWN_ITEM = re.compile(r"[a-z]+_(?P<answer>.+)_\d+")


class Conversations:
    """Begins requests at /v1/responses; `most_bytes` is how much may have been said before."""

    def __init__(self, kept: Kept, *, most_bytes: int) -> None:
        self._kept = kept
        self._most_bytes = most_bytes

    async def begin(self, call: Call, down: Downstream) -> Downstream:
        """Put what was said before into the body; return where to send the answer."""
        if not self._kept.keeps:
            return down
        body = call.body
        previous = body.get(_PREVIOUS)
        if isinstance(previous, str):
            row = await self._kept.find(_owner(call), previous)
            if row is None:
                return down  # whoever knows what came before keeps what follows, too
            self._continue(call, row)
        await self._resolve(call)
        items = _items(call.body.get("input"))
        keep = None
        key = call.origin.key
        is_kept = key is None or not key.no_log
        if items is not None and is_kept and body.get("store") is not False and body.get("conversation") is None:
            keep = partial(self._kept.keep, _owner(call), items)
        if keep is None and call.previous is None:
            return down
        return Capture(down, previous=call.previous, keep=keep)

    def _continue(self, call: Call, row: ResponseRow) -> None:
        """Put an earlier turn before the new input."""
        if len(row.input) + len(row.response) > self._most_bytes:
            raise TooLarge(
                f"The conversation has grown over {self._most_bytes} bytes; begin a new one, or raise MAX_BODY_BYTES.",
                param=_PREVIOUS,
            )
        call.previous = row.id
        given = _items(call.body.get("input"))
        if given is None:
            return  # the decoder says what is wrong with it
        rest = {name: value for name, value in call.body.items() if name != _PREVIOUS}
        call.body = {**rest, "input": [*json.loads(row.input), *_output(row), *given]}
        call.foreign_state = call.foreign_state or holds_marked(row.input) or holds_marked(row.response)

    async def _resolve(self, call: Call) -> None:
        """Replace references to items of translated answers, which no upstream knows, by the items themselves."""
        given = call.body.get("input")
        if not isinstance(given, list) or not any(_reference(item) for item in given):
            return
        answers: dict[str, ResponseRow | None] = {}
        items: list[Json] = []
        for item in given:
            name = _reference(item)
            own = _OWN_ITEM.fullmatch(name) if name else None
            row = None
            if own is not None:
                answer = f"resp_{own['answer']}"
                if answer not in answers:
                    answers[answer] = await self._kept.find(_owner(call), answer)
                row = answers[answer]
            found = [one for one in _output(row) if one.get("id") == name] if row is not None else []
            call.foreign_state = call.foreign_state or (row is not None and holds_marked(row.response))
            items += found or [item]
        call.body = {**call.body, "input": items}

    def fit(self, call: Call, plan: Plan) -> Plan:
        """Return the targets that can serve the request; raise Invalid when what came before is unknown to all."""
        speaking = any(route.target.format is Format.OPENAI_RESPONSES for route in plan.routes)
        unknown = call.body.get(_PREVIOUS)
        if unknown is not None:
            if not speaking:
                raise self._not_found(unknown)
            return dataclasses.replace(plan, speaks=Format.OPENAI_RESPONSES)
        if speaking and call.previous is not None:
            _leave_out_thoughts(call)
        return plan

    def _not_found(self, response_id: object) -> Invalid:
        words = f"Previous response with id {str(response_id)[:100]!r} not found."
        if not self._kept.keeps:
            words = (
                "This gateway keeps no responses (STORED_RESPONSES_DAYS is 0), and the model's provider has no memory "
                "of its own: send the whole conversation as input instead of previous_response_id."
            )
        return Invalid(words, param=_PREVIOUS, code="previous_response_not_found")


def _owner(call: Call) -> str:
    return call.origin.key.id if call.origin.key else ""


def _items(given: object) -> list[Json] | None:
    """Return the input as a list of items, None when it is neither that nor a text."""
    if given is None:
        return []
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": given}]}]
    return given if isinstance(given, list) else None


def _output(row: ResponseRow) -> list[Json]:
    output = json.loads(row.response).get("output")
    return [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []


def _reference(item: object) -> str | None:
    """Return the id that an item_reference names, None for any other item."""
    if not isinstance(item, dict) or item.get("type", "item_reference") != "item_reference" or "role" in item:
        return None
    name = item.get("id")
    return name if isinstance(name, str) else None


def _leave_out_thoughts(call: Call) -> None:
    """Leave out thoughts that another format's model had: an upstream of this one looks for their ids in vain."""
    given = call.body["input"]
    kept = [item for item in given if not _is_foreign_thought(item)]
    if len(kept) < len(given):
        call.body = {**call.body, "input": kept}
        call.request = None


def _is_foreign_thought(item: object) -> bool:
    return (
        isinstance(item, dict)
        and item.get("type") == "reasoning"
        and not item.get("encrypted_content")
        and _OWN_ITEM.fullmatch(str(item.get("id"))) is not None
    )
