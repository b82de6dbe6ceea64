"""Transcripts from providers of OpenAI's form. Whisper tells times and how long a sound lasts; others do not."""

from typing import Any

from omniroute.formats.audio.request import TIMED, TranscriptionRequest
from omniroute.formats.audio.transcript import Span, Transcript, cues
from omniroute.formats.exchange import CannotCarry, Spot, Talk, multipart, nonsense, numbered, seconds, told_object
from omniroute.formats.hub import Json, Usage


def transcription(request: TranscriptionRequest, spot: Spot) -> Talk[Transcript]:
    """Ask for JSON with times where the model may tell them, and read whatever comes."""
    timed = tells_times(spot.model)
    if request.format in TIMED and not timed:
        raise CannotCarry("response_format", f"{spot.model} tells no times, which {request.format} needs")
    (told,) = yield (
        multipart(
            _fields(request, spot.model, timed=timed),
            (("file", request.name, request.sound.media_type, request.content),),
            spot.mark,
        ),
    )
    return _read(told_object(told))


def tells_times(model: str) -> bool:
    """Whether a model tells when something was said; GPT-4o's transcripts are plain text."""
    name = model.rpartition("/")[2]
    return not name.startswith(("gpt-", "voxtral"))


def _fields(request: TranscriptionRequest, model: str, *, timed: bool) -> list[tuple[str, str]]:
    fields = [("model", model), ("response_format", "verbose_json" if timed else "json")]
    if request.language is not None and not request.english:
        fields.append(("language", request.language))
    if request.prompt is not None:
        fields.append(("prompt", request.prompt))
    if request.temperature is not None:
        fields.append(("temperature", f"{request.temperature:g}"))
    if timed:
        # Of several, segments always: they make the subtitles.
        wanted = dict.fromkeys((*request.granularities, "segment"))
        fields += (("timestamp_granularities[]", one) for one in wanted)
    return fields


def _read(value: Json) -> Transcript:
    text = value.get("text")
    if not isinstance(text, str):
        raise nonsense("has no text in it")
    words = _spans(value.get("words"), "word")
    segments = _spans(value.get("segments"), "text")
    lasts_ms = seconds(value.get("duration"))
    language = value.get("language")
    return Transcript(
        text=text,
        language=language if isinstance(language, str) else None,
        lasts_ms=lasts_ms,
        segments=cues(words) if segments is None and words is not None else segments,
        words=words,
        usage=_usage(value.get("usage"), lasts_ms),
    )


def _spans(found: Any, name: str) -> tuple[Span, ...] | None:
    if not isinstance(found, list):
        return None
    spans = []
    for one in found:
        told = one if isinstance(one, dict) else {}
        start, end, text = seconds(told.get("start")), seconds(told.get("end")), told.get(name)
        if start is None or end is None or not isinstance(text, str):
            raise nonsense("has times in it that are none")
        spans.append(Span(start=start, end=end, text=text.strip()))
    return tuple(spans)


def _usage(told: Any, lasts_ms: int | None) -> Usage | None:
    """Read the usage: tokens, or how long the sound lasts."""
    usage = told if isinstance(told, dict) else {}
    tokens = numbered(usage.get("input_tokens"))
    if tokens is not None:
        details = usage.get("input_token_details")
        heard = numbered(details.get("audio_tokens")) if isinstance(details, dict) else None
        return Usage(input=tokens, output=numbered(usage.get("output_tokens")), audio_input=heard, audio_ms=lasts_ms)
    billed_ms = seconds(usage.get("seconds"))
    found_ms = lasts_ms if lasts_ms is not None else billed_ms
    return None if found_ms is None else Usage(audio_ms=found_ms)
