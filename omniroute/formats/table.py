"""Every format's codec, by its name."""

from collections.abc import Mapping
from types import MappingProxyType

from omniroute.formats import anthropic, gemini, ollama, openai_chat, openai_responses
from omniroute.formats.codec import Codec
from omniroute.formats.hub import Format

CODECS: Mapping[Format, Codec] = MappingProxyType(
    {
        codec.format: codec
        for codec in (openai_chat.CODEC, openai_responses.CODEC, anthropic.CODEC, gemini.CODEC, ollama.CODEC)
    }
)
