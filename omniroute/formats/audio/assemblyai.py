"""AssemblyAI: the sound is sent first, a transcript is ordered, then asked for until it is there.

(https://www.assemblyai.com/docs/api-reference) A client that leaves takes its order back.
"""

from collections.abc import Generator
from typing import Any
from urllib.parse import quote

from omniroute.formats.audio.request import TranscriptionRequest
from omniroute.formats.audio.transcript import Span, Transcript, cues
from omniroute.formats.events import Fault
from omniroute.formats.exchange import (
    Ask,
    NoResult,
    Spot,
    Talk,
    Told,
    json_ask,
    nonsense,
    numbered,
    seconds,
    told_object,
)
from omniroute.formats.hub import Json, Usage

_FIRST_WAIT_S = 0.25
_GROWTH = 1.6
_LONGEST_WAIT_S = 5.0
_PATIENCE_S = 600.0
# These are asked for by an older name; the newer models by a list of choices.
_OLDER = frozenset({"best", "nano", "universal", "slam-1"})
# How it begins to say that the sound itself is at fault.
_ABOUT_SOUND = ("Transcoding failed", "File does not appear", "File type", "Audio duration", "Download error")


def transcription(request: TranscriptionRequest, spot: Spot) -> Talk[Transcript]:
    """Send, order, and wait."""
    (sent,) = yield (Ask(at="/upload", headers={"content-type": "application/octet-stream"}, body=(request.content,)),)
    place = told_object(sent).get("upload_url")
    if not isinstance(place, str):
        raise nonsense("does not say where the sound was put")
    (ordered,) = yield (json_ask(_order(request, spot.model, place), at="/transcript"),)
    name = told_object(ordered).get("id")
    if not isinstance(name, str) or not name:
        raise nonsense("gives the transcript no id")
    return _read((yield from _waited(f"/transcript/{quote(name, safe='')}")))


def _waited(at: str) -> Generator[tuple[Ask, ...], tuple[Told, ...], Json]:
    """Ask again and again, ever less often."""
    wait_s, waited_s = _FIRST_WAIT_S, 0.0
    undo = Ask(method="DELETE", at=at)
    while waited_s < _PATIENCE_S:
        (told,) = yield (Ask(method="GET", at=at, wait_s=wait_s, undo=undo),)
        value = _object(told)
        if value.get("status") == "completed":
            return value
        if value.get("status") == "error":
            raise NoResult(_fault(str(value.get("error") or "it does not say why")))
        waited_s += wait_s
        wait_s = min(wait_s * _GROWTH, _LONGEST_WAIT_S)
    message = f"The transcript was not ready after {_PATIENCE_S:g} s."
    raise NoResult(Fault(kind="timeout", message=message, status=504))


def _object(told: Told) -> Json:
    """Read where a transcript stands; its `error` is told by its status, and is null otherwise."""
    try:
        return told_object(told)
    except NoResult as refusal:
        return {"status": "error", "error": refusal.fault.message}


def _order(request: TranscriptionRequest, model: str, place: str) -> Json:
    order: Json = {"audio_url": place}
    order |= {"speech_model": model} if model in _OLDER else {"speech_models": [model]}
    order |= {"language_code": request.language} if request.language else {"language_detection": True}
    if request.prompt is not None:
        order["prompt"] = request.prompt
    return order


def _fault(message: str) -> Fault:
    if message.startswith(_ABOUT_SOUND):
        return Fault(kind="invalid_request", message=f"The sound was refused: {message}", status=400, param="file")
    return Fault(kind="upstream", message=f"The transcript failed: {message}", status=502)


def _read(value: Json) -> Transcript:
    text = value.get("text")
    if not isinstance(text, str | None):
        raise nonsense("has no text in it")
    lasts_ms = seconds(value.get("audio_duration"))
    words = _words(value.get("words"))
    language = value.get("language_code")
    return Transcript(
        text=text or "",
        language=language if isinstance(language, str) else None,
        lasts_ms=lasts_ms,
        segments=cues(words),
        words=words,
        usage=None if lasts_ms is None else Usage(audio_ms=lasts_ms),
    )


def _words(found: Any) -> tuple[Span, ...]:
    """Read the words; their times are milliseconds already."""
    spans = []
    for one in found if isinstance(found, list) else ():
        start, end, text = numbered(one.get("start")), numbered(one.get("end")), one.get("text")
        if start is None or end is None or not isinstance(text, str):
            raise nonsense("has words in it without times")
        spans.append(Span(start=start, end=end, text=text))
    return tuple(spans)
