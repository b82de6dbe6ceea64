"""Deepgram: the sound itself is the body, everything else stands in the address (https://developers.deepgram.com)."""

from typing import Any
from urllib.parse import urlencode

from omniroute.formats.audio.request import TranscriptionRequest
from omniroute.formats.audio.transcript import Span, Transcript, cues
from omniroute.formats.exchange import Ask, Spot, Talk, nonsense, seconds, told_object
from omniroute.formats.hub import Json, Usage


def transcription(request: TranscriptionRequest, spot: Spot) -> Talk[Transcript]:
    """Ask /v1/listen."""
    query = {"model": spot.model, "smart_format": "true"}
    query |= {"language": request.language} if request.language else {"detect_language": "true"}
    (told,) = yield (
        Ask(
            at=f"?{urlencode(query)}",
            headers={"content-type": request.sound.media_type},
            body=(request.content,),
        ),
    )
    return _read(told_object(told))


def _read(value: Json) -> Transcript:
    try:
        channel: Json = value["results"]["channels"][0]
        best: Json = channel["alternatives"][0]
        text = best["transcript"]
    except (LookupError, TypeError) as error:
        raise nonsense("has no transcript in it") from error
    if not isinstance(text, str):
        raise nonsense("has no transcript in it")
    about = value.get("metadata")
    lasts_ms = seconds(about.get("duration")) if isinstance(about, dict) else None
    words = _words(best.get("words"))
    return Transcript(
        text=text,
        language=channel.get("detected_language"),
        lasts_ms=lasts_ms,
        segments=cues(words),
        words=words,
        usage=None if lasts_ms is None else Usage(audio_ms=lasts_ms),
    )


def _words(found: Any) -> tuple[Span, ...]:
    spans = []
    for one in found if isinstance(found, list) else ():
        start, end = seconds(one.get("start")), seconds(one.get("end"))
        text = one.get("punctuated_word") or one.get("word")
        if start is None or end is None or not isinstance(text, str):
            raise nonsense("has words in it without times")
        spans.append(Span(start=start, end=end, text=text))
    return tuple(spans)
