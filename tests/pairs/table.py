"""Which capabilities survive from which client format to which upstream format: the list behind the documentation.

Every capability holds for each of the 25 pairs, save for the rows here, each with its reason. The tests read the list
too, so that a row which no longer holds fails one of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pytest

from omniroute.formats.hub import Format
from tests.pairs.bench import PAIRS, Pair
from tests.pairs.talk import Heard

CAPABILITIES = {
    "text": "Text, whole and streamed",
    "system": "System instructions at the head",
    "system later": "A system message in the middle of the conversation",
    "turns": "Several turns",
    "call": "A tool call",
    "parallel calls": "Several tool calls in one answer, streamed in pieces",
    "tool result": "A tool's result, and the answer to it",
    "failed result": "The mark of a tool that failed",
    "picture result": "A picture in a tool's result",
    "choice": "tool_choice: auto, none, required, a name",
    "picture": "A picture as bytes",
    "picture address": "A picture as an address",
    "schema": "Structured output by JSON schema",
    "effort": "How much to think, as a level",
    "budget": "How much to think, in tokens",
    "thoughts": "The thoughts in the answer",
    "signatures": "Signed thoughts come home in a tool round",
    "stop": "Stop sequences",
    "limit": "The most tokens to write, and that it was reached",
    "usage": "Tokens in and out",
    "cached": "Tokens read from the cache",
    "reasoning tokens": "Tokens of thinking",
}

CHAT, RESPONSES = Format.OPENAI_CHAT, Format.OPENAI_RESPONSES
ANTHROPIC, GEMINI, OLLAMA = Format.ANTHROPIC, Format.GEMINI, Format.OLLAMA


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that does not come through: `clients` can't say it, or `upstreams` can't take or tell it.

    `unsaid`: the client's format has no word for it. `dropped`: left out on the way, and the answer's headers say so
    (`header`). `near`: said in another way. `untold`: the upstream does not tell it.
    """

    capability: str
    kind: Literal["unsaid", "dropped", "near", "untold"]
    reason: str
    clients: tuple[Format, ...] = tuple(Format)
    upstreams: tuple[Format, ...] = tuple(Format)
    header: str = ""

    def covers(self, pair: Pair) -> bool:
        """Whether the row speaks of this pair; a request in the upstream's own format goes through as it is."""
        through = self.kind in ("near", "dropped") and pair.client_format is pair.upstream
        here = pair.client_format in self.clients and pair.upstream in self.upstreams
        return here and not through


_ALONE = "the format has no word for it"
_JSON_SCHEMA = "Gemini's schemas are a subset, in capitals; what it has no word for is left out and listed"

ROWS: tuple[Row, ...] = (
    # What a client's format cannot say.
    Row(capability="system later", kind="unsaid", clients=(GEMINI,), reason="system instructions stand apart"),
    Row(capability="failed result", kind="unsaid", clients=(CHAT, RESPONSES, OLLAMA), reason=_ALONE),
    Row(capability="picture result", kind="unsaid", clients=(CHAT,), reason="tool messages hold text only"),
    Row(capability="choice", kind="unsaid", clients=(OLLAMA,), reason=_ALONE),
    Row(capability="picture address", kind="unsaid", clients=(OLLAMA,), reason="pictures come as bytes only"),
    Row(capability="budget", kind="unsaid", clients=(CHAT, RESPONSES, OLLAMA), reason="a level is said instead"),
    Row(capability="stop", kind="unsaid", clients=(RESPONSES,), reason=_ALONE),
    Row(capability="cached", kind="unsaid", clients=(OLLAMA,), reason=_ALONE),
    Row(capability="reasoning tokens", kind="unsaid", clients=(OLLAMA,), reason=_ALONE),
    Row(
        capability="thoughts",
        kind="unsaid",
        clients=(CHAT,),
        upstreams=(RESPONSES, GEMINI),
        reason="a level asks for thinking, not to see it, and these upstreams show thoughts only when asked to",
    ),
    # What an upstream's format says in another way.
    Row(
        capability="system later",
        kind="near",
        upstreams=(GEMINI,),
        reason="system instructions stand at the head only; said as the user's words, in its place",
    ),
    Row(
        capability="system later",
        kind="near",
        upstreams=(ANTHROPIC,),
        reason="only the newest models take it; said as the user's words between <system> marks, in its place",
    ),
    Row(
        capability="picture result",
        kind="near",
        upstreams=(CHAT,),
        reason="tool messages hold text only; the picture follows in a user message",
    ),
    Row(capability="schema", kind="near", upstreams=(GEMINI,), reason=_JSON_SCHEMA),
    Row(
        capability="budget",
        kind="near",
        upstreams=(CHAT, RESPONSES, OLLAMA),
        reason="said as the nearest level; Ollama thinks or does not",
    ),
    # What an upstream does not tell.
    Row(capability="cached", kind="untold", upstreams=(OLLAMA,), reason="it tells of no cache"),
    Row(
        capability="cached",
        kind="untold",
        upstreams=(ANTHROPIC,),
        reason="only what is marked is cached, and no client here marks",
    ),
    Row(capability="reasoning tokens", kind="untold", upstreams=(OLLAMA,), reason="it counts all output as one"),
    Row(capability="signatures", kind="untold", upstreams=(CHAT, OLLAMA), reason="thoughts are not signed"),
    Row(
        capability="signatures",
        kind="near",
        clients=(OLLAMA,),
        reason="no field to carry them; the thought is left out",
    ),
    # What an upstream's format cannot take.
    Row(
        capability="failed result",
        kind="dropped",
        upstreams=(CHAT, RESPONSES, OLLAMA),
        reason="results have no mark of failure; the text says it",
        header="is_error",
    ),
    Row(
        capability="choice",
        kind="dropped",
        upstreams=(OLLAMA,),
        reason="models call tools when they like; for none and for a name only what may be called is offered",
        header="tool_choice",
    ),
    Row(
        capability="picture address",
        kind="dropped",
        upstreams=(OLLAMA,),
        reason="pictures come as bytes only, and the gateway fetches nothing a client names",
        header="messages[0].parts[",
    ),
    Row(capability="stop", kind="dropped", upstreams=(RESPONSES,), reason=_ALONE, header="sampling.stop"),
)


def lost(capability: str, pair: Pair) -> Row | None:
    """Return the row that says why a capability does not hold for a pair."""
    assert capability in CAPABILITIES
    return next((row for row in ROWS if row.capability == capability and row.covers(pair)), None)


def said(capability: str, pairs: Iterable[Pair] = PAIRS) -> pytest.MarkDecorator:
    """Run a test for every pair whose client can say this."""
    rows = ((pair, lost(capability, pair)) for pair in pairs)
    sayable = [pair for pair, row in rows if row is None or row.kind != "unsaid"]
    return pytest.mark.parametrize("pair", sayable, ids=str)


def dropped_as(row: Row | None, heard: Heard) -> bool:
    """Whether the answer's headers tell of the row's loss, and of no loss where there is no row."""
    told = heard.headers.get("x-omniroute-dropped", "")
    return row.header in told if row else not told
