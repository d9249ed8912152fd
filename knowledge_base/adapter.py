"""Teaches the packaged model how citizens ask, and to hear danger: low-rank adapters beside it, documents as they were.

An adapter is a PEFT folder (LoRA, Hu et al. 2021, arXiv:2106.09685): `adapter_config.json` and
`adapter_model.safetensors`. The one for questions, joined to the base, becomes a sentence-transformers model with two
routes, so that vectors of documents never change when the adapter does.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Module
    from transformers import BertModel

FOLDER: Final = Path(__file__).parent / "learned"
"""What training leaves: the adapter, the weights of fusion, and where they come from."""

EAR: Final = FOLDER / "danger"
"""The adapter by which danger is heard."""

_CONFIG: Final = "adapter_config.json"
_TENSORS: Final = "adapter_model.safetensors"
_PREFIX: Final = "base_model.model."
_BEFORE_NORMALISING: Final = 2
_DOWN, _UP = ".lora_A.weight", ".lora_B.weight"


class AdapterUnreadable(Exception):
    """The adapter does not fit the model it is for."""

    code = "adapter_unreadable"


def digest(adapter: Path = FOLDER) -> str:
    """Return a fingerprint of an adapter; empty where there is none."""
    file = adapter / _TENSORS
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16] if file.is_file() else ""


def with_adapter(base: Path, adapter: Path = FOLDER) -> "SentenceTransformer":
    """Return the base model with a route for questions that has the adapter merged in, and one for documents without.

    Raises AdapterUnreadable when a file is missing or damaged, or names what the base does not have.
    """
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - seconds, and only for a conversion
    from sentence_transformers.base.modules import Normalize, Router  # noqa: PLC0415

    documents = SentenceTransformer(str(base), device="cpu", local_files_only=True)
    questions = SentenceTransformer(str(base), device="cpu", local_files_only=True)
    _merge(cast("Any", questions[0]).model, adapter)
    routes = Router.for_query_document(
        query_modules=cast("list[Module]", list(questions.children())[:_BEFORE_NORMALISING]),
        document_modules=cast("list[Module]", list(documents.children())[:_BEFORE_NORMALISING]),
    )
    return SentenceTransformer(
        modules=[routes, Normalize()], prompts=cast("dict[str, str]", documents.prompts), device="cpu"
    )


def adapted(base: Path, adapter: Path) -> "BertModel":
    """Return the base model's layers with an adapter merged in. Raises AdapterUnreadable."""
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    model = cast("Any", SentenceTransformer(str(base), device="cpu", local_files_only=True)[0]).model
    _merge(model, adapter)
    return cast("BertModel", model)


def _merge(model: "torch.nn.Module", adapter: Path) -> None:
    """Add scale x B x A to each adapted matrix."""
    import torch  # noqa: PLC0415
    from safetensors import SafetensorError  # noqa: PLC0415
    from safetensors.torch import load_file  # noqa: PLC0415

    damage = (OSError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RuntimeError)
    try:
        config: Mapping[str, Any] = json.loads((adapter / _CONFIG).read_text("utf-8"))
        tensors = load_file(adapter / _TENSORS)
        scale = float(config["lora_alpha"]) / float(config["r"])
        adapted = [name.removesuffix(_DOWN) for name in tensors if name.endswith(_DOWN)]
        with torch.no_grad():
            for name in adapted:
                weight = model.get_parameter(f"{name.removeprefix(_PREFIX)}.weight")
                weight.add_(tensors[name + _UP].float() @ tensors[name + _DOWN].float(), alpha=scale)
    except (*damage, SafetensorError) as error:
        msg = f"the adapter in {adapter} does not fit the model: {error}"
        raise AdapterUnreadable(msg) from error
    if not adapted:
        msg = f"the adapter in {adapter} adapts nothing"
        raise AdapterUnreadable(msg)
