"""Gemini's thoughtSignature: its own, another vendor's carried through it, and Google's stand-in for a missing one.

The field is bytes, so JSON holds base64 and the SDKs decode it: a foreign state is carried as base64 of its marked
text.

Gemini 3 answers 400 when the first function call of a step in the current turn has no signature. For history that
another model wrote Google names two stand-ins that switch the check off ("context_engineering_is_the_way_to_go" and
"skip_thought_signature_validator", https://ai.google.dev/gemini-api/docs/thought-signatures, FAQ; Vertex AI documents
the second alone). A stand-in is nobody's state: it is not kept when read, and written where the API asks for one.
"""

import base64
import binascii

from omniroute.formats.hub import Format, State
from omniroute.formats.state import from_field, to_field

STAND_IN = "skip_thought_signature_validator"

_HOME = Format.GEMINI.value
_MARKED = base64.b64encode(b"omniroute").decode()
_REDACTED = "+redacted"
_WORDS = (STAND_IN, "context_engineering_is_the_way_to_go")
# Python's SDK takes the words for bytes and sends them in base64.
_STAND_INS = frozenset(
    spelling
    for word in _WORDS
    for encoded in (base64.b64encode(word.encode()).decode(),)
    for spelling in (word, encoded, encoded.rstrip("="))
)


def read_signature(value: object) -> State | None:
    """The state that a thoughtSignature holds; None for a stand-in."""
    if not isinstance(value, str) or not value or value in _STAND_INS:
        return None
    if value.startswith(_MARKED):
        try:
            carried = base64.b64decode(value.translate(_TO_STANDARD) + "==").decode()
        except (binascii.Error, UnicodeDecodeError):
            return State(origin=_HOME, value=value)
        return from_field(carried, _HOME)
    return State(origin=_HOME, value=value)


def write_signature(state: State, *, redacted: bool = False) -> str:
    """Spell a state for the field."""
    if state.origin == _HOME:
        return state.value
    marked = State(origin=state.origin + _REDACTED, value=state.value) if redacted else state
    return base64.b64encode(to_field(marked, _HOME).encode("utf-8", "replace")).decode()


def split_redacted(state: State | None) -> tuple[State | None, bool]:
    """The state without the mark of redaction, and whether it had one."""
    if state is None or not state.origin.endswith(_REDACTED):
        return state, False
    return State(origin=state.origin.removesuffix(_REDACTED), value=state.value), True


_TO_STANDARD = str.maketrans("-_", "+/")
