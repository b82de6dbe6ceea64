"""Items under way: what each kind of part sends when it begins, grows and ends.

`Sheet` is the answer's output list and the events made of it; a `Live…` is one part still growing. An event gets its
number when it is put down.
"""

from omniroute.formats.hub import Citation, Json, Refusal, State, Text, Thinking, ToolCall
from omniroute.formats.openai_responses.carried import carrier
from omniroute.formats.openai_responses.content import ORIGIN
from omniroute.formats.state import to_field
from omniroute.formats.wrapping import unwrap


class Sheet:
    """The output items so far, and the events not yet sent."""

    def __init__(self, stem: str) -> None:
        """`stem` is what the items' ids are made of."""
        self.output: list[Json] = []
        self._stem = stem
        self._done: set[int] = set()
        self._events: list[Json] = []
        self._number = 0

    def put(self, kind: str, **fields: object) -> None:
        """Add an event."""
        self._events.append({"type": kind, "sequence_number": self._number, **fields})
        self._number += 1

    def take(self) -> list[Json]:
        """Return the events added since the last call."""
        events, self._events = self._events, []
        return events

    def name(self, prefix: str, given: str | None = None) -> str:
        """Return an id for the next item: the given one when it is of its kind and free."""
        taken = {item.get("id") for item in self.output}
        if given is not None and given.startswith(prefix) and given not in taken:
            return given
        return f"{prefix}_{self._stem}_{len(self.output)}"

    def open(self, item: Json) -> int:
        """Begin an item; return its place."""
        place = len(self.output)
        self.output.append(item)
        self.put("response.output_item.added", output_index=place, item=item)
        return place

    def close(self, place: int, item: Json) -> None:
        """End an item: from now on the output holds it whole."""
        self.output[place] = item
        self._done.add(place)
        self.put("response.output_item.done", output_index=place, item=item)

    def whole(self, added: Json, done: Json) -> None:
        """Send an item that comes in one go."""
        self.close(self.open(added), done)

    def finished(self) -> list[Json]:
        """Return the items that are complete."""
        return [item for place, item in enumerate(self.output) if place in self._done]

    def carry(self, call_id: str, state: State) -> None:
        """Send a part's private state, in a reasoning item of its own."""
        item = {"type": "reasoning", "id": self.name("rs"), "summary": []}
        sealed = {**item, "encrypted_content": carrier(call_id, state)}
        self.whole({**sealed, "status": "in_progress"}, {**sealed, "status": "completed"})


class LiveMessage:
    """A message item: neighbouring texts and refusals are its content."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self.item: Json = {"type": "message", "id": sheet.name("msg"), "status": "in_progress", "role": "assistant"}
        self.content: list[Json] = []
        self.place = sheet.open({**self.item, "content": []})

    def close(self, status: str) -> None:
        """End the item."""
        self._sheet.close(self.place, {**self.item, "status": status, "content": self.content})


class LiveText:
    """A text or a refusal in a message."""

    def __init__(self, sheet: Sheet, message: LiveMessage, part: Text | Refusal) -> None:
        self._sheet = sheet
        self.message = message
        self._texts: list[str] = []
        self._logprobs: list[Json] = []
        self._citations: list[Citation] = []
        self.refusal = isinstance(part, Refusal)
        self._closed = False
        self.state: State | None = None
        self._at = {"item_id": message.item["id"], "output_index": message.place, "content_index": len(message.content)}
        message.content.append(self._content())
        sheet.put("response.content_part.added", **self._at, part=self._content())
        self.add(part.text)
        if isinstance(part, Text):
            self._citations.extend(part.citations)
            self.state = part.state

    def _content(self, annotations: list[Json] | None = None) -> Json:
        text = "".join(self._texts)
        if self.refusal:
            return {"type": "refusal", "refusal": text}
        return {"type": "output_text", "text": text, "annotations": annotations or [], "logprobs": self._logprobs}

    def add(self, text: str, logprobs: list[Json] | None = None) -> None:
        """Take more text."""
        if not text and not logprobs:
            return
        self._texts.append(text)
        if self.refusal:
            self._sheet.put("response.refusal.delta", **self._at, delta=text)
            return
        self._logprobs.extend(logprobs or [])
        self._sheet.put("response.output_text.delta", **self._at, delta=text, logprobs=logprobs or [])

    def score(self, logprobs: list[Json]) -> None:
        """Take log probabilities told apart from the text; once that is closed, only the whole response has them."""
        if self._closed:
            self._logprobs.extend(logprobs)
        else:
            self.add("", logprobs)

    def cite(self, citation: Citation) -> None:
        """Take a citation; it is sent when the text is whole, as one that names no passage means all of it."""
        self._citations.append(citation)

    def close(self) -> None:
        """End the part."""
        self._closed = True
        text = "".join(self._texts)
        notes = [note for citation in self._citations if (note := _annotation(citation, len(text))) is not None]
        done = self._content(notes)
        if self.refusal:
            self._sheet.put("response.refusal.done", **self._at, refusal=text)
        else:
            for n, note in enumerate(notes):
                self._sheet.put(
                    "response.output_text.annotation.added", **self._at, annotation_index=n, annotation=note
                )
            self._sheet.put("response.output_text.done", **self._at, text=text, logprobs=self._logprobs)
        self._sheet.put("response.content_part.done", **self._at, part=done)
        self.message.content[self._at["content_index"]] = done


def _annotation(citation: Citation, length: int) -> Json | None:
    """Spell a citation; a source without URL has no word here."""
    if citation.origin == ORIGIN:
        return citation.raw
    if citation.url is None:
        return None
    start, end = citation.start, citation.end
    if start is None or end is None:
        start, end = 0, length
    title = citation.title or citation.url
    return {"type": "url_citation", "url": citation.url, "title": title, "start_index": start, "end_index": end}


class LiveThinking:
    """A reasoning item; its text is always sent as a summary.

    Codex sends summaries back and leaves reasoning_text out, and without its text a signed thought cannot go home.
    """

    def __init__(self, sheet: Sheet, part: Thinking) -> None:
        self._sheet = sheet
        self._texts: list[str] = []
        self._redacted = part.redacted
        self.state = part.state
        self._item: Json = {"type": "reasoning", "id": sheet.name("rs", part.id), "summary": []}
        place = sheet.open({**self._item, "status": "in_progress"})
        self._at = {"item_id": self._item["id"], "output_index": place}
        if not self._redacted:
            begun = {"type": "summary_text", "text": ""}
            sheet.put("response.reasoning_summary_part.added", **self._at, summary_index=0, part=begun)
        self.add(part.text)

    def add(self, text: str) -> None:
        """Take more text."""
        if text:
            self._texts.append(text)
            self._sheet.put("response.reasoning_summary_text.delta", **self._at, summary_index=0, delta=text)

    def close(self) -> None:
        """End the item."""
        done: Json = {**self._item, "status": "completed"}
        if not self._redacted:
            text = "".join(self._texts)
            whole = {"type": "summary_text", "text": text}
            self._sheet.put("response.reasoning_summary_text.done", **self._at, summary_index=0, text=text)
            self._sheet.put("response.reasoning_summary_part.done", **self._at, summary_index=0, part=whole)
            done["summary"] = [whole]
        if self.state is not None:
            done["encrypted_content"] = to_field(self.state, ORIGIN)
        self._sheet.close(self._at["output_index"], done)


class LiveCall:
    """A call of a function or a custom tool.

    `wrapped`: the client's tool takes free text, the upstream knew it as a function; the text is sent when it is whole.
    """

    def __init__(self, sheet: Sheet, call: ToolCall, *, wrapped: bool) -> None:
        self._sheet = sheet
        self._texts: list[str] = []
        self._wrapped = wrapped
        self._custom = call.custom or wrapped
        self._key = "input" if self._custom else "arguments"
        self._event = "custom_tool_call_input" if self._custom else "function_call_arguments"
        self.call_id = call.id
        self.late_state: State | None = None
        kind, prefix = ("custom_tool_call", "ctc") if self._custom else ("function_call", "fc")
        self._item: Json = {"type": kind, "id": sheet.name(prefix, call.item_id), "call_id": call.id, "name": call.name}
        if call.namespace is not None:
            self._item["namespace"] = call.namespace
        place = sheet.open({**self._item, self._key: "", "status": "in_progress"})
        self._at = {"item_id": self._item["id"], "output_index": place}
        self.add(call.arguments)

    def add(self, text: str) -> None:
        """Take more of the arguments."""
        if text:
            self._texts.append(text)
            if not self._wrapped:
                self._sheet.put(f"response.{self._event}.delta", **self._at, delta=text)

    def close(self, status: str) -> None:
        """End the item."""
        text = "".join(self._texts)
        sent = unwrap(text) if self._wrapped else text
        if not (sent or self._custom):
            sent = "{}"  # clients parse the arguments as JSON
        if sent and (self._wrapped or not text):
            self._sheet.put(f"response.{self._event}.delta", **self._at, delta=sent)
        self._sheet.put(f"response.{self._event}.done", **self._at, **{self._key: sent})
        self._sheet.close(self._at["output_index"], {**self._item, self._key: sent, "status": status})
