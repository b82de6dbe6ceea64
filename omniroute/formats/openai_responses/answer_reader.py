"""A whole response object of an upstream to the hub's answer."""

from omniroute.formats.events import ChoiceEnd, Finish, Start
from omniroute.formats.fold import StreamFault, fold
from omniroute.formats.hub import Json, Response, Seed, Stop
from omniroute.formats.openai_responses.faults import failed_status
from omniroute.formats.openai_responses.heard import Heard, objects_of, text_of
from omniroute.formats.openai_responses.usage import read_usage

_STOPS = {"max_output_tokens": Stop.LENGTH, "content_filter": Stop.CONTENT_FILTER}


def decode_response(body: Json, seed: Seed) -> Response:
    """Read an answer, as the end of a stream whose items were not heard of before.

    One that says it failed raises StreamFault, as a failed stream does.
    """
    fault = failed_status(body)
    if fault is not None:
        raise StreamFault(fault)
    heard = Heard(seed)
    name, model, created = head(body, seed)
    heard.add(Start(id=name, model=model, created=created))
    heard.finish(objects_of(body, "output"))
    heard.add(*ending(body, calls=heard.has_calls))
    return fold(heard.take())


def ending(response: Json, *, calls: bool) -> tuple[ChoiceEnd, Finish]:
    """Say how an answer ended, and what it used."""
    usage, tier = read_usage(response.get("usage")), text_of(response, "service_tier")
    return ChoiceEnd(stop=_stop(response, calls=calls)), Finish(usage=usage, service_tier=tier)


def head(response: Json, seed: Seed) -> tuple[str, str, int]:
    """Return id, model and time of a response object, the seed's where it does not say them."""
    name, model, created = response.get("id"), response.get("model"), response.get("created_at")
    return (
        name if isinstance(name, str) and name else seed.id,
        model if isinstance(model, str) and model else seed.model,
        int(created) if isinstance(created, int | float) else seed.created,
    )


def _stop(response: Json, *, calls: bool) -> Stop:
    """Say why an answer ended; the format tells reasons only for incomplete ones."""
    if response.get("status") == "incomplete":
        details = response.get("incomplete_details")
        return _STOPS.get(str(details.get("reason")) if isinstance(details, dict) else "", Stop.OTHER)
    return Stop.TOOL_CALLS if calls else Stop.END
