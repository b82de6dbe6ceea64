"""A request of one format shown in another."""

from omniroute.api.operation import Call
from omniroute.api.shapes import adopt, shape
from omniroute.kit.errors import Invalid, Unprocessable
from omniroute.services.collection import Services
from omniroute.services.translation import Translated, TranslationDraft


@shape
class NewTranslation(TranslationDraft):
    """A request's body in the format `source`, to be shown in the format `target`."""


@shape
class ShownTranslation(Translated):
    """The body in the other format's words, and what was lost: `dropped`, or `mapped` to something near."""


async def translate(services: Services, call: Call[NewTranslation, None]) -> ShownTranslation:
    """Translate a request; nothing is sent."""
    try:
        return adopt(ShownTranslation, services.translation.request(call.body))
    except Invalid as error:  # right in form, and not what the format understands
        raise Unprocessable(error.message, code=error.error_code, param=error.param) from error
