"""What a Responses stream has told so far: its items, their parts, and the hub events that come of it.

Items come under an `output_index`; servers that leave it out are read by `item_id` and by what came last. The `done`
events hold everything once more, so whatever the deltas left out (some servers send none) is made up for from there.
"""

from dataclasses import dataclass, field

from omniroute.formats.events import Delta, Event, PartEnd, PartStart
from omniroute.formats.hub import Citation, Json, Opaque, Part, Refusal, Seed, State, Text, Thinking, ToolCall
from omniroute.formats.openai_responses.carried import carried
from omniroute.formats.openai_responses.content import ORIGIN, read_citation
from omniroute.formats.openai_responses.items import PARAGRAPH, image_of
from omniroute.formats.state import from_field

# Content parts by their kind, and what they are called here.
PARTS = {"output_text": "text", "text": "text", "refusal": "refusal"}


@dataclass(slots=True)
class Live:
    """One part under way: its place in the hub's answer, how much of it was told, and which summary it is in."""

    index: int
    part: Part
    told: int = 0
    cited: int = 0
    section: int = 0
    over: bool = False


@dataclass(slots=True)
class Item:
    """One output item under way, with its parts by (kind, number)."""

    kind: str
    name: str
    raw: Json
    parts: dict[tuple[str, int], Live] = field(default_factory=dict)
    over: bool = False


class Heard:
    """The answer as far as it was told."""

    def __init__(self, seed: Seed) -> None:
        """`seed` makes ids for calls that have none."""
        self._seed = seed
        self._count = 0
        self._last: Item | None = None
        self._held: dict[str, State] = {}
        self._events: list[Event] = []
        self._items: dict[int, Item] = {}
        self._calls: dict[str, int] = {}
        self._last_text: int | None = None
        self._logprobs = False

    def add(self, *events: Event) -> None:
        """Add events that are about no part."""
        self._events.extend(events)

    @property
    def has_calls(self) -> bool:
        """Whether a tool was called."""
        return bool(self._calls)

    def take(self) -> list[Event]:
        """Return the events since the last call."""
        events, self._events = self._events, []
        return events

    # ── items ───────────────────────────────────────────────────────────────────────────────────────────────────

    def item(self, body: Json, kind: str) -> Item:
        """Find the item that an event is about, or begin it."""
        place = body.get("output_index")
        name = str(body.get("item_id") or text_of(object_of(body, "item"), "id") or "")
        found = self._items.get(place) if isinstance(place, int) else self._named(name)
        if found is None:
            found = Item(kind=kind, name=name, raw=object_of(body, "item"))
            self._items[place if isinstance(place, int) else -1 - len(self._items)] = found
        self._last = found
        return found

    def _named(self, name: str) -> Item | None:
        if not name:
            return self._last
        return next((item for item in self._items.values() if item.name == name), None)

    # ── parts ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _begin(self, item: Item, key: tuple[str, int], part: Part) -> Live:
        live = item.parts[key] = Live(index=self._count, part=part)
        self._count += 1
        if isinstance(part, Text):
            self._last_text = live.index
        elif isinstance(part, ToolCall):
            self._calls[part.id] = live.index
        self._events.append(PartStart(index=live.index, part=part))
        return live

    def ensure(self, item: Item, kind: str, number: int = 0) -> Live:
        """Return the part, begun when this is the first that is heard of it."""
        live = item.parts.get((kind, number))
        return live if live is not None else self._begin(item, (kind, number), self._skeleton(item, kind))

    def _skeleton(self, item: Item, kind: str) -> Part:
        match kind:
            case "text":
                return Text(text="")
            case "refusal":
                return Refusal(text="")
            case "call":
                return self._call(item)
            case _:
                return Thinking(summary=kind == "summary", id=text_of(item.raw, "id"))

    def _call(self, item: Item) -> ToolCall:
        raw = item.raw
        call_id = text_of(raw, "call_id") or item.name or f"call_{self._seed.id}_{self._count}"
        return ToolCall(
            id=call_id,
            name=text_of(raw, "name") or "",
            custom=item.kind == "custom_tool_call",
            namespace=text_of(raw, "namespace"),
            item_id=text_of(raw, "id"),
            state=self._held.pop(call_id, None),
        )

    def tell(self, live: Live, text: str, logprobs: list[Json] | None = None) -> None:
        """Give more text of a part."""
        live.told += len(text)
        self._logprobs = self._logprobs or bool(logprobs)
        if text or logprobs:
            self._events.append(Delta(index=live.index, text=text, logprobs=logprobs or None))

    def tell_rest(self, live: Live, whole: object) -> None:
        """Give what of the whole text was not told yet."""
        if isinstance(whole, str) and len(whole) > live.told:
            self.tell(live, whole[live.told :])

    def cite(self, live: Live, citation: Citation) -> None:
        """Give a citation of a text."""
        live.cited += 1
        self._events.append(Delta(index=live.index, citation=citation))

    # ── ends ────────────────────────────────────────────────────────────────────────────────────────────────────

    def complete(self, item: Item, raw: Json) -> None:
        """Give what of an item was not told yet, and end its parts."""
        if item.over:
            return
        item.over, item.raw = True, raw
        match raw.get("type"):
            case "message":
                self._complete_message(item, raw)
            case "function_call":
                self.tell_rest(self.ensure(item, "call"), raw.get("arguments"))
            case "custom_tool_call":
                self.tell_rest(self.ensure(item, "call"), raw.get("input"))
            case "reasoning":
                self._complete_reasoning(item, raw)
            case kind:
                whole = image_of(raw) or Opaque(origin=ORIGIN, kind=str(kind), raw=raw)
                self._begin(item, ("whole", 0), whole)
        self._end(item)

    def _complete_message(self, item: Item, raw: Json) -> None:
        for number, content in enumerate(objects_of(raw, "content")):
            self.complete_content(item, number, content)

    def complete_content(self, item: Item, number: int, content: Json) -> None:
        """Give what of a content part was not told yet, and end it."""
        kind = PARTS.get(str(content.get("type")))
        if kind is None:
            return
        live = self.ensure(item, kind, number)
        if live.over:
            return
        self.tell_rest(live, content.get("refusal" if kind == "refusal" else "text"))
        for note in objects_of(content, "annotations")[live.cited :]:
            self.cite(live, read_citation(note))
        self._end_part(live)

    def _complete_reasoning(self, item: Item, raw: Json) -> None:
        sealed = text_of(raw, "encrypted_content")
        state = from_field(sealed, ORIGIN) if sealed else None
        words = [str(part.get("text", "")) for part in objects_of(raw, "content")]
        summary = [str(part.get("text", "")) for part in objects_of(raw, "summary")]
        for kind, texts, joint in (("words", words, ""), ("summary", summary, PARAGRAPH)):
            if texts:
                self.tell_rest(self.ensure(item, kind), joint.join(texts))
        live = item.parts.get(("summary", 0)) or item.parts.get(("words", 0))
        bare = Thinking(state=state, id=text_of(raw, "id"), redacted=True)
        other = carried(bare)
        if other is not None:
            self._sign(*other)
        elif live is None:
            # Neither text nor state: an item that says only that there was reasoning.
            part = Opaque(origin=ORIGIN, kind="reasoning", raw=raw) if state is None else bare
            self._begin(item, ("whole", 0), part)
        elif state is not None:
            self._events.append(Delta(index=live.index, state=state))

    def _end(self, item: Item) -> None:
        for live in item.parts.values():
            self._end_part(live)

    def _end_part(self, live: Live) -> None:
        if not live.over:
            live.over = True
            self._events.append(PartEnd(index=live.index))

    def _sign(self, call_id: str, state: State) -> None:
        """Put a carried state on the part it belongs to; one for a call may come before the call."""
        index = self._calls.get(call_id) if call_id else self._last_text
        if index is not None:
            self._events.append(Delta(index=index, state=state))
        elif call_id:
            self._held[call_id] = state

    def finish(self, output: list[Json]) -> None:
        """Take the finished answer: items that had no events of their own, or no end, are made up for from it."""
        for place, raw in enumerate(output):
            kind, name = str(raw.get("type")), text_of(raw, "id") or ""
            item = self._known(place, kind, name)
            if item is not None or not self._items:
                self.complete(item or Item(kind=kind, name=name, raw=raw), raw)
        for item in self._items.values():
            self._end(item)
        self._tell_logprobs(output)

    def _known(self, place: int, kind: str, name: str) -> Item | None:
        """Find an item of the finished answer among those that came in events."""
        named = next((item for item in self._items.values() if name and item.name == name), None)
        placed = self._items.get(place)
        return named or (placed if placed is not None and placed.kind == kind else None)

    def _tell_logprobs(self, output: list[Json]) -> None:
        """Give log probabilities that no delta had."""
        if self._logprobs or self._last_text is None:
            return
        contents = (content for item in output for content in objects_of(item, "content"))
        told = [token for content in contents for token in objects_of(content, "logprobs")]
        if told:
            self.add(Delta(index=self._last_text, logprobs=told))


def text_of(body: Json, key: str) -> str | None:
    """Return a field that is a string."""
    value = body.get(key)
    return value if isinstance(value, str) else None


def number_of(body: Json, key: str) -> int:
    """Return a field that is a number, 0 without."""
    value = body.get(key)
    return value if isinstance(value, int) else 0


def object_of(body: Json, key: str) -> Json:
    """Return a field that is an object, an empty one without."""
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def objects_of(body: Json, key: str) -> list[Json]:
    """Return the objects in a field that is a list."""
    value = body.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
