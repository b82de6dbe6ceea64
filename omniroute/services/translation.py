"""A request of one format in the words of another, with what it loses on the way; nothing is sent."""

from dataclasses import dataclass

from omniroute.formats.hub import Format, Loss
from omniroute.formats.table import CODECS
from omniroute.formats.translate import encode_request
from omniroute.kit.json import JsonObject
from omniroute.services.rules import fault

# What stands for the model where a format names it elsewhere than in the body.
_MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationDraft:
    """A request's body in one format, and the format to show it in."""

    source: Format
    target: Format
    body: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """The body in the other format's words, and what could not be said there or is said in another way."""

    body: JsonObject
    losses: tuple[Loss, ...]


class Translation:
    """Shows what the gateway would write, by the codecs that requests go through."""

    def request(self, draft: TranslationDraft) -> Translated:
        """Translate a request; raise Invalid on one that its format does not understand."""
        given: object = draft.body
        if not isinstance(given, dict):
            raise fault("body", "body must be a JSON object, as the format's requests are")
        read = CODECS[draft.source].decode_request({"model": _MODEL, **draft.body})
        if draft.source == draft.target:
            return Translated(body=draft.body, losses=())
        encoded = encode_request(read, CODECS[draft.target])
        return Translated(body=encoded.body, losses=encoded.losses)
