"""A request for a transcript, as OpenAI's clients send it in a form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omniroute.formats.audio.sniff import KNOWN, Sound, likely_ms, most_ms, sound_of
from omniroute.formats.exchange import Content
from omniroute.formats.fields import flag, number, optional_text, word, wrong
from omniroute.formats.hub import Usage

FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
TIMED = frozenset({"srt", "verbose_json", "vtt"})
_GRANULARITIES = ("word", "segment")
_HEAD = 64
# What a minute of talk comes to in tokens, for models that are paid by them: generous for what is set aside.
_TOKENS_IN_A_S, _TOKENS_OUT_A_S = 50, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionRequest:
    """What is to be written down. `english`: and translated. `granularities` are word and segment."""

    content: Content
    sound: Sound
    language: str | None = None
    prompt: str | None = None
    format: str = "json"
    temperature: float | None = None
    granularities: tuple[str, ...] = ()
    english: bool = False

    @property
    def said(self) -> frozenset[str]:
        """The optional fields that the client gave."""
        given = {"language": self.language, "prompt": self.prompt, "temperature": self.temperature}
        return frozenset(name for name, value in given.items() if value is not None)

    @property
    def name(self) -> str:
        """A name for the file that says what it is, whatever the client called it."""
        return f"audio.{self.sound.ending}"


def read_request(body: Mapping[str, Any]) -> TranscriptionRequest:
    """Read a form; raise Invalid, which names the field."""
    content: Content | None = body.get("file")
    if content is None or isinstance(content, str):
        raise wrong("file", "send the sound as a file of the form")
    if not content.size:
        raise wrong("file", "the file is empty")
    sound = sound_of(content.head(_HEAD))
    if sound is None:
        raise wrong("file", f"this is no sound of a known kind ({KNOWN}), whatever its name says")
    if flag(body, "stream"):
        raise wrong("stream", "transcripts come whole here; leave it out")
    return TranscriptionRequest(
        content=content,
        sound=sound,
        language=optional_text(body, "language"),
        prompt=optional_text(body, "prompt"),
        format=word(body, "response_format", FORMATS, "json"),
        temperature=number(body, "temperature", least=0, most=1),
        granularities=_granularities(body),
    )


def _granularities(body: Mapping[str, Any]) -> tuple[str, ...]:
    found: Any = body.get("timestamp_granularities[]", body.get("timestamp_granularities", ()))
    listed: Sequence[Any] = [found] if isinstance(found, str) else found
    for one in listed:
        if one not in _GRANULARITIES:
            raise wrong("timestamp_granularities", "say word, segment or both")
    return tuple(dict.fromkeys(listed))


def most_of(request: TranscriptionRequest) -> Usage:
    """Return the most that a request may use."""
    return _usage(most_ms(request.sound, request.content))


def likely_of(request: TranscriptionRequest) -> Usage:
    """Return about what a request uses."""
    return Usage(audio_ms=likely_ms(request.sound, request.content))


def _usage(lasts_ms: int) -> Usage:
    lasts_s = -(-lasts_ms // 1000)
    tokens = lasts_s * _TOKENS_IN_A_S
    return Usage(audio_ms=lasts_ms, input=tokens, audio_input=tokens, output=lasts_s * _TOKENS_OUT_A_S)
