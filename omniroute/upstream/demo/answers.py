"""Invents answers: what the demo models say. An answer is a row of pieces, each one token, so that a stream, a
whole message, a length limit and the usage are four views of the same row.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from omniroute.kit import json
from omniroute.upstream.demo.ask import Ask, Offer
from omniroute.upstream.demo.samples import sample
from omniroute.upstream.demo.words import pieces

Kind = Literal["thinking", "text", "call"]

STORY = (
    "A small gateway stood between a busy town and the sea of models. Every morning letters came in five hands, and "
    "every evening the answers went home in the hand they were asked in.\n\n"
    "One day the great harbour closed. The keeper looked at the plan, crossed out the first line, and sent the "
    "letters to the second harbour. Nobody in town noticed, but the ledger did: it said which ship had sailed, how "
    "many words it carried, and what they had cost.\n\n"
    "The keeper never wrote a word into a letter that the sea had not sent. When a letter arrived torn, it was "
    "handed over torn, with a note that said so. And that is why the town believed the letters that came whole."
)
THOUGHT = "The question is read first. Then a short answer is chosen, because this is a demonstration."


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One token of the answer. `call` is the index of the call whose arguments it belongs to."""

    kind: Kind
    text: str
    call: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered: pieces in order, the tools called, and why it ends."""

    pieces: tuple[Piece, ...]
    calls: tuple[Offer, ...] = ()
    finish: Literal["stop", "length", "tool_calls"] = "stop"
    stopped_by: str | None = None  # the stop sequence that ended it

    @property
    def thinking(self) -> str:
        """All of the reasoning."""
        return self._joined("thinking")

    @property
    def text(self) -> str:
        """All of the text."""
        return self._joined("text")

    def arguments(self, call: int) -> str:
        """All of one call's arguments."""
        return "".join(piece.text for piece in self.pieces if piece.kind == "call" and piece.call == call)

    @property
    def tokens(self) -> int:
        """How many tokens were written, reasoning included."""
        return len(self.pieces) + len(self.calls)

    @property
    def thinking_tokens(self) -> int:
        """How many of them are reasoning."""
        return sum(piece.kind == "thinking" for piece in self.pieces)

    def _joined(self, kind: Kind) -> str:
        return "".join(piece.text for piece in self.pieces if piece.kind == kind)


def compose(ask: Ask, style: str, label: str = "") -> Answer:
    """Answer `ask` in one of STYLES, prose headed by `label`, within the limits that it sets."""
    return _limited(STYLES[style](ask, label), ask)


def _echo(ask: Ask, label: str) -> Answer:
    return _said(label + (ask.text or "(nothing was said)"))


def _story(_ask: Ask, label: str) -> Answer:
    return _said(label + STORY)


def _think(ask: Ask, label: str) -> Answer:
    return _after_thought(_said(f"{label}After some thought: {ask.text}"))


def _tools(ask: Ask, label: str) -> Answer:
    if ask.results:
        return _said(f"{label}The tools answered: {'; '.join(ask.results)}")
    if ask.offers and ask.choice != "none":
        return _called(ask.offers if ask.parallel else ask.offers[:1])
    return _said(f"{label}No tool was offered.")


def _json(ask: Ask, _label: str) -> Answer:
    value = sample(ask.json_schema) if ask.json_schema else {"demo": True, "text": ask.text}
    return _said(json.dumps(value).decode())


def _vision(ask: Ask, label: str) -> Answer:
    if not ask.media:
        return _said(f"{label}No image or file came with the message.")
    seen = "; ".join(f"{medium.kind} ({medium.media_type}) {medium.label}" for medium in ask.media)
    return _said(f"{label}Seen: {seen}")


def _fitting(ask: Ask, label: str) -> Answer:
    """Whatever the request asks for, all of it at once."""
    wants_call = bool(ask.offers) and ask.choice != "none" and not ask.results
    if wants_call or ask.results:
        answer = _tools(ask, label)
    elif ask.json_schema is not None:
        answer = _json(ask, label)
    else:
        answer = (_vision if ask.media else _echo)(ask, label)
    return _after_thought(answer) if ask.thinking else answer


STYLES: dict[str, Callable[[Ask, str], Answer]] = {
    "echo": _echo,
    "story": _story,
    "think": _think,
    "tools": _tools,
    "json": _json,
    "vision": _vision,
    "fitting": _fitting,
}


def _said(text: str) -> Answer:
    return Answer(pieces=_row("text", text))


def _called(offers: Iterable[Offer]) -> Answer:
    """Call the first two tools that are offered: enough to show parallel calls, few enough to read."""
    calls = tuple(offers)[:2]
    row: list[Piece] = []
    for index, offer in enumerate(calls):
        arguments = "demo input" if offer.custom else json.dumps(sample(offer.schema) or {}).decode()
        row += _row("call", arguments, index)
    return Answer(pieces=tuple(row), calls=calls, finish="tool_calls")


def _after_thought(answer: Answer) -> Answer:
    return replace(answer, pieces=_row("thinking", THOUGHT) + answer.pieces)


def _row(kind: Kind, text: str, call: int = 0) -> tuple[Piece, ...]:
    return tuple(Piece(kind=kind, text=piece, call=call) for piece in pieces(text))


def _limited(answer: Answer, ask: Ask) -> Answer:
    """Apply stop sequences, then the token limit, as a model would: what comes after is never written."""
    text = answer.text
    ends = [(text.find(stop), stop) for stop in ask.stop if stop and stop in text]
    if ends:
        end, stop = min(ends)
        kept = tuple(piece for piece in answer.pieces if piece.kind == "thinking")
        answer = Answer(pieces=kept + _row("text", text[:end]), stopped_by=stop)
    if ask.max_tokens is None or answer.tokens <= ask.max_tokens:
        return answer
    return _cut(answer, ask.max_tokens)


def _cut(answer: Answer, limit: int) -> Answer:
    """Keep the first `limit` tokens; a call's name costs one."""
    kept: list[Piece] = []
    begun = 0
    for piece in answer.pieces:
        opens = piece.kind == "call" and piece.call >= begun
        if len(kept) + begun + 1 + opens > limit:
            break
        begun += opens
        kept.append(piece)
    return Answer(pieces=tuple(kept), calls=answer.calls[:begun], finish="length")
