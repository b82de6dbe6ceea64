"""Pictures from providers with forms of their own: Fireworks, Hyperbolic, Stable Diffusion WebUI, ComfyUI."""

import base64
from collections.abc import Generator
from typing import Any
from urllib.parse import quote, urlencode

from omniroute.formats.events import Fault
from omniroute.formats.exchange import Ask, NoResult, Spot, Talk, Told, json_ask, nonsense, told_object
from omniroute.formats.hub import Json
from omniroute.formats.images.answer import Picture, Pictures, fitted, listed
from omniroute.formats.images.gemini import ratio_of
from omniroute.formats.images.request import ImageRequest, picture_type

_DEFAULT_SIDES = (1024, 1024)
_FIRST_WAIT_S = 0.25
_GROWTH = 1.5
_LONGEST_WAIT_S = 3.0
_PATIENCE_S = 600.0
_STEPS, _SCALE = 20, 7.0
_ANY_MODEL = "default"


def fireworks(request: ImageRequest, spot: Spot) -> Talk[Pictures]:
    """One picture an answer, as bytes; FLUX lies at another address than the diffusion models."""
    return fitted(request, _fireworks(request, spot.model))


def _fireworks(request: ImageRequest, model: str) -> Talk[Pictures]:
    path = model if model.startswith("accounts/") else f"accounts/fireworks/models/{model}"
    is_flux = "flux" in model
    body: Json = {**request.extras, "prompt": request.prompt}
    if is_flux and (ratio := ratio_of(request)) is not None:
        body["aspect_ratio"] = ratio
    elif not is_flux and (pixels := request.pixels) is not None:
        body["width"], body["height"] = pixels
    place = quote(path, safe="/")
    at = f"/workflows/{place}/text_to_image" if is_flux else f"/image_generation/{place}"
    told = yield tuple(json_ask(body, at=at, headers={"accept": "image/jpeg"}) for _ in range(request.count))
    return Pictures(pictures=tuple(Picture(data=_plain(one)) for one in told))


def _plain(told: Told) -> str:
    if picture_type(told.body[:16]) is None:
        raise nonsense("is no picture")
    return base64.b64encode(told.body).decode()


def hyperbolic(request: ImageRequest, spot: Spot) -> Talk[Pictures]:
    """One picture an answer, in base64."""
    return fitted(request, _hyperbolic(request, spot.model))


def _hyperbolic(request: ImageRequest, model: str) -> Talk[Pictures]:
    width, height = request.pixels or _DEFAULT_SIDES
    body = {**request.extras, "model_name": model, "prompt": request.prompt, "width": width, "height": height}
    told = yield tuple(json_ask(body) for _ in range(request.count))
    return Pictures(
        pictures=tuple(one for page in told for one in listed(told_object(page).get("images"), data="image"))
    )


def sdwebui(request: ImageRequest, spot: Spot) -> Talk[Pictures]:
    """Stable Diffusion WebUI's txt2img; the model is the name of a checkpoint, or `default` for what is loaded."""
    return fitted(request, _sdwebui(request, spot.model))


def _sdwebui(request: ImageRequest, model: str) -> Talk[Pictures]:
    width, height = request.pixels or _DEFAULT_SIDES
    body: Json = {
        "steps": _STEPS,
        **request.extras,
        "prompt": request.prompt,
        "width": width,
        "height": height,
        "batch_size": request.count,
    }
    if model != _ANY_MODEL:
        body["override_settings"] = {"sd_model_checkpoint": model}
    (told,) = yield (json_ask(body),)
    return Pictures(pictures=listed(told_object(told).get("images"), data="image")[: request.count])


def comfyui(request: ImageRequest, spot: Spot) -> Talk[Pictures]:
    """ComfyUI: a graph goes into its queue, and is looked for until it is done; the model is a checkpoint's file."""
    return fitted(request, _comfyui(request, spot))


def _comfyui(request: ImageRequest, spot: Spot) -> Talk[Pictures]:
    (queued,) = yield (json_ask({"prompt": _graph(request, spot)}, at="/prompt"),)
    name = told_object(queued).get("prompt_id")
    if not isinstance(name, str) or not name:
        raise nonsense("gives the order no id")
    files = yield from _drawn(name)
    told = yield tuple(Ask(method="GET", at=f"/view?{urlencode(one)}") for one in files)
    return Pictures(pictures=tuple(Picture(data=_plain(one)) for one in told))


def _drawn(name: str) -> Generator[tuple[Ask, ...], tuple[Told, ...], list[dict[str, str]]]:
    """Look again and again, ever less often; return where the pictures lie."""
    wait_s, waited_s = _FIRST_WAIT_S, 0.0
    undo = json_ask({"delete": [name]}, at="/queue")
    while waited_s < _PATIENCE_S:
        (told,) = yield (Ask(method="GET", at=f"/history/{quote(name, safe='')}", wait_s=wait_s, undo=undo),)
        done = told_object(told).get(name)
        if isinstance(done, dict):
            return _files(done)
        waited_s += wait_s
        wait_s = min(wait_s * _GROWTH, _LONGEST_WAIT_S)
    message = f"The picture was not ready after {_PATIENCE_S:g} s."
    raise NoResult(Fault(kind="timeout", message=message, status=504))


def _files(done: Json) -> list[dict[str, str]]:
    status, outputs = done.get("status"), done.get("outputs")
    if isinstance(status, dict) and status.get("status_str") == "error":
        raise NoResult(Fault(kind="upstream", message="ComfyUI could not draw it: its own log says why.", status=502))
    found = [
        {name: str(one.get(name, "")) for name in ("filename", "subfolder", "type")}
        for node in (outputs.values() if isinstance(outputs, dict) else ())
        for one in node.get("images", ())
    ]
    if not found:
        raise nonsense("has no picture in it")
    return found


def _graph(request: ImageRequest, spot: Spot) -> dict[str, Any]:
    """Return ComfyUI's plainest graph: a checkpoint, two texts, an empty picture, a sampler, a decoder, a file."""
    width, height = request.pixels or _DEFAULT_SIDES
    size = {"width": width, "height": height, "batch_size": request.count}
    sampler = {
        # ComfyUI draws no seed itself, and answers an equal order with nothing.
        "seed": request.extras.get("seed", spot.seed),
        "steps": request.extras.get("steps", _STEPS),
        "cfg": request.extras.get("cfg_scale", _SCALE),
        "sampler_name": "euler",
        "scheduler": "normal",
        "denoise": 1.0,
    }
    negative = str(request.extras.get("negative_prompt", ""))
    return {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": spot.model}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": request.prompt, "clip": ["1", 1]}},
        "3": {"class_type": "CLIPTextEncode", "inputs": {"text": negative, "clip": ["1", 1]}},
        "4": {"class_type": "EmptyLatentImage", "inputs": size},
        "5": {
            "class_type": "KSampler",
            "inputs": {
                **sampler,
                "model": ["1", 0],
                "positive": ["2", 0],
                "negative": ["3", 0],
                "latent_image": ["4", 0],
            },
        },
        "6": {"class_type": "VAEDecode", "inputs": {"samples": ["5", 0], "vae": ["1", 2]}},
        "7": {"class_type": "SaveImage", "inputs": {"filename_prefix": "omniroute", "images": ["6", 0]}},
    }
