"""Lines of an answer to events, and the figures that end one. A whole answer is read as one line that is done.

Ollama marks no parts: text that follows text continues it. Its calls have had ids since 0.12 only; a call without one
gets the number of its place in the answer.
"""

from datetime import UTC, datetime
from typing import Any

from omniroute.formats.answer_words import AnswerWords
from omniroute.formats.events import ChoiceEnd, Delta, Event, Finish, PartEnd, PartStart, Start
from omniroute.formats.hub import Format, Json, Media, Part, Seed, Stop, Text, Thinking, ToolCall, Usage
from omniroute.formats.loose import count_in, list_in, object_in, objects_in, text_in
from omniroute.formats.media import media_type_of, read_data_url, standard_base64
from omniroute.formats.wrapping import text_of_object

# A load is a request without a prompt: the model was fetched into memory and nothing said.
_STOPS = {"stop": Stop.END, "length": Stop.LENGTH, "load": Stop.END, "unload": Stop.END}
WORDS = AnswerWords(
    home=Format.OLLAMA,
    logprobs=True,
    states=False,
    tokens=frozenset(),
    stops=frozenset({Stop.CONTENT_FILTER, Stop.REFUSAL, Stop.PAUSE, Stop.OTHER}),
)
_REASONS = {Stop.END: "stop", Stop.TOOL_CALLS: "stop", Stop.STOP_SEQUENCE: "stop", Stop.LENGTH: "length"}


class AnswerReader:
    """Reads one answer, in as many lines as it comes."""

    def __init__(self, seed: Seed) -> None:
        self._seed = seed
        self._started = False
        self._index = 0  # of the open part, or of the next one
        self._open: type[Text | Thinking] | None = None
        self._calls = 0

    def line(self, line: Json) -> list[Event]:
        """Read one line; that which is done ends the answer."""
        events: list[Event] = [] if self._started else [self._start(line)]
        self._started = True
        message = object_in(line, "message")
        self._say(Thinking(), text_in(message, "thinking"), events)
        self._say(Text(text=""), text_in(message, "content"), events)
        for image in list_in(message, "images"):
            if isinstance(image, str):
                self._whole(read_image(image), "", events)
        for call in objects_in(message, "tool_calls"):
            self._call(call, events)
        if logprobs := objects_in(line, "logprobs"):
            index = self._index if self._open else max(self._index - 1, 0)
            events.append(Delta(index=index, logprobs=logprobs))
        if line.get("done"):
            self._close(events)
            stop = _stop(text_in(line, "done_reason"), calls=self._calls > 0)
            events += [ChoiceEnd(stop=stop), Finish(usage=_usage(line))]
        return events

    def _start(self, line: Json) -> Start:
        return Start(
            id=self._seed.id,
            model=self._seed.model or text_in(line, "model") or "",
            created=_seconds(line.get("created_at"), self._seed.created),
        )

    def _say(self, skeleton: Text | Thinking, text: str | None, events: list[Event]) -> None:
        if not text:
            return
        if self._open is not type(skeleton):
            self._close(events)
            events.append(PartStart(index=self._index, part=skeleton))
            self._open = type(skeleton)
        events.append(Delta(index=self._index, text=text))

    def _call(self, raw: Json, events: list[Event]) -> None:
        function = object_in(raw, "function")
        call_id = text_in(raw, "id") or f"call_{self._seed.id}_{self._calls}"
        self._calls += 1
        skeleton = ToolCall(id=call_id, name=text_in(function, "name") or "")
        self._whole(skeleton, text_of_object(function.get("arguments")), events)

    def _whole(self, part: Part, text: str, events: list[Event]) -> None:
        self._close(events)
        events.append(PartStart(index=self._index, part=part))
        if text:
            events.append(Delta(index=self._index, text=text))
        events.append(PartEnd(index=self._index))
        self._index += 1

    def _close(self, events: list[Event]) -> None:
        if self._open is not None:
            events.append(PartEnd(index=self._index))
            self._open = None
            self._index += 1


def read_image(image: str) -> Media:
    """Read an image: base64, as a data: URL too; Ollama itself tells images by their beginning."""
    url = read_data_url(image)
    data = url[1] if url else standard_base64(image)
    media_type = (url[0] if url else None) or media_type_of(data) or "image/jpeg"
    return Media(kind="image", media_type=media_type, data=data)


def figures(stop: Stop | None, usage: Usage | None) -> Json:
    """How an answer ended. Durations are 0, for they were not measured; Go clients read absent ones as that too."""
    reason = {} if stop is None else {"done_reason": _REASONS.get(stop, stop.value)}
    durations = dict.fromkeys(("total_duration", "load_duration", "prompt_eval_duration", "eval_duration"), 0)
    counts = {
        name: count
        for name, count in (
            ("prompt_eval_count", usage.input if usage else None),
            ("eval_count", usage.output if usage else None),
        )
        if count is not None
    }
    return {**reason, **durations, **counts}


def rfc3339(seconds: int) -> str:
    """A time as Ollama spells it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _stop(reason: str | None, *, calls: bool) -> Stop:
    word = reason or "stop"
    stop = _STOPS.get(word) or (Stop(word) if word in set(Stop) else Stop.OTHER)
    return Stop.TOOL_CALLS if calls and stop is Stop.END else stop


def _usage(line: Json) -> Usage | None:
    """Ollama leaves a count out when it is zero, as for a prompt that was cached whole in its older releases."""
    read, written = count_in(line, "prompt_eval_count"), count_in(line, "eval_count")
    return None if read is None and written is None else Usage(input=read, output=written)


def _seconds(time: Any, otherwise: int) -> int:
    try:
        return int(datetime.fromisoformat(time).timestamp())
    except (TypeError, ValueError):
        return otherwise
