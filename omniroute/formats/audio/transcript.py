"""A transcript, and its five spellings: JSON, JSON with times, plain text, and the subtitles of SRT and WebVTT."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from omniroute.formats.audio.request import TranscriptionRequest
from omniroute.formats.hub import Json, Usage
from omniroute.kit.json import dumps

_LONGEST_CUE_MS = 7000
_LONGEST_CUE = 84  # letters: two lines of a subtitle
_SILENCE_MS = 1500
_ENDS = (".", "?", "!", "\u2026", "\u3002", "\uff1f", "\uff01")  # the last are those of Chinese and Japanese
_PLAIN = "text/plain; charset=utf-8"
_MEDIA = {"text": _PLAIN, "srt": _PLAIN, "vtt": "text/vtt; charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Something said, from when to when, in milliseconds."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was said. `segments` are sentences or so; None where the provider tells no times."""

    text: str
    language: str | None = None
    lasts_ms: int | None = None
    segments: tuple[Span, ...] | None = None
    words: tuple[Span, ...] | None = None
    usage: Usage | None = None


def cues(words: Iterable[Span]) -> tuple[Span, ...]:
    """Make subtitles of single words: a new one after a sentence, a silence, or when one grows long."""
    found: list[Span] = []
    held: list[Span] = []
    for one in words:
        if held and _breaks(held, one):
            found.append(_cue(held))
            held = []
        held.append(one)
    if held:
        found.append(_cue(held))
    return tuple(found)


def _breaks(held: Sequence[Span], one: Span) -> bool:
    first, last = held[0], held[-1]
    return (
        last.text.endswith(_ENDS)
        or one.start - last.end > _SILENCE_MS
        or one.end - first.start > _LONGEST_CUE_MS
        or sum(len(word.text) + 1 for word in held) + len(one.text) > _LONGEST_CUE
    )


def _cue(held: Sequence[Span]) -> Span:
    return Span(start=held[0].start, end=held[-1].end, text=" ".join(word.text for word in held))


def spelled(request: TranscriptionRequest, transcript: Transcript, usage: Usage) -> tuple[str, bytes]:
    """Spell the answer as the client wants it: media type and bytes."""
    match request.format:
        case "text":
            return _PLAIN, f"{transcript.text}\n".encode()
        case "srt":
            return _MEDIA["srt"], "\n".join(_srt(transcript)).encode()
        case "vtt":
            return _MEDIA["vtt"], "\n".join(("WEBVTT", "", *_vtt(transcript))).encode()
        case _:
            return "application/json", dumps(_json(request, transcript, usage))


def _json(request: TranscriptionRequest, transcript: Transcript, usage: Usage) -> Json:
    lasts_ms = usage.audio_ms if transcript.lasts_ms is None else transcript.lasts_ms
    made: Json = {
        "text": transcript.text,
        "task": "translate" if request.english else "transcribe",
        "language": transcript.language or request.language or "",
        "duration": None if lasts_ms is None else lasts_ms / 1000,
        "usage": _usage(usage),
    }
    if request.format != "verbose_json":
        return made
    if "word" in request.granularities:
        made["words"] = [
            {"word": one.text, "start": one.start / 1000, "end": one.end / 1000} for one in transcript.words or ()
        ]
    if "segment" in request.granularities or not request.granularities:
        made["segments"] = [_segment(number, one) for number, one in enumerate(transcript.segments or ())]
    return made


def _segment(number: int, one: Span) -> Json:
    """Spell a segment with all the fields that OpenAI's SDKs demand; what only Whisper knows is 0."""
    return {
        "id": number,
        "start": one.start / 1000,
        "end": one.end / 1000,
        "text": one.text,
        "seek": 0,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": 0.0,
        "compression_ratio": 0.0,
        "no_speech_prob": 0.0,
    }


def _usage(usage: Usage) -> Json:
    if usage.input is not None:
        tokens, written = usage.input, usage.output or 0
        return {"type": "tokens", "input_tokens": tokens, "output_tokens": written, "total_tokens": tokens + written}
    return {"type": "duration", "seconds": -(-(usage.audio_ms or 0) // 1000)}


def _srt(transcript: Transcript) -> Iterator[str]:
    for number, one in enumerate(_timed(transcript), 1):
        yield from (str(number), f"{_clock(one.start, ',')} --> {_clock(one.end, ',')}", one.text, "")


def _vtt(transcript: Transcript) -> Iterator[str]:
    for one in _timed(transcript):
        yield from (f"{_clock(one.start, '.')} --> {_clock(one.end, '.')}", one.text.replace("-->", "→"), "")


def _timed(transcript: Transcript) -> tuple[Span, ...]:
    return transcript.segments or ()


def _clock(at_ms: int, point: str) -> str:
    seconds, ms = divmod(at_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{point}{ms:03d}"
