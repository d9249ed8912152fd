"""Makes one ear of two that were taught apart: the mean of their weights hears what either hears, and is startled less.

Two lessons that began alike end near one another, and midway between them lies what both agree on (model soups, Wortsman
et al. 2022, arXiv:2203.05482). The mean of two products of low rank is their sum at half the scale: rows and columns laid
side by side, nothing lost.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from knowledge_base import adapter
from knowledge_base.arrays import read_arrays
from knowledge_base.danger import FILE, DangerUnreadable, Opinion
from knowledge_base.embedding import DEFAULT_SPEC, load_embedder
from knowledge_base.triage import Floats

_CONFIG: Final = "adapter_config.json"
_TENSORS: Final = "adapter_model.safetensors"
_DOWN: Final = ".lora_A.weight"


class Between:
    """A listener that has been taught already: the mean of two lessons, each the folder that `danger train` left."""

    def __init__(self, earlier: Path, later: Path, *, keep: Path, models: Path) -> None:
        """Read both lessons. Raises DangerUnreadable when one is missing, has no ear, or was taught in another shape."""
        self._keep, self._models = keep, models
        both = [_lesson(folder) for folder in (earlier, later)]
        self._weights: Floats = np.mean([weights for weights, _ in both], axis=0, dtype=np.float32)
        self._bias: Floats = np.mean([bias for _, bias in both], axis=0, dtype=np.float32)
        self._config, self._tensors = _side_by_side(*(folder / adapter.EAR.name for folder in (earlier, later)))
        self.learned = frozenset(family for folder in (earlier, later) for family in _families(folder))
        """Families that either was taught: they say nothing of how well the mean hears."""

    def teach(self, _texts: Sequence[str], _labels: Sequence[int], /) -> tuple[Floats, Floats]:
        """Learn nothing new; return the mean of what both read the labels off with."""
        from safetensors.numpy import save_file  # noqa: PLC0415 - only training needs it

        save_file(self._tensors, self._keep / _TENSORS)
        (self._keep / _CONFIG).write_text(json.dumps(self._config, indent=2) + "\n", encoding="utf-8")
        return self._weights, self._bias

    def hear(self, texts: Sequence[str], /) -> Floats:
        """Return unit vectors, as the service makes them with the adapter just kept."""
        embedder = load_embedder(DEFAULT_SPEC, models=self._models)
        return np.asarray([embedder.read(text).heard for text in texts], np.float32)

    def save(self) -> str:
        """Return the fingerprint of the adapter; it was kept when it was made, for the model to hear by."""
        return adapter.digest(self._keep)


def _lesson(folder: Path) -> tuple[Floats, Floats]:
    ear = Opinion.load(folder / FILE.name, adapter_folder=folder / adapter.EAR.name).ear
    if ear is None:
        msg = f"{folder} holds no ear: it was learned by words only"
        raise DangerUnreadable(msg)
    return ear.weights, ear.bias


def _families(folder: Path) -> Sequence[str]:
    head: dict[str, Any] = json.loads(str(read_arrays(folder / FILE.name)["head"]))
    if "learned" not in head:
        msg = f"{folder} does not say which families it learned; learn it anew"
        raise DangerUnreadable(msg)
    return tuple(head["learned"])


def _side_by_side(earlier: Path, later: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return configuration and tensors of the adapter whose product is the mean of both products."""
    from safetensors.numpy import load_file  # noqa: PLC0415 - only training needs it

    configs = [json.loads((folder / _CONFIG).read_text("utf-8")) for folder in (earlier, later)]
    first, second = (load_file(folder / _TENSORS) for folder in (earlier, later))
    scales = [config["lora_alpha"] / config["r"] for config in configs]
    if first.keys() != second.keys():
        msg = f"the adapters in {earlier} and {later} adapt different layers"
        raise DangerUnreadable(msg)
    rank = sum(config["r"] for config in configs)
    tensors = {}
    for name in first:
        rows = name.endswith(_DOWN)
        # What is beside B carries each adapter's own scale; the half of it makes the sum a mean.
        halves = [one[name] * (1 if rows else scale / 2) for one, scale in zip((first, second), scales, strict=True)]
        tensors[name] = np.concatenate(halves, axis=0 if rows else 1).astype(np.float16)
    return {**configs[0], "r": rank, "lora_alpha": rank}, tensors
