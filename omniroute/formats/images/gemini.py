"""Pictures from Gemini: its own models answer like a chat, Imagen by :predict (https://ai.google.dev/gemini-api/docs)."""

import base64
from collections.abc import Iterator
from math import gcd

from omniroute.formats.events import Fault
from omniroute.formats.exchange import Content, NoResult, Spot, Talk, json_ask, nonsense, numbered, told_object
from omniroute.formats.hub import Json, Usage
from omniroute.formats.images.answer import Picture, Pictures, fitted
from omniroute.formats.images.request import ImageRequest

_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")


def pictures(request: ImageRequest, spot: Spot) -> Talk[Pictures]:
    """Ask for new or changed pictures."""
    model = spot.model.removeprefix("models/")
    return fitted(request, _predicted(request) if model.startswith("imagen") else _generated(request))


def _generated(request: ImageRequest) -> Talk[Pictures]:
    """Ask a model that chats in pictures, once for each."""
    config: Json = {"responseModalities": ["IMAGE"]}
    if (ratio := ratio_of(request)) is not None:
        config["imageConfig"] = {"aspectRatio": ratio}
    inline = [{"inlineData": {"mimeType": one.media_type, "data": _encoded(one.content)}} for one in request.sources]
    body = {
        "contents": [{"role": "user", "parts": [{"text": request.prompt}, *inline]}],
        "generationConfig": config,
    }
    told = yield tuple(json_ask(body, at=":generateContent") for _ in range(request.count))
    values = [told_object(one) for one in told]
    return Pictures(pictures=tuple(one for value in values for one in _shown(value)), usage=_usage(values))


def _shown(value: Json) -> Iterator[Picture]:
    candidates = value.get("candidates")
    if not isinstance(candidates, list) or not candidates:
        reason = value.get("promptFeedback", {}).get("blockReason", "no reason given")
        raise _refused(f"Gemini drew nothing: {reason}")
    found = [
        part["inlineData"]["data"]
        for candidate in candidates
        for part in candidate.get("content", {}).get("parts", ())
        if isinstance(part.get("inlineData"), dict) and isinstance(part["inlineData"].get("data"), str)
    ]
    if not found:
        raise _refused(f"Gemini drew nothing: {candidates[0].get('finishReason', 'no reason given')}")
    yield from (Picture(data=one) for one in found)


def _refused(message: str) -> NoResult:
    return NoResult(Fault(kind="invalid_request", message=message, status=400, code="content_policy_violation"))


def _usage(values: list[Json]) -> Usage | None:
    told = [value.get("usageMetadata") for value in values]
    read = [numbered(one.get("promptTokenCount")) for one in told if isinstance(one, dict)]
    made = [numbered(one.get("candidatesTokenCount")) for one in told if isinstance(one, dict)]
    if len(read) < len(values) or None in read or None in made:
        return None
    output = sum(one or 0 for one in made)
    return Usage(input=sum(one or 0 for one in read), output=output, image_output=output)


def _predicted(request: ImageRequest) -> Talk[Pictures]:
    parameters: Json = {"sampleCount": request.count}
    if (ratio := ratio_of(request)) is not None:
        parameters["aspectRatio"] = ratio
    (told,) = yield (json_ask({"instances": [{"prompt": request.prompt}], "parameters": parameters}, at=":predict"),)
    found = told_object(told).get("predictions")
    if not isinstance(found, list):
        raise nonsense("has no pictures in it")
    data = [one.get("bytesBase64Encoded") for one in found if isinstance(one, dict)]
    return Pictures(pictures=tuple(Picture(data=one) for one in data if isinstance(one, str)))


def ratio_of(request: ImageRequest) -> str | None:
    """Return the ratio that is nearest to the size that was asked for."""
    pixels = request.pixels
    if pixels is None:
        return None
    width, height = pixels
    exact = f"{width // gcd(width, height)}:{height // gcd(width, height)}"
    if exact in _RATIOS:
        return exact
    return min(_RATIOS, key=lambda one: abs(int(one.partition(":")[0]) / int(one.partition(":")[2]) - width / height))


def _encoded(content: Content) -> str:
    return base64.b64encode(b"".join(content.pieces())).decode()
