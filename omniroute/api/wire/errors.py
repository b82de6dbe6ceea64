"""How each wire format tells a failure."""

from collections.abc import Mapping

from omniroute.api.operation import Described
from omniroute.api.wire import anthropic, gemini, ollama, openai
from omniroute.formats.hub import Format

ERRORS: Mapping[Format, Described] = {
    Format.OPENAI_CHAT: openai.ERROR,
    Format.OPENAI_RESPONSES: openai.ERROR,
    Format.ANTHROPIC: anthropic.ERROR,
    Format.GEMINI: gemini.ERROR,
    Format.OLLAMA: ollama.ERROR,
}
