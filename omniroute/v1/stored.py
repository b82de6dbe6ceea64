"""Kept answers of the Responses format: look at one, at what it was made of, and delete it."""

from typing import Any
from urllib.parse import parse_qs

from omniroute.formats.hub import Json
from omniroute.gateway.kept import Kept
from omniroute.kit import json
from omniroute.kit.errors import Invalid, NotFound
from omniroute.storage.rows import ResponseRow
from omniroute.v1.chat import Exchange
from omniroute.v1.lists import answer

_MOST_ITEMS = 100
_ITEMS = 20
# How the ids of input items begin, which clients seldom give and the listing must.
_PREFIXES = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
}


class Stored:
    """Serves kept answers to the key that made them."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    async def serve_get(self, exchange: Exchange) -> None:
        """GET /v1/responses/{id}."""
        if _query(exchange).get("stream") == "true":
            raise Invalid("stream: a stored response comes whole; leave it out.", param="stream")
        row = await self._find(exchange)
        await answer(exchange, json.loads(row.response))

    async def serve_delete(self, exchange: Exchange) -> None:
        """DELETE /v1/responses/{id}."""
        name = exchange.params["id"]
        if not await self._kept.delete(_owner(exchange), name):
            raise _not_found(name)
        await answer(exchange, {"id": name, "object": "response", "deleted": True})

    async def serve_items(self, exchange: Exchange) -> None:
        """GET /v1/responses/{id}/input_items."""
        query = _query(exchange)
        limit, order, after = _limit(query.get("limit")), query.get("order", "desc"), query.get("after")
        if order not in ("asc", "desc"):
            raise Invalid("order: say asc or desc.", param="order")
        row = await self._find(exchange)
        items = [_listed(item, f"{row.id.removeprefix('resp_')}_{n}") for n, item in enumerate(json.loads(row.input))]
        if order == "desc":
            items.reverse()
        start = 0 if after is None else _place(items, after) + 1
        page = items[start : start + limit]
        ends: Json = {"first_id": page[0]["id"] if page else None, "last_id": page[-1]["id"] if page else None}
        await answer(exchange, {"object": "list", "data": page, **ends, "has_more": start + limit < len(items)})

    async def _find(self, exchange: Exchange) -> ResponseRow:
        name = exchange.params["id"]
        row = await self._kept.find(_owner(exchange), name)
        if row is None:
            raise _not_found(name)
        return row


def _owner(exchange: Exchange) -> str:
    return exchange.key.id if exchange.key else ""


def _not_found(name: str) -> NotFound:
    return NotFound(f"Response with id {name[:100]!r} not found.", param="response_id", code="response_not_found")


def _query(exchange: Exchange) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(exchange.query.decode("latin-1")).items()}


def _limit(text: str | None) -> int:
    if text is None:
        return _ITEMS
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= _MOST_ITEMS):  # noqa: PLR2004
        raise Invalid(f"limit: give a number from 1 to {_MOST_ITEMS}.", param="limit")
    return int(text)


def _place(items: list[Json], after: str) -> int:
    for place, item in enumerate(items):
        if item["id"] == after:
            return place
    raise Invalid(f"after: there is no item {after[:100]!r}.", param="after")


def _listed(item: Json, stem: str) -> Json:
    """Return an item as the listing shows it: with an id, a status, and its content as a list."""
    kind = item.get("type") or "message"
    given = {name: value for name, value in item.items() if value is not None}
    shown: Json = {"id": f"{_PREFIXES.get(kind, 'item')}_{stem}", "type": kind, **given}
    if kind == "message":
        shown["content"] = _content(item.get("content"), str(item.get("role")))
    if kind in _PREFIXES and kind != "reasoning":
        shown.setdefault("status", "completed")
    return shown


def _content(content: Any, role: str) -> Any:
    if not isinstance(content, str):
        return content
    if role == "assistant":
        return [{"type": "output_text", "text": content, "annotations": []}]
    return [{"type": "input_text", "text": content}]
