"""Speech made of text: OpenAI's request, and how its kin and Deepgram are asked. The answer is sound as it comes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from omniroute.formats.exchange import Ask, Spot, json_ask
from omniroute.formats.fields import number, optional_text, text, word, wrong
from omniroute.formats.hub import Json, Usage

MEDIA = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
_MOST = 100_000
_READ = frozenset({"model", "input", "voice", "response_format", "speed", "instructions"})
# What Deepgram calls the formats (https://developers.deepgram.com/docs/tts-encoding).
_DEEPGRAM = {
    "mp3": {"encoding": "mp3"},
    "opus": {"encoding": "opus", "container": "ogg"},
    "aac": {"encoding": "aac"},
    "flac": {"encoding": "flac"},
    "wav": {"encoding": "linear16", "container": "wav"},
    "pcm": {"encoding": "linear16", "container": "none", "sample_rate": "24000"},
}
_BYTES_A_TOKEN = 3
# Speech takes some 0.09 s a letter, and such models 20 tokens a second; twice that is set aside.
_TOKENS_A_LETTER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechRequest:
    """What is to be said, in which voice. `voice` may be an object that names one of the caller's own."""

    input: str
    voice: str | Json | None
    format: str = "mp3"
    speed: float | None = None
    instructions: str | None = None
    extras: Json = field(default_factory=dict)

    @property
    def said(self) -> frozenset[str]:
        """The optional fields that the client gave."""
        given = {"voice": self.voice, "speed": self.speed, "instructions": self.instructions}
        return frozenset(name for name, value in given.items() if value is not None)

    @property
    def media_type(self) -> str:
        """What the answer is."""
        return MEDIA[self.format]


def read_request(body: Mapping[str, Any]) -> SpeechRequest:
    """Read a request's body; raise Invalid, which names the field."""
    voice = body.get("voice")
    if not isinstance(voice, str | dict | None) or voice == "":
        raise wrong("voice", "name a voice, as text")
    if body.get("stream_format") not in {None, "audio"}:
        raise wrong("stream_format", "sound comes as sound here: say audio, or leave it out")
    return SpeechRequest(
        input=text(body, "input", most=_MOST),
        voice=voice,
        format=word(body, "response_format", tuple(MEDIA), "mp3"),
        speed=number(body, "speed", least=0.25, most=4),
        instructions=optional_text(body, "instructions"),
        extras={name: value for name, value in body.items() if name not in _READ},
    )


def openai_ask(request: SpeechRequest, spot: Spot) -> Ask:
    """Return the question in OpenAI's form."""
    body: Json = {
        **request.extras,
        "model": spot.model,
        "input": request.input,
        "voice": request.voice,
        "response_format": request.format,
        "speed": request.speed,
        "instructions": request.instructions,
    }
    return json_ask({name: value for name, value in body.items() if value is not None})


def deepgram_ask(request: SpeechRequest, spot: Spot) -> Ask:
    """Return Deepgram's question, whose models are voices."""
    return json_ask({"text": request.input}, at=f"?{urlencode({'model': spot.model, **_DEEPGRAM[request.format]})}")


def most_of(request: SpeechRequest) -> Usage:
    """Return the most that a request may use."""
    letters, tokens = len(request.input), -(-len(request.input.encode()) // _BYTES_A_TOKEN)
    output = letters * _TOKENS_A_LETTER
    return Usage(characters=letters, input=tokens, output=output, audio_output=output)


def likely_of(request: SpeechRequest) -> Usage:
    """Return what a request uses: its letters are counted, and no provider says more."""
    return Usage(characters=len(request.input))
